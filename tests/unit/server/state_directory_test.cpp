#include "server/state_directory.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::server;

namespace {

/// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("the state directory is the configured one, systemd's, XDG's, the home's, the system's",
          "[state]") {
  const Variable systemd("STATE_DIRECTORY", "/run/one:/run/two"), xdg("XDG_STATE_HOME", "/x"),
      home("HOME", "/h");
  CHECK(state_directory("/given") == "/given");
  CHECK(state_directory("") == "/run/one");
  const Variable no_systemd("STATE_DIRECTORY", nullptr);
  CHECK(state_directory("") == "/x/lectern");
  const Variable no_xdg("XDG_STATE_HOME", "");
  CHECK(state_directory("") == "/h/.local/state/lectern");
  const Variable no_home("HOME", nullptr);
  CHECK(state_directory("") == "/var/lib/lectern");
}

TEST_CASE("what is kept is for the owner alone, whole, and replaced whole", "[state]") {
  const test::TemporaryFolder folder;
  const auto directory = folder.path() / "a" / "b";
  CHECK(read_state(directory, "x").error().code == Errc::not_found);
  REQUIRE(write_state(directory, "x", "one"));
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(directory / "x") == 0600);
  CHECK(read_state(directory, "x").value() == "one");
  const std::string two(100'000, '2');
  REQUIRE(write_state(directory, "x", two));
  CHECK(read_state(directory, "x").value() == two);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files += entry.exists() ? 1 : 0;
  CHECK(files == 1);
}

TEST_CASE("what cannot be written says where and why", "[state]") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  const auto status = write_state(folder.path() / "file", "x", "one");
  REQUIRE_FALSE(status);
  CHECK(status.error().message == (folder.path() / "file").native() + ": Not a directory");
  CHECK_FALSE(read_state(folder.path() / "file", "x"));
}
