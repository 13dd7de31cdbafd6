#pragma once

#include <memory>
#include <string>

#include "protocol/base/result.h"
#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// AAC in the mode AAC-hbr of RFC 3640 section 3.3.6: mpeg4-generic/sample_rate/channels.
struct AacFormat {
  unsigned sample_rate = 0;  ///< as decoded, with SBR where that is signalled
  unsigned channels = 0;     ///< as decoded
  ByteVector config;         ///< the AudioSpecificConfig

  /// Errors as of AudioSpecificConfig::parse.
  static Result<AacFormat> from_config(Bytes audio_specific_config);
  /// From the header of an ADTS frame, where a file has no AudioSpecificConfig. Errc::unsupported where the
  /// channels are told by a program_config_element inside the frame.
  static Result<AacFormat> from_adts(Bytes frame);

  [[nodiscard]] std::string fmtp() const;
  /// One unit a packet; larger ones are fragmented as section 3.2.3 says: every fragment tells the size of
  /// the whole, the marker is on the last. An ADTS header before a unit is stripped. Errc::too_large for
  /// units over 8191 bytes, which AU-size cannot tell.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
