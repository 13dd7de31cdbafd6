#include "protocol/rtsp/smpte_time.h"

#include <algorithm>

#include "protocol/base/text.h"
#include "protocol/rtsp/decimal.h"

namespace lectern::rtsp {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t subframes = 100;  // of a frame
constexpr std::int64_t frames_of_ten_minutes = 17982;
constexpr std::int64_t frames_of_dropped_minute = 1798;

constexpr std::int64_t labels_a_second(SmpteRate rate) {
  return rate == SmpteRate::drop_30 ? 30 : 25;
}

constexpr microseconds to_time(std::int64_t count, SmpteRate rate) {
  // A hundredth of a frame is 1001/3 µs, or 400 µs.
  return microseconds{rate == SmpteRate::drop_30 ? (count * 1001 + 1) / 3 : count * 400};
}

constexpr std::int64_t to_subframes(microseconds time, SmpteRate rate) {
  const std::int64_t whole = time.count() / 1001,
                     rest = time.count() % 1001;  // no overflow before the product
  return rate == SmpteRate::drop_30 ? whole * 3 + (rest * 3 + 500) / 1001 : (time.count() + 200) / 400;
}

// The number on the label that a frame bears, which runs ahead of the count of frames by those dropped.
constexpr std::int64_t label_of(std::int64_t frame) {
  const std::int64_t tens = frame / frames_of_ten_minutes;
  const std::int64_t rest = frame % frames_of_ten_minutes;
  const std::int64_t minutes = rest < 1800 ? 0 : 1 + (rest - 1800) / frames_of_dropped_minute;
  return frame + 2 * (tens * 9 + minutes);
}

}  // namespace

Result<microseconds> parse_smpte_time(std::string_view text, SmpteRate rate) {
  const auto parts = split(text, ':');
  const Error malformed = invalid("Range: malformed smpte time");
  if (parts.size() != 3 && parts.size() != 4) return malformed;
  const auto frame_parts = split(parts.size() == 4 ? parts[3] : std::string_view{"0"}, '.');
  const auto hour = parse_digits(parts[0], 2);
  const auto minute = parse_digits(parts[1], 2);
  const auto second = parse_digits(parts[2], 2);
  const auto label = parse_digits(frame_parts[0], 2);
  const auto sub = frame_parts.size() == 1 ? 0 : parse_digits(frame_parts[1], 2);
  const std::int64_t a_second = labels_a_second(rate);
  if (!hour || !minute || !second || !label || !sub || frame_parts.size() > 2) return malformed;
  if (*minute > 59 || *second > 59 || *label >= a_second) return malformed;

  const std::int64_t minutes = *hour * 60 + *minute;
  std::int64_t frame = (minutes * 60 + *second) * a_second + *label;
  if (rate == SmpteRate::drop_30) {
    if (minutes % 10 != 0 && *second == 0 && *label < 2) frame += 2 - *label;
    frame -= 2 * (minutes - minutes / 10);
  }
  return to_time(frame * subframes + *sub, rate);
}

std::string format_smpte_time(microseconds time, SmpteRate rate) {
  const std::int64_t count = to_subframes(std::max(time, microseconds{0}), rate);
  const std::int64_t frame = count / subframes;
  const std::int64_t sub = count % subframes;
  const std::int64_t label = rate == SmpteRate::drop_30 ? label_of(frame) : frame;
  const std::int64_t second = label / labels_a_second(rate);
  const std::int64_t of_second = label % labels_a_second(rate);
  std::string text = pad(second / 3600, 2) + ':' + pad(second / 60 % 60, 2) + ':' + pad(second % 60, 2);
  if (of_second != 0 || sub != 0) text += ':' + pad(of_second, 2);
  if (sub != 0) text += '.' + pad(sub, 2);
  return text;
}

}  // namespace lectern::rtsp
