#include "protocol/rtsp/range.h"

#include <array>

#include "protocol/base/text.h"
#include "protocol/rtsp/clock_time.h"
#include "protocol/rtsp/npt_time.h"
#include "protocol/rtsp/smpte_time.h"

namespace lectern::rtsp {
namespace {

using std::chrono::microseconds;

constexpr std::array<std::string_view, 5> unit_names = {"npt", "smpte", "smpte-30-drop", "smpte-25", "clock"};

// RFC 2326 section 3.5: plain "smpte" is 30 drop.
constexpr SmpteRate rate_of(RangeUnit unit) {
  return unit == RangeUnit::smpte_25 ? SmpteRate::rate_25 : SmpteRate::drop_30;
}

Result<microseconds> parse_time(std::string_view text, RangeUnit unit) {
  if (unit == RangeUnit::npt) return parse_npt_time(text);
  if (unit == RangeUnit::clock) return parse_clock_time(text);
  return parse_smpte_time(text, rate_of(unit));
}

std::string format_time(microseconds time, RangeUnit unit) {
  if (unit == RangeUnit::npt) return format_npt_time(time);
  if (unit == RangeUnit::clock) return format_clock_time(time);
  return format_smpte_time(time, rate_of(unit));
}

Result<RangeUnit> parse_unit(std::string_view text) {
  for (std::size_t i = 0; i < unit_names.size(); ++i)
    if (equals_ignoring_case(text, unit_names[i])) return static_cast<RangeUnit>(i);
  return invalid("Range: unknown unit");
}

Status parse_start(std::string_view text, Range& range) {
  const bool is_npt = range.unit == RangeUnit::npt;
  if (text.empty() && is_npt) return {};
  if (is_npt && equals_ignoring_case(text, "now")) {
    range.now = true;
    return {};
  }
  const auto time = parse_time(text, range.unit);
  if (!time) return time.error();
  range.start = *time;
  return {};
}

Status parse_end(std::string_view text, Range& range) {
  if (text.empty()) {
    if (!range.start && !range.now) return invalid("Range: neither start nor end");
    return {};
  }
  // "0-now": up to what there is.
  if (range.unit == RangeUnit::npt && range.start && equals_ignoring_case(text, "now")) return {};
  const auto time = parse_time(text, range.unit);
  if (!time) return time.error();
  range.end = *time;
  return {};
}

}  // namespace

Result<Range> parse_range(std::string_view text) {
  const auto halves = split_once(text.substr(0, text.find(';')), '=');
  if (!halves) return invalid("Range: no unit");
  const auto unit = parse_unit(trim(halves->first));
  if (!unit) return unit.error();
  const auto times = split_once(halves->second, '-');
  if (!times) return invalid("Range: no '-'");
  Range range{*unit};
  if (auto status = parse_start(trim(times->first), range); !status) return std::move(status).error();
  if (auto status = parse_end(trim(times->second), range); !status) return std::move(status).error();
  return range;
}

std::string serialize(const Range& range) {
  std::string text{unit_names[static_cast<std::size_t>(range.unit)]};
  text += '=';
  if (range.now)
    text += "now";
  else if (range.start || !range.end || range.unit != RangeUnit::npt)
    text += format_time(range.start.value_or(microseconds{0}), range.unit);
  text += '-';
  if (range.end) text += format_time(*range.end, range.unit);
  return text;
}

}  // namespace lectern::rtsp
