#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/byte_reader.h"
#include "protocol/base/bytes.h"

namespace lectern::fuzz {

/// What libFuzzer calls with inputs of its own making, over and over. A crash, a leak, a finding of a
/// sanitizer or an ensure() that does not hold ends the run, and the input is kept.
struct Target {
  std::string_view name;  ///< also of its folder of inputs, in corpus/
  void (*run)(Bytes input);
};

inline void ensure(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "ERROR: does not hold: %s\n", what);
  std::abort();
}

/// What `parse` takes must, written by `write`, be taken again as the same value.
template <typename Parse, typename Write>
void ensure_round_trip(std::string_view text, Parse parse, Write write) {
  const auto value = parse(text);
  if (!value) return;
  const std::string written = write(*value);
  const auto again = parse(written);
  if (!again || !(*again == *value)) std::fprintf(stderr, "written: %s\n", written.c_str());
  ensure(again && *again == *value, "what was written reads back the same");
}

inline constexpr auto write_out = [](const auto& value) { return serialize(value); };

/// A piece of the input whose size stands in two bytes before it; less where less is left.
inline Bytes take_piece(ByteReader& input) {
  const std::size_t size = input.u16();
  return input.take(std::min(size, input.left()));
}

// One list a source.
std::span<const Target> auth_targets();
std::span<const Target> audio_targets();
std::span<const Target> base_targets();
std::span<const Target> codec_targets();
std::span<const Target> connection_targets();
std::span<const Target> media_file_targets();
std::span<const Target> message_targets();
std::span<const Target> rtp_targets();
std::span<const Target> rtsp_header_targets();
std::span<const Target> sdp_targets();
std::span<const Target> server_text_targets();
std::span<const Target> srtp_targets();
std::span<const Target> video_targets();

/// All that the program has.
std::span<const std::span<const Target>> all_targets();

}  // namespace lectern::fuzz
