#pragma once

#include <memory>
#include <string>

#include "protocol/payload/nal_units.h"
#include "protocol/payload/packetizer.h"
#include "protocol/payload/parameter_sets.h"

namespace lectern::payload {

/// H.264 by RFC 6184, packetization mode 1: single NAL units, STAP-A and FU-A.
struct H264Format {
  NalFraming framing = NalFraming::annex_b;
  ParameterSets sets;

  /// avcC (ISO/IEC 14496-15 section 5.3.3.1), parameter sets in Annex B form, or nothing: then the sets are
  /// expected in the stream, in Annex B. Errc::invalid for anything else.
  static Result<H264Format> from_extradata(Bytes extradata);
  /// RFC 6184 section 8.1: packetization-mode, and where known sprop-parameter-sets and profile-level-id.
  std::string fmtp() const;
  /// `max_payload` in bytes, 16 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
