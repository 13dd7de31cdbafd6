#pragma once

#include <memory>
#include <string>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// AC-3 (RFC 4184): ac3/rate/channels.
struct Ac3Format {
  unsigned rate = 48000;
  unsigned channels = 2;

  /// Empty: RFC 4184 section 5.1 defines no required parameter.
  [[nodiscard]] std::string fmtp() const { return {}; }
  /// One frame a packet behind the header of section 4.1.1 (FT, NF); larger frames are fragmented, and the
  /// marker is on the last packet of the frame. Errc::invalid for units without the AC-3 syncword.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
