#include "protocol/rtsp/clock_time.h"

#include "protocol/base/text.h"
#include "protocol/rtsp/decimal.h"

namespace lectern::rtsp {

using std::chrono::microseconds;
using std::chrono::seconds;

Result<microseconds> parse_clock_time(std::string_view text) {
  const Error malformed = invalid("Range: malformed clock time");
  // yyyymmddThhmmss[.frac]Z
  if (text.size() < 16 || text[8] != 'T' || text.back() != 'Z') return malformed;
  const auto number = [&](std::size_t at, std::size_t size) {
    return parse_digits(text.substr(at, size), size);
  };
  const auto year = number(0, 4), month = number(4, 2), day = number(6, 2);
  const auto hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  if (!year || !month || !day || !hour || !minute || !second) return malformed;
  const std::string_view rest = text.substr(15, text.size() - 16);
  if (!rest.empty() && rest.front() != '.') return malformed;
  const auto fraction = parse_fraction(rest.empty() ? rest : rest.substr(1));
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!fraction || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return malformed;
  const seconds of_day{(*hour * 60 + *minute) * 60 + *second};
  return microseconds{std::chrono::sys_days{date}.time_since_epoch()} + of_day + *fraction;
}

std::string format_clock_time(microseconds since_epoch) {
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days{days}};
  const auto of_day = since_epoch - days;
  const auto whole = std::chrono::floor<seconds>(of_day);
  const std::int64_t second = whole.count();
  std::string text = pad(static_cast<int>(date.year()), 4) + pad(static_cast<unsigned>(date.month()), 2) +
                     pad(static_cast<unsigned>(date.day()), 2) + 'T' + pad(second / 3600, 2) +
                     pad(second / 60 % 60, 2) + pad(second % 60, 2);
  if (of_day != whole) text += '.' + format_fraction(of_day - whole, 1);
  return text + 'Z';
}

}  // namespace lectern::rtsp
