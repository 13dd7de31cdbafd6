#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::payload {

/// The parts of MPEG-4's AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1) that an SDP needs.
struct AudioSpecificConfig {
  unsigned object_type = 0;  ///< of the core: 2 is AAC-LC
  unsigned sample_rate = 0;  ///< as decoded: that of the extension where SBR is signalled
  unsigned channels = 0;     ///< as decoded: 2 where parametric stereo is signalled
  bool sbr = false;
  bool ps = false;

  /// Errc::invalid for a truncated or reserved configuration; Errc::unsupported for object types that are
  /// no AAC.
  static Result<AudioSpecificConfig> parse(Bytes config);
};

/// The two-byte AudioSpecificConfig of a plain AAC track (object type 1 to 4); Errc::invalid where the rate
/// is not in the table of ISO/IEC 14496-3 or the channels have no configuration of their own.
Result<ByteVector> make_audio_specific_config(unsigned object_type, unsigned sample_rate, unsigned channels);

/// A header of ISO/IEC 13818-7 section 6.2.
struct AdtsHeader {
  std::size_t size = 0;        ///< 7, or 9 with a checksum
  std::size_t frame_size = 0;  ///< with the header
  unsigned blocks = 1;         ///< raw data blocks in the frame
  unsigned object_type = 0;
  unsigned sample_rate = 0;
  unsigned channel_configuration = 0;

  /// Errc::invalid where `unit` does not begin with one.
  static Result<AdtsHeader> parse(Bytes unit);
};

}  // namespace lectern::payload
