#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::bench {

/// Of every packet but the last of a unit: an RTP header, a fragment's two bytes, and media.
constexpr std::size_t packet_size = 1400, packet_header = 14;

/// The packets of an access unit, one behind the other, and when they are due.
struct TimedUnit {
  std::int64_t due_us = 0;  ///< dts, from the first unit on
  std::size_t stream = 0;
  std::size_t offset = 0;  ///< in Recording::bytes
  std::size_t size = 0;
};

/// A file as it is sent, in memory: nothing is left to do but to send it.
struct Recording {
  std::vector<TimedUnit> units;  ///< in the order of their due times
  ByteVector bytes;
  std::size_t streams = 0;

  [[nodiscard]] Bytes packets(const TimedUnit& unit) const {
    return Bytes(bytes).subspan(unit.offset, unit.size);
  }
};

/// The first `seconds` of a file. Throws std::runtime_error.
Recording read_recording(const std::string& path, double seconds);

}  // namespace lectern::bench
