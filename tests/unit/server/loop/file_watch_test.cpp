#include "server/loop/file_watch.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "server/loop/event_loop.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::server;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a watched file is told once a change, however it is changed", "[file_watch]") {
  const lectern::test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file", other = folder.path() / "other",
                 link = folder.path() / "link";
  write(file, "one");
  write(other, "another one");
  fs::create_symlink(file, link);
  EventLoop loop;
  {
    int told = 0;
    bool stopped = false;
    const auto run_for = [&](std::chrono::milliseconds time) {
      Timer timer(loop, [&] { loop.stop(); });
      timer.start_after(time);
      loop.run();
    };
    std::optional<FileWatch> watch;
    Timer late(loop, [&] {
      stopped = true;
      loop.stop();
    });
    const auto told_next = [&] {
      const int before = told;
      stopped = false;
      late.start_after(10s);
      while (told == before && !stopped) loop.run();
      late.stop();
      // And not a second time.
      run_for(60ms);
      return told == before + 1;
    };
    watch.emplace(loop, link, stamp_of(link), 10ms, [&] {
      ++told;
      loop.stop();
    });
    run_for(60ms);
    CHECK(told == 0);
    write(file, "in place, longer");
    CHECK(told_next());
    write(folder.path() / "new", "one");
    fs::rename(folder.path() / "new", file);
    CHECK(told_next());
    fs::remove(link);
    fs::create_symlink(other, link);
    CHECK(told_next());
    fs::remove(link);
    run_for(60ms);
    CHECK(told == 3);
    fs::create_symlink(file, link);
    CHECK(told_next());
    // Written to all the time it is not told, and then it is.
    Timer writer(loop, [&] { std::ofstream(file, std::ios::app) << "more"; });
    writer.start_every(2ms);
    run_for(100ms);
    CHECK(told == 4);
    writer.stop();
    CHECK(told_next());
  }
  loop.close();
}

TEST_CASE("who is told may end the watch", "[file_watch]") {
  const lectern::test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  write(file, "written before anyone looked");
  EventLoop loop;
  {
    std::optional<FileWatch> watch;
    watch.emplace(loop, file, FileStamp(), 5ms, [&] {
      watch.reset();
      loop.stop();
    });
    loop.run();
    CHECK_FALSE(watch);
  }
  loop.close();
}

TEST_CASE("what stat tells of a file", "[file_stamp]") {
  const lectern::test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  CHECK(stamp_of(file) == FileStamp());
  write(file, "x");
  const FileStamp before = stamp_of(file);
  CHECK(before.size == 1);
  CHECK(before == stamp_of(file));
  write(folder.path() / "new", "y");
  fs::rename(folder.path() / "new", file);
  CHECK(stamp_of(file).inode != before.inode);
}
