#pragma once

#include <array>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::payload {

/// AV1 Bitstream & Decoding Process Specification, section 6.2.2
enum class ObuType : std::uint8_t {
  sequence_header = 1,
  temporal_delimiter = 2,
  frame_header = 3,
  frame = 6,
  tile_list = 8,
  padding = 15,
};

/// An open bitstream unit in the form that RTP carries: obu_has_size_field cleared and obu_size left out.
struct Obu {
  ObuType type{};
  std::array<std::byte, 2> header{};
  std::uint8_t header_size = 1;  ///< 2 with an extension
  Bytes payload;

  [[nodiscard]] std::size_t size() const { return header_size + payload.size(); }
  /// Copies the bytes from `offset` on that fill `to`; they must be there.
  void copy(std::size_t offset, MutableBytes to) const;
};

/// Appends the OBUs of a temporal unit in low-overhead form (section 5.2); the last may lack its size.
/// Errc::invalid where a size runs past the end.
Status read_obus(Bytes data, std::vector<Obu>& obus);

/// What an SDP says of a stream; section 5.5.1.
struct Av1Level {
  std::uint8_t profile = 0;
  std::uint8_t level_idx = 0;
  std::uint8_t tier = 0;
  bool reduced_still_picture_header = false;
};
Result<Av1Level> read_sequence_header(Bytes payload);

/// Bytes of a leb128 number (section 4.10.5).
std::size_t leb128_size(std::size_t value);
/// `to` has leb128_size(value) bytes.
void write_leb128(std::size_t value, MutableBytes to);

}  // namespace lectern::payload
