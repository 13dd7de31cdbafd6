#include "protocol/rtsp/npt_time.h"

#include <algorithm>

#include "protocol/base/text.h"
#include "protocol/rtsp/decimal.h"

namespace lectern::rtsp {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// No sum of ours overflows, and no number of hours is more seconds than can be written.
constexpr std::size_t max_digits = 9, max_hour_digits = 5;

Result<seconds> parse_whole(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() == 1) {
    const auto whole = parse_digits(text, max_digits);
    if (whole) return seconds{*whole};
  } else if (parts.size() == 3) {
    const auto h = parse_digits(parts[0], max_hour_digits);
    const auto m = parse_digits(parts[1], 2);
    const auto s = parse_digits(parts[2], 2);
    if (h && m && s && *m < 60 && *s < 60) return hours{*h} + minutes{*m} + seconds{*s};
  }
  return invalid("Range: malformed npt time");
}

}  // namespace

Result<microseconds> parse_npt_time(std::string_view text) {
  const auto halves = split_once(text, '.');
  const auto whole = parse_whole(halves ? halves->first : text);
  if (!whole) return whole.error();
  const auto fraction = parse_fraction(halves ? halves->second : std::string_view{});
  if (!fraction) return invalid("Range: malformed npt time");
  return *whole + *fraction;
}

std::string format_npt_time(microseconds time) {
  time = std::max(time, microseconds{0});
  const auto whole = std::chrono::floor<seconds>(time);
  return std::to_string(whole.count()) + '.' + format_fraction(time - whole, 3);
}

}  // namespace lectern::rtsp
