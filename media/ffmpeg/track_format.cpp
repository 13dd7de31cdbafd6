#include "media/ffmpeg/track_format.h"

#include <algorithm>
#include <array>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/handles.h"
#include "media/ffmpeg/muxer_packetizer.h"
#include "media/ffmpeg/pcm_packetizer.h"
#include "media/ffmpeg/rtp_description.h"
#include "protocol/base/base64.h"
#include "protocol/payload/aac.h"
#include "protocol/payload/ac3.h"
#include "protocol/payload/amr.h"
#include "protocol/payload/audio_specific_config.h"
#include "protocol/payload/av1.h"
#include "protocol/payload/g711.h"
#include "protocol/payload/h264.h"
#include "protocol/payload/h265.h"
#include "protocol/payload/ilbc.h"
#include "protocol/payload/l16.h"
#include "protocol/payload/mjpeg.h"
#include "protocol/payload/mpa.h"
#include "protocol/payload/opus.h"
#include "protocol/payload/vp8.h"
#include "protocol/payload/vp9.h"
#include "protocol/payload/xiph.h"

namespace lectern::media {
namespace {

/// Codec headers in base64; an SDP has to stay one that a player reads.
constexpr std::size_t most_fmtp = 128 * 1024;

using MadePacketizer = Result<std::unique_ptr<payload::Packetizer>>;
using Parameters = AVCodecParameters;

std::string name_of(const Parameters& parameters) {
  return avcodec_get_name(parameters.codec_id);
}
unsigned rate_of(const Parameters& parameters) {
  return static_cast<unsigned>(std::max(parameters.sample_rate, 0));
}
unsigned channels_of(const Parameters& parameters) {
  return static_cast<unsigned>(std::max(parameters.ch_layout.nb_channels, 0));
}
Bytes extradata_of(const Parameters& parameters) {
  if (!parameters.extradata || parameters.extradata_size <= 0) return {};
  return as_bytes(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size));
}

template <typename Format>
auto packetizer_of(Format format, std::size_t max_payload) {
  return [format = std::move(format), max_payload]() -> MadePacketizer {
    return format.make_packetizer(max_payload);
  };
}

TrackFormat video(std::string encoding) {
  return {"video", std::move(encoding), 90000};
}

template <typename Format>
Result<TrackFormat> video_of_extradata(std::string encoding, const Parameters& parameters,
                                       std::size_t max_payload) {
  auto format = Format::from_extradata(extradata_of(parameters));
  if (!format) return format.error();
  if constexpr (requires { format->sets; })
    if (format->sets.size() > payload::most_parameter_set_bytes)
      return unsupported(name_of(parameters) + " with " + std::to_string(format->sets.size()) +
                         " bytes of parameter sets");
  TrackFormat track = video(std::move(encoding));
  track.fmtp = format->fmtp();
  track.make_packetizer = packetizer_of(*std::move(format), max_payload);
  return track;
}

Result<TrackFormat> make_h264(const Parameters& parameters, std::size_t max_payload) {
  return video_of_extradata<payload::H264Format>("H264", parameters, max_payload);
}

Result<TrackFormat> make_h265(const Parameters& parameters, std::size_t max_payload) {
  return video_of_extradata<payload::H265Format>("H265", parameters, max_payload);
}

Result<TrackFormat> make_av1(const Parameters& parameters, std::size_t max_payload) {
  return video_of_extradata<payload::Av1Format>("AV1", parameters, max_payload);
}

Result<TrackFormat> make_vp8(const Parameters&, std::size_t max_payload) {
  TrackFormat track = video("VP8");
  track.make_packetizer = packetizer_of(payload::Vp8Format{}, max_payload);
  return track;
}

Result<TrackFormat> make_vp9(const Parameters& parameters, std::size_t max_payload) {
  payload::Vp9Format format;
  if (parameters.profile >= FF_PROFILE_VP9_0 && parameters.profile <= FF_PROFILE_VP9_3)
    format.profile = static_cast<std::uint8_t>(parameters.profile);
  TrackFormat track = video("VP9");
  track.fmtp = format.fmtp();
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

Result<TrackFormat> make_mjpeg(const Parameters&, std::size_t max_payload) {
  TrackFormat track = video("JPEG");
  track.static_payload_type = std::uint8_t{26};
  track.make_packetizer = packetizer_of(payload::MjpegFormat{}, max_payload);
  return track;
}

/// libavcodec gives rate and channels as decoded; the AudioSpecificConfig made here is that of the core, in
/// which decoders find SBR and parametric stereo by themselves.
Result<payload::AacFormat> aac_of_parameters(const Parameters& parameters) {
  const bool parametric_stereo = parameters.profile == FF_PROFILE_AAC_HE_V2;
  const bool sbr = parameters.profile == FF_PROFILE_AAC_HE || parametric_stereo;
  const bool plain = parameters.profile >= FF_PROFILE_AAC_MAIN && parameters.profile <= FF_PROFILE_AAC_LTP;
  const auto object_type = plain ? static_cast<unsigned>(parameters.profile) + 1 : 2U;
  const unsigned rate = sbr ? rate_of(parameters) / 2 : rate_of(parameters);
  const auto config =
      payload::make_audio_specific_config(object_type, rate, parametric_stereo ? 1 : channels_of(parameters));
  if (!config) return config.error();
  return payload::AacFormat::from_config(*config);
}

Result<TrackFormat> make_aac(const Parameters& parameters, std::size_t max_payload) {
  const Bytes config = extradata_of(parameters);
  // MPEG-TS and ADTS files carry none.
  auto format = config.empty() ? aac_of_parameters(parameters) : payload::AacFormat::from_config(config);
  if (!format) return format.error();
  TrackFormat track{"audio", "mpeg4-generic", format->sample_rate, format->channels};
  track.fmtp = format->fmtp();
  track.make_packetizer = packetizer_of(*std::move(format), max_payload);
  return track;
}

Result<TrackFormat> make_opus(const Parameters& parameters, std::size_t max_payload) {
  const payload::OpusFormat format{channels_of(parameters)};
  if (format.channels < 1 || format.channels > 2)
    return unsupported("opus with " + std::to_string(format.channels) +
                       " channels has no RTP payload format here");
  TrackFormat track{"audio", "opus", 48000, 2};
  track.fmtp = format.fmtp();
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

Result<TrackFormat> make_g711(const Parameters& parameters, std::size_t max_payload) {
  using Law = payload::G711Format::Law;
  const bool a_law = parameters.codec_id == AV_CODEC_ID_PCM_ALAW;
  const payload::G711Format format{a_law ? Law::a : Law::mu, rate_of(parameters), channels_of(parameters)};
  TrackFormat track{"audio", format.encoding(), format.rate, format.channels};
  if (format.rate == 8000 && format.channels == 1)
    track.static_payload_type = static_cast<std::uint8_t>(a_law ? 8 : 0);
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

Result<TrackFormat> make_l16(const Parameters& parameters, std::size_t max_payload) {
  const payload::L16Format format{rate_of(parameters), channels_of(parameters)};
  TrackFormat track{"audio", "L16", format.rate, format.channels};
  if (format.rate == 44100 && format.channels == 2) track.static_payload_type = std::uint8_t{10};
  if (format.rate == 44100 && format.channels == 1) track.static_payload_type = std::uint8_t{11};
  if (parameters.codec_id == AV_CODEC_ID_PCM_S16BE) {
    track.make_packetizer = packetizer_of(format, max_payload);
  } else if (!is_convertible_pcm(parameters.codec_id)) {
    const std::shared_ptr<Parameters> copy(avcodec_parameters_alloc(), FfmpegDelete{});
    if (!copy || avcodec_parameters_copy(copy.get(), &parameters) < 0)
      return Error{Errc::internal, "out of memory"};
    track.make_packetizer = [copy, max_payload] { return make_decoded_pcm_packetizer(*copy, max_payload); };
  } else {
    track.make_packetizer = [codec = parameters.codec_id, format, max_payload]() -> MadePacketizer {
      return make_pcm_packetizer(codec, format.rate, format.channels, max_payload);
    };
  }
  return track;
}

Result<TrackFormat> make_mpa(const Parameters&, std::size_t max_payload) {
  TrackFormat track{"audio", "MPA", payload::MpaFormat::clock_rate};
  track.static_payload_type = payload::MpaFormat::payload_type;
  track.make_packetizer = packetizer_of(payload::MpaFormat{}, max_payload);
  return track;
}

Result<TrackFormat> make_ac3(const Parameters& parameters, std::size_t max_payload) {
  const payload::Ac3Format format{rate_of(parameters), channels_of(parameters)};
  TrackFormat track{"audio", "ac3", format.rate, format.channels};
  track.fmtp = format.fmtp();
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

Result<TrackFormat> make_amr(const Parameters& parameters, std::size_t max_payload) {
  using Band = payload::AmrFormat::Band;
  if (channels_of(parameters) > 1)
    return unsupported("AMR with several channels has no RTP payload format here");
  const payload::AmrFormat format{parameters.codec_id == AV_CODEC_ID_AMR_WB ? Band::wide : Band::narrow};
  TrackFormat track{"audio", format.encoding(), format.clock_rate(), 1};
  track.fmtp = format.fmtp();
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

Result<TrackFormat> make_ilbc(const Parameters& parameters, std::size_t max_payload) {
  if (channels_of(parameters) > 1 || (parameters.block_align != 38 && parameters.block_align != 50))
    return unsupported("iLBC with blocks of " + std::to_string(parameters.block_align) + " bytes");
  const payload::IlbcFormat format{static_cast<std::size_t>(parameters.block_align)};
  TrackFormat track{"audio", "iLBC", payload::IlbcFormat::clock_rate, 1};
  track.fmtp = format.fmtp();
  track.make_packetizer = packetizer_of(format, max_payload);
  return track;
}

/// Without static payload type; the medium as of the codec.
Result<TrackFormat> make_described(const Parameters& parameters) {
  auto description = describe_for_rtp(parameters);
  if (!description) return description.error();
  return TrackFormat{parameters.codec_type == AVMEDIA_TYPE_VIDEO ? "video" : "audio",
                     description->encoding,
                     description->clock_rate,
                     description->channels,
                     std::nullopt,
                     description->fmtp};
}

/// The ident in the packed headers (RFC 5215 section 3.2.1: a count in 32 bits, then it in 24).
Result<std::uint32_t> xiph_ident(std::string_view fmtp) {
  constexpr std::string_view key = "configuration=";
  constexpr std::size_t leading_digits = 12;  // of base64: 9 bytes
  const auto at = fmtp.find(key);
  const auto packed = at == std::string_view::npos
                          ? Result<ByteVector>(invalid("no configuration"))
                          : base64_decode(fmtp.substr(at + key.size()).substr(0, leading_digits));
  if (!packed || packed->size() < 7) return invalid("libavformat gives no configuration of the Xiph headers");
  return static_cast<std::uint32_t>(u8((*packed)[4]) << 16 | u8((*packed)[5]) << 8 | u8((*packed)[6]));
}

Result<TrackFormat> make_xiph(const Parameters& parameters, std::size_t max_payload) {
  if (extradata_of(parameters).empty()) return unsupported(name_of(parameters) + " without its headers");
  auto track = make_described(parameters);
  if (!track) return track;
  const auto ident = xiph_ident(track->fmtp);
  if (!ident) return ident.error();
  track->make_packetizer = packetizer_of(payload::XiphFormat{*ident}, max_payload);
  return track;
}

/// libavformat writes no a=rtpmap for the static payload types of RFC 3551.
struct StaticType {
  AVCodecID codec;
  std::string_view encoding;
  std::uint32_t clock_rate;
  unsigned channels;
  std::uint8_t payload_type;
};
constexpr std::array<StaticType, 4> static_types{{
    {AV_CODEC_ID_MPEG1VIDEO, "MPV", 90000, 0, 32},
    {AV_CODEC_ID_MPEG2VIDEO, "MPV", 90000, 0, 32},
    {AV_CODEC_ID_H261, "H261", 90000, 0, 31},
    // The clock of 8000 for 16000 samples is an erratum that RFC 3551 section 4.5.2 keeps.
    {AV_CODEC_ID_ADPCM_G722, "G722", 8000, 1, 9},
}};

Result<TrackFormat> make_by_muxer(const Parameters& parameters, std::size_t max_payload) {
  auto track = make_described(parameters);
  if (!track) return track;
  const auto* fixed = std::ranges::find(static_types, parameters.codec_id, &StaticType::codec);
  if (fixed != static_types.end() && fixed->channels == (fixed->channels ? channels_of(parameters) : 0)) {
    track->encoding = fixed->encoding;
    track->clock_rate = fixed->clock_rate;
    track->channels = fixed->channels;
    track->static_payload_type = fixed->payload_type;
  }
  if (track->encoding.empty()) return unsupported(name_of(parameters) + " has no RTP payload format here");
  const std::shared_ptr<Parameters> copy(avcodec_parameters_alloc(), FfmpegDelete{});
  if (!copy || avcodec_parameters_copy(copy.get(), &parameters) < 0)
    return Error{Errc::internal, "out of memory"};
  track->make_packetizer = [copy, max_payload] { return make_muxer_packetizer(*copy, max_payload); };
  // Tried once, so that a track nobody can cut is refused here.
  if (const auto tried = track->make_packetizer(); !tried) return unsupported(tried.error().message);
  return track;
}

struct Form {
  AVCodecID codec;
  Result<TrackFormat> (*make)(const Parameters&, std::size_t max_payload);
};

constexpr std::array<Form, 32> forms{{
    {AV_CODEC_ID_H264, make_h264},
    {AV_CODEC_ID_HEVC, make_h265},
    {AV_CODEC_ID_AV1, make_av1},
    {AV_CODEC_ID_VP8, make_vp8},
    {AV_CODEC_ID_VP9, make_vp9},
    {AV_CODEC_ID_MJPEG, make_mjpeg},
    {AV_CODEC_ID_AAC, make_aac},
    {AV_CODEC_ID_OPUS, make_opus},
    {AV_CODEC_ID_PCM_ALAW, make_g711},
    {AV_CODEC_ID_PCM_MULAW, make_g711},
    {AV_CODEC_ID_MP1, make_mpa},
    {AV_CODEC_ID_MP2, make_mpa},
    {AV_CODEC_ID_MP3, make_mpa},
    {AV_CODEC_ID_AC3, make_ac3},
    {AV_CODEC_ID_AMR_NB, make_amr},
    {AV_CODEC_ID_AMR_WB, make_amr},
    {AV_CODEC_ID_VORBIS, make_xiph},
    {AV_CODEC_ID_THEORA, make_xiph},
    {AV_CODEC_ID_MPEG4, make_by_muxer},
    {AV_CODEC_ID_MPEG1VIDEO, make_by_muxer},
    {AV_CODEC_ID_MPEG2VIDEO, make_by_muxer},
    {AV_CODEC_ID_H261, make_by_muxer},
    {AV_CODEC_ID_H263, make_by_muxer},
    {AV_CODEC_ID_H263P, make_by_muxer},
    {AV_CODEC_ID_SPEEX, make_by_muxer},
    {AV_CODEC_ID_ADPCM_G722, make_by_muxer},
    {AV_CODEC_ID_ADPCM_G726, make_by_muxer},
    {AV_CODEC_ID_ADPCM_G726LE, make_by_muxer},
    {AV_CODEC_ID_ILBC, make_ilbc},
    {AV_CODEC_ID_DIRAC, make_by_muxer},
    {AV_CODEC_ID_RAWVIDEO, make_by_muxer},
    {AV_CODEC_ID_BITPACKED, make_by_muxer},
}};

}  // namespace

Result<TrackFormat> track_format(const AVStream& stream, std::size_t max_payload) {
  const Parameters& parameters = *stream.codecpar;
  const bool audio = parameters.codec_type == AVMEDIA_TYPE_AUDIO;
  if (!audio && parameters.codec_type != AVMEDIA_TYPE_VIDEO)
    return unsupported(name_of(parameters) + " is neither video nor audio");
  if (audio && (parameters.sample_rate <= 0 || parameters.ch_layout.nb_channels <= 0))
    return invalid(name_of(parameters) + " without a sample rate or channels");
  if (is_convertible_pcm(parameters.codec_id) || is_decodable_pcm(parameters.codec_id))
    return make_l16(parameters, max_payload);
  const auto* form = std::ranges::find(forms, parameters.codec_id, &Form::codec);
  if (form == forms.end()) return unsupported(name_of(parameters) + " has no RTP payload format here");
  auto track = form->make(parameters, max_payload);
  if (track && track->fmtp.size() > most_fmtp)
    return unsupported(name_of(parameters) + " with " + std::to_string(track->fmtp.size()) +
                       " bytes of configuration");
  return track;
}

}  // namespace lectern::media
