#include "media/live/announcement.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <string_view>

#include "protocol/base/text.h"
#include "protocol/sdp/rtpmap.h"

namespace lectern::media {
namespace {

/// What libavformat reads of an SDP.
constexpr std::size_t max_inner_sdp = 16'000;
constexpr std::array<std::string_view, 4> profiles{"RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF"};
/// What libavformat looks at, beside a=rtpmap.
constexpr std::array<std::string_view, 4> kept{"fmtp", "framesize", "framerate", "cliprect"};
constexpr std::uint8_t first_dynamic = 96, last_static = 34;

using Taken = std::bitset<128>;

bool is_of(std::string_view attribute, std::uint8_t payload_type) {
  const std::string_view number = attribute.substr(0, attribute.find_first_of(" \t"));
  return parse_number<unsigned>(number) == payload_type;
}

/// The first payload type of the media that something explains.
Result<sdp::Rtpmap> format_of(const sdp::Media& media) {
  std::string why = "m=" + media.media.substr(0, 40) + " names no payload type";
  for (const std::string& format : media.formats) {
    const auto payload_type = parse_number<std::uint8_t>(format);
    if (!payload_type || *payload_type > 127) continue;
    for (const sdp::Attribute& attribute : media.attributes)
      if (attribute.name == "rtpmap" && is_of(trim(attribute.value), *payload_type))
        if (const auto rtpmap = sdp::parse_rtpmap(attribute.value); !rtpmap) return rtpmap.error();
    if (auto found = sdp::find_rtpmap(media, *payload_type)) return *std::move(found);
    why = "no a=rtpmap for payload type " + format;
  }
  return invalid(std::move(why));
}

/// Packets of types 64 to 95 look like RTCP where they have the marker (RFC 5761 section 4).
std::uint8_t inner_type(std::uint8_t announced, Taken& taken) {
  const bool fits = announced <= last_static || announced >= first_dynamic;
  std::uint8_t type = announced;
  if (!fits || taken[type])
    for (type = first_dynamic; taken[type];) ++type;
  taken.set(type);
  return type;
}

void append_media(std::string& text, const sdp::Media& media, const sdp::Rtpmap& format,
                  const AnnouncedTrack& track) {
  const std::string type = std::to_string(track.inner_payload_type);
  text += "m=" + media.media + " 0 RTP/AVP " + type + "\r\n";
  if (track.inner_payload_type != track.payload_type) {
    sdp::Rtpmap inner = format;
    inner.payload_type = track.inner_payload_type;
    text += "a=rtpmap:" + sdp::serialize(inner) + "\r\n";
  }
  for (const sdp::Attribute& attribute : media.attributes) {
    const bool wanted = attribute.name == "rtpmap" || std::ranges::find(kept, attribute.name) != kept.end();
    if (!wanted) continue;
    const std::string_view value = trim(attribute.value);
    const bool typed = attribute.name != "framerate" && attribute.name != "cliprect";
    if (typed && !is_of(value, track.payload_type)) continue;
    if (attribute.name == "rtpmap" && track.inner_payload_type != track.payload_type) continue;
    text.append("a=").append(attribute.name).append(":");
    if (typed)
      text.append(type).append(value.substr(std::min(value.find_first_of(" \t"), value.size())));
    else
      text.append(value);
    text += "\r\n";
  }
}

std::string control_of(const sdp::Media& media, std::size_t index) {
  const auto control = sdp::find_attribute(media.attributes, "control");
  if (!control || trim(*control).empty()) return "track" + std::to_string(index + 1);
  return std::string(trim(*control));
}

Result<AnnouncedTrack> read_track(const sdp::Media& media, std::size_t index, Taken& taken,
                                  std::string& inner_sdp) {
  if (std::ranges::find(profiles, media.profile) == profiles.end())
    return invalid("media is sent as RTP/AVP or RTP/SAVP");
  AnnouncedTrack track;
  track.control = control_of(media, index);
  track.served = media.media == "audio" || media.media == "video";
  auto format = format_of(media);
  if (!format && track.served) return std::move(format).error();
  if (format) {
    track.payload_type = format->payload_type;
    track.clock_rate = format->clock_rate;
  }
  track.inner_payload_type = inner_type(track.payload_type, taken);
  track.inner_ssrc = static_cast<std::uint32_t>(index + 1);
  if (track.served) append_media(inner_sdp, media, *format, track);
  return track;
}

}  // namespace

Result<Announcement> read_announcement(const sdp::SessionDescription& description) {
  if (description.media.empty()) return invalid("the SDP has no m=");
  if (description.media.size() > max_announced_tracks)
    return Error{Errc::too_large, "the SDP has more than " + std::to_string(max_announced_tracks) + " m="};
  Announcement announcement;
  announcement.inner_sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=" +
                           (description.name.empty() ? std::string("-") : description.name) +
                           "\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
  Taken taken;
  for (const sdp::Media& media : description.media) {
    auto track = read_track(media, announcement.tracks.size(), taken, announcement.inner_sdp);
    if (!track) return std::move(track).error();
    if (std::ranges::find(announcement.tracks, track->control, &AnnouncedTrack::control) !=
        announcement.tracks.end())
      return invalid("two m= have one a=control");
    announcement.tracks.push_back(*std::move(track));
  }
  if (std::ranges::none_of(announcement.tracks, &AnnouncedTrack::served))
    return unsupported("there is no m=audio and no m=video in the SDP");
  if (announcement.inner_sdp.size() > max_inner_sdp)
    return Error{Errc::too_large, "the SDP has more parameters than a decoder needs"};
  return announcement;
}

}  // namespace lectern::media
