#pragma once

#include <memory>

extern "C" {
#include <libavcodec/codec_id.h>
}

#include "protocol/payload/packetizer.h"

namespace lectern::media {

/// True for the interleaved PCM layouts that make_pcm_packetizer() converts.
bool is_convertible_pcm(AVCodecID codec);

/// Packetizer for L16 (RFC 3551 section 4.5.11) of interleaved PCM in another layout: wider samples keep
/// their upper 16 bits, floating point is rounded and clipped. nullptr where is_convertible_pcm() is false.
std::unique_ptr<payload::Packetizer> make_pcm_packetizer(AVCodecID codec, unsigned rate, unsigned channels,
                                                         std::size_t max_payload);

}  // namespace lectern::media
