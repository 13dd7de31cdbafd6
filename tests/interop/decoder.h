#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/interop/command.h"

namespace lectern::test {

/// A port of 127.0.0.1 that nobody has.
std::uint16_t free_port();

bool eventually(const std::function<bool()>& done, std::chrono::seconds patience = std::chrono::seconds(30));

/// How often `part` stands in `text`.
std::size_t count_of(const std::string& text, const std::string& part);

/// The pictures that ffmpeg's framemd5 lists, each by its hash.
std::vector<std::string> picture_hashes(const std::string& framemd5);

/// A viewer that decodes, and writes a line for each picture: its time, and a hash of it at one size.
class Decoder {
 public:
  static constexpr const char* at_one_size = " -an -vf scale=160:90 -fps_mode passthrough ";

  explicit Decoder(const std::string& url);

  [[nodiscard]] std::size_t pictures() const { return count_of(program_.output(), "\n0, "); }
  [[nodiscard]] std::string output() const { return program_.output(); }
  /// What is neither a picture nor a comment: ffmpeg's complaints.
  [[nodiscard]] std::string said() const;
  Command& program() { return program_; }

 private:
  Command program_;
};

}  // namespace lectern::test
