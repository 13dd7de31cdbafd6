#pragma once

#include <memory>

#include "protocol/base/result.h"
#include "protocol/payload/packetizer.h"

struct AVCodecParameters;

namespace lectern::media {

/// A packetizer that lets libavformat's rtp muxer cut the units: for the codecs that have no file pair in
/// protocol/payload. Not for those of which the muxer collects several units into a packet (AAC, AMR, Vorbis,
/// Theora, MPEG audio): it loses the last of them. Error as libavformat gives it where it cannot do the
/// codec.
Result<std::unique_ptr<payload::Packetizer>> make_muxer_packetizer(const AVCodecParameters& parameters,
                                                                   std::size_t max_payload);

}  // namespace lectern::media
