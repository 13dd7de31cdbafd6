#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

enum class Program { ffmpeg, gstreamer, mpv };
enum class Login { open, digest, basic };

/// How the media are protected: a column of the matrix.
struct Protection {
  std::string_view heading;
  std::string_view path;  ///< that asks for it, below "open" and "login"
  bool rtsps = false;
  std::string_view cipher{};  ///< as GStreamer names it; empty: no SRTP
};

enum class Verdict {
  plays,       ///< all that is decoded equals the file
  by_mikey,    ///< the same, where SDES is offered beside it
  inside_tls,  ///< the same without SRTP, over RTSPS
  refused,     ///< 461 and the reason, and nothing that could be decoded
};

/// One playback of the interop matrix, and what must come of it.
struct Cell {
  Program program;
  bool udp;
  const Protection* protection;
  Login login;
  Verdict expected;
  std::string found{};  ///< what was otherwise, for a person; empty where nothing was
};

/// All that exist: a player that takes RTSPS over TCP alone has no cell for it over UDP.
std::vector<Cell> matrix_cells();

/// Playbacks by the suites that are no column of the matrix.
std::vector<Cell> suite_cells();

/// "FFmpeg over UDP, SRTP by SDES, Digest".
std::string describe(const Cell& cell);

/// The cells once they were played, as the Markdown table of the README.
std::string markdown_table(const std::vector<Cell>& cells);

}  // namespace lectern::test
