#include "media/live/outage_log.h"

#include <algorithm>

namespace lectern::media {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t first_interval = 600 * second, longest_interval = 24 * 3600 * second;
/// A reason that is another one each time must not fill the log.
constexpr std::size_t most_reasons = 5;

std::string in_words(std::int64_t time_us) {
  const std::int64_t seconds = time_us / second;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string tries_in_words(std::uint64_t tries) {
  return std::to_string(tries) + (tries == 1 ? " try" : " tries");
}

}  // namespace

std::optional<std::string> OutageLog::failed(const std::string& reason, std::int64_t now_us) {
  if (tries_++ == 0) {
    since_us_ = told_us_ = now_us;
    interval_us_ = first_interval;
    told_.assign(1, reason);
    return "away: " + reason;
  }
  if (told_.size() < most_reasons && std::ranges::find(told_, reason) == told_.end()) {
    told_.push_back(reason);
    told_us_ = now_us;
    return "away: " + reason;
  }
  if (now_us - told_us_ < interval_us_) return std::nullopt;
  told_us_ = now_us;
  interval_us_ = std::min(interval_us_ * 2, longest_interval);
  return "still away, for " + in_words(now_us - since_us_) + " and " + tries_in_words(tries_) + ": " + reason;
}

std::string OutageLog::back(std::int64_t now_us) {
  if (tries_ == 0) return {};
  std::string text = ", after " + in_words(now_us - since_us_) + " away and " + tries_in_words(tries_);
  tries_ = 0;
  return text;
}

}  // namespace lectern::media
