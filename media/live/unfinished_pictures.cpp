#include "media/live/unfinished_pictures.h"

#include <charconv>

#include "protocol/sdp/description.h"

namespace lectern::media {
namespace {

constexpr unsigned marker = 0x80;

std::optional<std::uint8_t> video_type(const sdp::Media& media) {
  if (media.media != "video" || media.formats.empty()) return std::nullopt;
  const std::string& text = media.formats.front();
  std::uint8_t type = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), type);
  if (read.ec != std::errc() || type >= marker) return std::nullopt;
  return type;
}

}  // namespace

UnfinishedPictures::UnfinishedPictures(std::string_view sdp) {
  const auto description = sdp::parse(sdp);
  if (!description) return;
  for (const sdp::Media& media : description->media) payload_types_.push_back(video_type(media));
}

// RTCP's types look like payload types 72 to 76 with the marker, which no track has here.
void UnfinishedPictures::see(Bytes packet) {
  if (packet.size() < 2) return;
  const auto second = std::to_integer<unsigned>(packet[1]);
  unfinished_.set(second & ~marker, (second & marker) == 0);
}

bool UnfinishedPictures::contains(std::size_t track) const {
  return track < payload_types_.size() && payload_types_[track] && unfinished_[*payload_types_[track]];
}

}  // namespace lectern::media
