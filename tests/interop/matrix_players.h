#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/interop/frames.h"
#include "tests/interop/matrix.h"
#include "tests/support/server_process.h"

namespace lectern::test {

/// The servers of the interop matrix, and what its players must have received.
class MatrixPlayers {
 public:
  /// Starts the servers. `scratch`: a folder for what is received; `config`: further lines of theirs.
  explicit MatrixPlayers(std::filesystem::path scratch, const std::string& config = "");

  /// Plays a cell to its end; what was not as expected, for a person, empty where all was.
  std::string play(const Cell& cell);

  /// What the servers' logs say of playbacks: one such line each, "… plays /open/sdes/h264.mp4 (2 of 2 tracks
  /// over UDP, SRTP AES_CM_128_HMAC_SHA1_80, Lavf59.27.100)".
  std::vector<std::string> logged() const;

 private:
  std::string url(const Cell& cell);
  std::string play_ffmpeg(const Cell& cell);
  std::string play_mpv(const Cell& cell);
  std::string play_gstreamer(const Cell& cell);
  std::filesystem::path received(const Cell& cell, std::string_view kind) const;

  std::filesystem::path scratch_;
  Frames file_;
  std::string pictures_;  ///< of the file, decoded
  std::string sound_;     ///< of the file, its access units
  ServerProcess server_, basic_;
};

}  // namespace lectern::test
