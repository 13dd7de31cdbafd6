#include "server/privileges.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

using namespace lectern;
using namespace lectern::server;

namespace {

/// What `task` gives in a process of its own, as it can do this only once.
int in_child(const std::function<int()>& task) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(task());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("only root can step down: not tested");
  return false;
}

/// The threads of this process in whose status the line `name` is not `value`.
int threads_without(const std::string& name, const std::string& value) {
  int others = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name + ":") && line != name + ":\t" + value) ++others;
  }
  return others;
}

}  // namespace

TEST_CASE("An account is a user of the system, and a group where one is named", "[privileges]") {
  const auto nobody = find_system_user("nobody");
  REQUIRE(nobody);
  CHECK(nobody->user == "nobody");
  CHECK(nobody->uid == ::getpwnam("nobody")->pw_uid);
  CHECK(nobody->gid == ::getpwnam("nobody")->pw_gid);
  const auto with_group = find_system_user("nobody:daemon");
  REQUIRE(with_group);
  CHECK(with_group->uid == nobody->uid);
  CHECK(with_group->gid == ::getpwnam("daemon")->pw_gid);
}

TEST_CASE("An account that the system does not know is named", "[privileges]") {
  CHECK(find_system_user("no-such-user").error().message == "the system has no user no-such-user");
  CHECK(find_system_user("nobody:no-such-group").error().message == "the system has no group no-such-group");
  for (const auto* wrong : {"", ":", ":daemon", "nobody:", "nobody:daemon:daemon"}) {
    CAPTURE(wrong);
    CHECK(find_system_user(wrong).error().code == Errc::not_found);
  }
}

TEST_CASE("Who steps down is another in all threads, for good", "[privileges]") {
  if (!is_root()) return;
  const SystemUser nobody = find_system_user("nobody").value();
  const int failed = in_child([&] {
    std::atomic<bool> stop = false;
    if (!forbid_new_privileges()) return 1;
    std::thread other([&] {
      while (!stop) std::this_thread::yield();
    });
    const bool done = become(nobody).ok();
    const std::string uid = std::to_string(nobody.uid), gid = std::to_string(nobody.gid);
    int code = 0;
    if (!done) code = 2;
    if (threads_without("Uid", uid + "\t" + uid + "\t" + uid + "\t" + uid) != 0) code = 3;
    if (threads_without("Gid", gid + "\t" + gid + "\t" + gid + "\t" + gid) != 0) code = 4;
    if (threads_without("CapEff", "0000000000000000") != 0) code = 5;
    if (threads_without("CapPrm", "0000000000000000") != 0) code = 6;
    if (threads_without("NoNewPrivs", "1") != 0) code = 7;
    if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) code = 8;
    if (!become(nobody)) code = 9;  // it is already
    stop = true;
    other.join();
    return code;
  });
  CHECK(failed == 0);
}

TEST_CASE("Who is not root becomes nobody else, and is told why", "[privileges]") {
  const SystemUser root = find_system_user("root").value(), nobody = find_system_user("nobody").value();
  if (!is_root()) return;
  const int failed = in_child([&] {
    if (!become(nobody)) return 1;
    const Status again = become(root);
    if (again || again.error().code != Errc::denied) return 2;
    return again.error().message.find("only root can become the user root") == 0 ? 0 : 3;
  });
  CHECK(failed == 0);
}

TEST_CASE("Root that is to stay root stays it", "[privileges]") {
  if (!is_root()) return;
  CHECK(become(find_system_user("root").value()));
  CHECK(::geteuid() == 0);
}
