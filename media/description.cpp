#include "media/description.h"

#include <filesystem>

#include "protocol/sdp/rtpmap.h"

namespace lectern::media {
namespace {

sdp::Media describe_track(const Track& track) {
  sdp::Media media;
  media.media = track.format.media;
  const std::string payload_type = std::to_string(track.payload_type);
  media.formats = {payload_type};
  if (track.bit_rate > 0) media.bandwidths.push_back({"AS", (track.bit_rate + 999) / 1000});
  media.attributes.push_back(
      {"rtpmap", sdp::serialize(sdp::Rtpmap{track.payload_type, track.format.encoding,
                                            track.format.clock_rate, track.format.channels})});
  if (!track.format.fmtp.empty())
    media.attributes.push_back({"fmtp", payload_type + " " + track.format.fmtp});
  for (const std::string& attribute : track.format.attributes) {
    const std::size_t colon = attribute.find(':');
    if (colon == std::string::npos)
      media.attributes.push_back({attribute, ""});
    else
      media.attributes.push_back({attribute.substr(0, colon), attribute.substr(colon + 1)});
  }
  if (!track.language.empty()) media.attributes.push_back({"lang", track.language});
  media.attributes.push_back({"control", track.control});
  return media;
}

}  // namespace

std::string npt_seconds(MediaTime time) {
  const std::string fraction = std::to_string(1'000'000 + time % 1'000'000).substr(1);
  std::string text = std::to_string(time / 1'000'000) + "." + fraction;
  for (int i = 0; i < 3 && text.back() == '0'; ++i) text.pop_back();
  return text;
}

sdp::SessionDescription describe(const Asset& asset) {
  const FileIdentity& identity = asset.file().identity();
  sdp::SessionDescription description;
  description.origin.session_id = std::to_string(identity.inode ^ identity.device << 32);
  description.origin.version =
      std::to_string(static_cast<std::uint64_t>(identity.modified_us) + identity.size);
  description.name =
      asset.title().empty() ? std::filesystem::path(asset.file().path()).filename().string() : asset.title();
  description.connection = sdp::Connection{"IN", "IP4", "0.0.0.0"};
  description.attributes.push_back({"tool", "Lectern"});
  description.attributes.push_back({"control", "*"});
  const MediaTime duration = asset.duration();
  description.attributes.push_back(
      {"range", "npt=0-" + (duration > 0 ? npt_seconds(duration) : std::string())});
  for (const Track& track : asset.tracks()) description.media.push_back(describe_track(track));
  return description;
}

sdp::SessionDescription describe(const LiveDescription& live) {
  sdp::SessionDescription description;
  description.origin.session_id = std::to_string(live.id);
  description.origin.version = std::to_string(live.version);
  description.name = live.title;
  description.connection = sdp::Connection{"IN", "IP4", "0.0.0.0"};
  description.attributes.push_back({"tool", "Lectern"});
  description.attributes.push_back({"control", "*"});
  description.attributes.push_back({"range", "npt=now-"});
  for (const Track& track : live.tracks) description.media.push_back(describe_track(track));
  return description;
}

}  // namespace lectern::media
