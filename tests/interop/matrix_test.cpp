// The interop matrix: player × transport × protection × login. What each player decodes equals the file, or
// it is refused with a reason; the table in the README is what came of it.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/interop/interop_media.h"
#include "tests/interop/matrix.h"
#include "tests/interop/matrix_players.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;

namespace {

namespace fs = std::filesystem;

/// They play in real time, and so wait for most of theirs.
constexpr unsigned at_once = 10;

struct Played {
  std::vector<Cell> matrix = matrix_cells();
  std::vector<Cell> suites = suite_cells();
  std::vector<std::string> logged{};
};

Played play_all() {
  Played played;
  const TemporaryFolder folder;
  MatrixPlayers players(folder.path());
  std::vector<Cell*> cells;
  for (Cell& cell : played.matrix) cells.push_back(&cell);
  for (Cell& cell : played.suites) cells.push_back(&cell);
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < at_once; ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < cells.size(); k = next++) {
        try {
          cells[k]->found = players.play(*cells[k]);
          // gst-launch-1.0 may crash by itself under load, which says nothing of who serves it: once more.
          if (cells[k]->found.find("Caught SIGSEGV") != std::string::npos)
            cells[k]->found = players.play(*cells[k]);
        } catch (const std::exception& error) {
          cells[k]->found = error.what();
        }
      }
    });
  for (auto& thread : threads) thread.join();
  played.logged = players.logged();
  return played;
}

const Played& all() {
  static const auto played = play_all();
  return played;
}

void check(const std::vector<Cell>& cells) {
  for (const Cell& cell : cells) {
    INFO(describe(cell) << "\n" << cell.found);
    CHECK(cell.found.empty());
  }
}

/// The lines between the two marks; empty where there are none.
std::string table_of(const fs::path& readme) {
  std::ifstream stream(readme);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::string begin = "<!-- interop matrix -->\n";
  const auto from = text.find(begin), to = text.find("<!-- /interop matrix -->");
  if (from == std::string::npos || to == std::string::npos) return {};
  return text.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace

TEST_CASE("each player plays with each protection and login it has, or is told why not", "[matrix]") {
  check(all().matrix);
}

TEST_CASE("players know each suite that can be configured", "[matrix]") {
  check(all().suites);
}

TEST_CASE("the server's log tells how a playback is protected, as it must be", "[matrix]") {
  // FFmpeg does not tell whether what it plays was SRTP, and of these players GStreamer alone knows MIKEY.
  std::size_t by_sdes = 0, inside_tls = 0;
  for (const auto& line : all().logged) {
    INFO(line);
    const bool srtp = line.find(", SRTP ") != std::string::npos;
    const bool mikey = line.find(", GStreamer") != std::string::npos;
    if (line.find("/sdes") != std::string::npos) {
      CHECK(srtp);
      by_sdes += !mikey;
    }
    if (line.find("/mikey/") != std::string::npos) {
      CHECK(srtp == mikey);
      inside_tls += !mikey;
    }
  }
  // FFmpeg and mpv over UDP, TCP and TLS with two or three logins, and FFmpeg with the short tag.
  CHECK(by_sdes == 2 * 7 + 1);
  CHECK(inside_tls == 2);
}

TEST_CASE("the interop matrix in the README is what the players do", "[matrix]") {
  const auto table = markdown_table(all().matrix);
  const auto written = InteropMedia::get().root().parent_path() / "interop-matrix.md";
  std::ofstream(written) << table;
  INFO("The table of this run is in " << written << "; sh tests/interop/renew_matrix.sh "
                                      << written.parent_path() << " puts it into the README.");
  CHECK(table_of(fs::path(LECTERN_SOURCE_DIR) / "README.md") == table);
}
