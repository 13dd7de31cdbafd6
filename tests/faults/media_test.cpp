// Media that cannot be read, or not as they were: whoever plays them is told, and nobody else notices.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

#include "tests/faults/scene.h"

using namespace lectern::test;
namespace fs = std::filesystem;

TEST_CASE("the nth read of a file fails, ends early or comes in pieces", "[faults]") {
  Scene scene(Over::tcp);
  const auto play = [&] { scene.visit("/target.mp4", Over::tcp); };
  const std::int64_t reads = scene.calls(FaultKind::pread, [&] {
    CHECK(scene.visit("/target.mp4", Over::tcp).statuses == std::vector<int>(4, 200));
  });
  INFO((*scene.server()).log());
  CHECK(reads > 4);
  const std::int64_t step = full_run() ? 1 : std::max<std::int64_t>(1, reads / 24);
  for (std::int64_t n = 1; n <= reads; n += step) {
    scene.point({FaultKind::pread, EIO, n}, play);
    scene.point({FaultKind::pread, EIO, n, 100'000}, play);
    if (n % 2 == 1 || full_run()) scene.point({FaultKind::pread, 0, n}, play);
  }
  for (const std::int64_t bytes : {1, 100, 5000}) {
    // Pieces are no fault: it plays as ever.
    scene.point({FaultKind::pread, 0, 1, bytes == 1 ? 400 : 100'000, bytes}, [&] {
      const Visit made = scene.visit("/target.mp4", Over::tcp);
      CHECK(made.statuses == std::vector<int>(4, 200));
      CHECK(made.packets >= 5);
    });
  }
  scene.check_all_is_well();
}

TEST_CASE("a file that cannot be opened is answered with what is in the way", "[faults]") {
  Scene scene(Over::udp);
  struct Answered {
    int error, status;
  };
  for (const auto& [error, status] : {Answered{EMFILE, 503},
                                      {ENFILE, 503},
                                      {EACCES, 403},
                                      {EPERM, 403},
                                      {ENOENT, 404},
                                      {ENOTDIR, 404},
                                      {ELOOP, 404},
                                      {EIO, 500},
                                      {ENOMEM, 500},
                                      {ESTALE, 500}}) {
    for (const std::int64_t first : {1, 2}) {
      scene.point({FaultKind::open, error, first}, [&, status = status] {
        const Visit made = scene.visit("/target.mp4", Over::tcp);
        REQUIRE_FALSE(made.statuses.empty());
        if (scene.server().faults().failed() > 0) CHECK(made.statuses[0] == status);
      });
    }
  }
  for (const std::int64_t n : {1, 2, 3})
    scene.point({FaultKind::fstat, EIO, n}, [&] { scene.visit("/target.mp4", Over::udp); });
  scene.check_all_is_well();
}

TEST_CASE("a file is gone, shorter, another, or no file while it plays", "[faults]") {
  Scene scene(Over::tcp);
  const fs::path file = scene.server().media() / "target.mp4", kept = scene.server().media() / "kept";
  fs::copy_file(file, kept);
  using Change = std::function<void()>;
  const std::vector<Change> changes{
      [&] { fs::remove(file); },
      [&] { fs::resize_file(file, fs::file_size(file) / 2); },
      [&] { fs::resize_file(file, 100); },
      [&] { fs::resize_file(file, 0); },
      [&] { std::ofstream(file, std::ios::trunc) << std::string(300'000, 'x'); },
      [&] { std::ofstream(file, std::ios::app) << std::string(300'000, '\0'); },
      [&] {
        fs::remove(file);
        fs::create_directory(file);
      },
      [&] { fs::rename(scene.server().media() / "kept2", file); },
      [&] {
        fs::remove(file);
        fs::create_symlink("/etc/passwd", file);
      },
      [&] {
        fs::remove(file);
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    for (const Over over : {Over::tcp, Over::udp}) {
      if (!full_run() && (over == Over::tcp) == (i % 2 == 0)) continue;
      fs::remove_all(file);
      fs::copy_file(kept, file);
      fs::copy_file(kept, scene.server().media() / "kept2", fs::copy_options::overwrite_existing);
      Player player(*scene.server(), "/target.mp4");
      player.setup_all(over);
      REQUIRE(player.play({{"Speed", "16"}}).status == 200);
      scene.point({}, [&] {
        changes[i]();
        // It ends, with BYE; the kernel keeps what is only gone by its name.
        for (const auto deadline = Clock::now() + milliseconds(20'000);
             !player.all_byes() && Clock::now() < deadline;)
          player.receive(milliseconds(20), true);
        CHECK(player.all_byes());
        CHECK(player.control("GET_PARAMETER").status == 200);
        scene.visit("/target.mp4", over);
      });
      CHECK(player.teardown().status == 200);
    }
  }
  fs::remove_all(file);
  fs::copy_file(kept, file);
  scene.check_all_is_well();
}
