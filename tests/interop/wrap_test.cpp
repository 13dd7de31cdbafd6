// Sequence numbers and time stamps wrap while players play, and with them SRTP's rollover counter begins
// anew: what each decodes still equals the file.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/interop/matrix.h"
#include "tests/interop/matrix_players.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;

namespace {

/// Within the first second of four: of the pictures and of the sound.
constexpr auto near_the_wraps = "first_sequence: 65510\nfirst_timestamp: 4294930000\n";
constexpr unsigned at_once = 10;

}  // namespace

TEST_CASE("players play over the wrap of sequence numbers and time stamps, by SRTP too", "[wrap]") {
  const TemporaryFolder folder;
  MatrixPlayers players(folder.path(), near_the_wraps);
  std::vector<Cell> cells = matrix_cells();
  std::erase_if(cells, [](const Cell& cell) {
    return cell.login != Login::open || cell.expected == Verdict::refused || cell.program == Program::mpv;
  });
  REQUIRE(cells.size() >= 20);
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < at_once; ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < cells.size(); k = next++) {
        try {
          cells[k].found = players.play(cells[k]);
        } catch (const std::exception& error) {
          cells[k].found = error.what();
        }
      }
    });
  for (auto& thread : threads) thread.join();
  for (const Cell& cell : cells) {
    INFO(describe(cell) << "\n" << cell.found);
    CHECK(cell.found.empty());
  }
}
