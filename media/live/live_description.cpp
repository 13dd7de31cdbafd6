#include "media/live/live_description.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lectern::media {
namespace {

constexpr std::array<std::string_view, 6> configured_in_band{"H264", "H265", "AV1", "VP8", "VP9", "JPEG"};

bool same_form(const Track& before, const Track& after) {
  const TrackFormat &a = before.format, &b = after.format;
  return a.media == b.media && a.encoding == b.encoding && a.clock_rate == b.clock_rate &&
         a.channels == b.channels && before.payload_type == after.payload_type &&
         before.control == after.control &&
         (a.fmtp == b.fmtp || std::ranges::find(configured_in_band, a.encoding) != configured_in_band.end());
}

}  // namespace

bool goes_on_with(const std::vector<Track>& before, const std::vector<Track>& after) {
  return std::ranges::equal(before, after, same_form);
}

}  // namespace lectern::media
