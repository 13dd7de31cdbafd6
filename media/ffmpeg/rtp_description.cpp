#include "media/ffmpeg/rtp_description.h"

#include <array>

extern "C" {
#include <libavcodec/codec_par.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/error.h"
#include "media/ffmpeg/handles.h"
#include "protocol/base/text.h"

namespace lectern::media {
namespace {

/// Holds the setup headers of Vorbis and Theora in base64: some 10 KiB.
constexpr int sdp_size = 64 * 1024;

/// What follows "<payload type> ".
std::string_view after_payload_type(std::string_view value) {
  const auto parts = split_once(value, ' ');
  return parts ? trim(parts->second) : std::string_view{};
}

Status parse_rtpmap(std::string_view text, RtpDescription& out) {
  const auto parts = split(text, '/');
  const std::uint32_t clock = parts.size() > 1 ? parse_number<std::uint32_t>(parts[1]).value_or(0) : 0;
  const auto channels = parts.size() > 2 ? parse_number<unsigned>(parts[2]) : 0U;
  if (parts[0].empty() || clock == 0 || !channels) return invalid("no rtpmap: " + std::string(text));
  out.encoding = parts[0];
  out.clock_rate = clock;
  out.channels = *channels;
  return {};
}

std::string without_blanks(std::string_view parameters) {
  std::string out;
  for (const std::string_view parameter : split(parameters, ';')) {
    if (trim(parameter).empty()) continue;
    if (!out.empty()) out += ';';
    out += trim(parameter);
  }
  return out;
}

}  // namespace

Result<RtpDescription> parse_rtp_description(std::string_view sdp) {
  constexpr std::string_view rtpmap = "a=rtpmap:", fmtp = "a=fmtp:";
  RtpDescription out;
  for (const std::string_view raw : split(sdp, '\n')) {
    const std::string_view line = raw.ends_with('\r') ? raw.substr(0, raw.size() - 1) : raw;
    if (line.starts_with(rtpmap)) {
      if (Status parsed = parse_rtpmap(after_payload_type(line.substr(rtpmap.size())), out); !parsed)
        return parsed.error();
    } else if (line.starts_with(fmtp)) {
      out.fmtp = without_blanks(after_payload_type(line.substr(fmtp.size())));
    }
  }
  return out;
}

Result<RtpDescription> describe_for_rtp(const AVCodecParameters& parameters) {
  AVFormatContext* context = nullptr;
  if (const int code = avformat_alloc_output_context2(&context, nullptr, "rtp", nullptr); code < 0)
    return av_error(code, "rtp muxer");
  const OutputContext owner(context);
  AVStream* stream = avformat_new_stream(context, nullptr);
  if (!stream) return Error{Errc::internal, "out of memory"};
  if (const int code = avcodec_parameters_copy(stream->codecpar, &parameters); code < 0)
    return av_error(code, "rtp muxer");
  std::string sdp(sdp_size, '\0');
  if (av_sdp_create(&context, 1, sdp.data(), sdp_size) < 0)
    return unsupported(std::string("libavformat describes no ") + avcodec_get_name(parameters.codec_id) +
                       " with these parameters");
  return parse_rtp_description(sdp.c_str());
}

}  // namespace lectern::media
