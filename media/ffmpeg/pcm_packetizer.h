#pragma once

#include <memory>

extern "C" {
#include <libavcodec/codec_id.h>
}

#include "protocol/base/result.h"
#include "protocol/payload/packetizer.h"

struct AVCodecParameters;

namespace lectern::media {

/// True for the interleaved PCM layouts that make_pcm_packetizer() converts.
bool is_convertible_pcm(AVCodecID codec);

/// Packetizer for L16 (RFC 3551 section 4.5.11) of interleaved PCM in another layout: wider samples keep
/// their upper 16 bits, floating point is rounded and clipped. nullptr where is_convertible_pcm() is false.
std::unique_ptr<payload::Packetizer> make_pcm_packetizer(AVCodecID codec, unsigned rate, unsigned channels,
                                                         std::size_t max_payload);

/// True for PCM that is not stored sample after sample (planar, DVD, Blu-ray): libavcodec unpacks it.
bool is_decodable_pcm(AVCodecID codec);

/// The same for what is_decodable_pcm() names.
Result<std::unique_ptr<payload::Packetizer>> make_decoded_pcm_packetizer(const AVCodecParameters& parameters,
                                                                         std::size_t max_payload);

}  // namespace lectern::media
