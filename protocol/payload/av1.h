#pragma once

#include <memory>
#include <optional>
#include <string>

#include "protocol/payload/obu.h"
#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// AV1 by "RTP Payload Format For AV1" v1.0 (AOM). Access units are temporal units in low-overhead form.
struct Av1Format {
  std::optional<Av1Level> level;
  ByteVector sequence_header;  ///< the whole OBU, with its size; empty where none is known

  /// av1C ("AV1 Codec ISO Media File Format Binding" section 2.3), its OBUs alone, or nothing.
  static Result<Av1Format> from_extradata(Bytes extradata);
  /// Section 7.2.1: profile, level-idx and tier; empty where they are not known (then 0, 5 and 0 are meant).
  std::string fmtp() const;
  /// `max_payload` in bytes, 16 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
