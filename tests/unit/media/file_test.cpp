#include "media/file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::media;
using lectern::test::TemporaryFolder;

namespace {

void write(const std::filesystem::path& path, const std::string& text,
           std::ios::openmode mode = std::ios::trunc) {
  std::ofstream(path, std::ios::binary | mode) << text;
}

std::string text_of(const File& file, std::uint64_t offset, std::size_t size) {
  ByteVector bytes(size);
  const auto got = file.read_at(offset, bytes);
  REQUIRE(got);
  return {reinterpret_cast<const char*>(bytes.data()), *got};
}

Errc code_of(const Result<std::shared_ptr<const File>>& file) {
  REQUIRE(!file);
  return file.error().code;
}

}  // namespace

TEST_CASE("only regular files are opened") {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  REQUIRE(::mkfifo((folder.path() / "fifo").c_str(), 0600) == 0);
  CHECK(code_of(File::open(root + "/fifo")) == Errc::unsupported);
  CHECK(code_of(File::open_beneath(root, "fifo")) == Errc::unsupported);
  CHECK(code_of(File::open(root)) == Errc::not_found);
  CHECK(code_of(File::open("/dev/zero")) == Errc::unsupported);
  CHECK(code_of(File::open(root + "/missing")) == Errc::not_found);
  CHECK(code_of(File::open_beneath(root, std::string("a\0b", 3))) == Errc::not_found);
  CHECK(code_of(File::open_beneath(root, std::string(5000, 'a'))) == Errc::not_found);
}

TEST_CASE("what leads out of the root is not found") {
  const TemporaryFolder folder;
  const auto root = folder.path() / "root";
  std::filesystem::create_directories(root / "inner");
  write(folder.path() / "secret", "secret");
  write(root / "open", "open");
  std::filesystem::create_symlink("../secret", root / "relative");
  std::filesystem::create_symlink(folder.path() / "secret", root / "absolute");
  std::filesystem::create_directory_symlink("..", root / "up");
  std::filesystem::create_symlink("../open", root / "inner" / "inside");
  std::filesystem::create_symlink("loop", root / "loop");
  for (const std::string name :
       {"../secret", "inner/../../secret", "relative", "absolute", "up/secret", "loop"}) {
    CAPTURE(name);
    CHECK(code_of(File::open_beneath(root.string(), name)) == Errc::not_found);
  }
  CHECK(code_of(File::open_beneath(root.string(), (folder.path() / "secret").string())) == Errc::not_found);
  const auto inside = File::open_beneath(root.string(), "inner/inside");
  REQUIRE(inside);
  CHECK(text_of(**inside, 0, 10) == "open");
}

TEST_CASE("a file is read as it was when it was opened") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  write(path, "0123456789");
  const auto file = File::open(path.string());
  REQUIRE(file);
  CHECK((*file)->identity().size == 10);
  CHECK(text_of(**file, 4, 3) == "456");
  write(path, "abc", std::ios::app);
  CHECK((*file)->size_now() == 10);
  CHECK(!(*file)->truncated());
  CHECK(text_of(**file, 8, 10) == "89");
  CHECK(text_of(**file, 10, 10).empty());
  CHECK(text_of(**file, UINT64_MAX, 10).empty());
  const auto grown = File::open(path.string());
  REQUIRE(grown);
  CHECK(!((*grown)->identity() == (*file)->identity()));
  std::filesystem::resize_file(path, 5);
  CHECK((*file)->truncated());
  CHECK((*file)->size_now() == 5);
  CHECK(text_of(**file, 4, 10) == "4");
}
