#pragma once

#include <memory>
#include <string>

#include "protocol/payload/nal_units.h"
#include "protocol/payload/packetizer.h"
#include "protocol/payload/parameter_sets.h"

namespace lectern::payload {

/// H.265 by RFC 7798: single NAL units, aggregation packets and fragmentation units, without DONL (so
/// sprop-max-don-diff keeps its default of 0).
struct H265Format {
  NalFraming framing = NalFraming::annex_b;
  ParameterSets sets;

  /// hvcC (ISO/IEC 14496-15 section 8.3.3.1), parameter sets in Annex B form, or nothing: then the sets are
  /// expected in the stream, in Annex B. Errc::invalid for anything else.
  static Result<H265Format> from_extradata(Bytes extradata);
  /// RFC 7798 section 7.1: sprop-vps, sprop-sps and sprop-pps where known.
  std::string fmtp() const;
  /// `max_payload` in bytes, 16 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
