#include "server/log/rate_limited.h"

namespace lectern::server {

std::optional<std::string> RateLimited::admit(Time now) {
  using std::chrono::seconds;
  if (logged_ && now - *logged_ < seconds(1)) {
    ++suppressed_;
    return std::nullopt;
  }
  std::string suffix;
  if (suppressed_ > 0) {
    const auto span = std::chrono::duration_cast<seconds>(now - *logged_).count();
    const std::string since = span == 1 ? "second" : fmt::format("{} s", span);
    suffix = fmt::format(" ({} more like this in the last {})", suppressed_, since);
  }
  logged_ = now;
  suppressed_ = 0;
  return suffix;
}

}  // namespace lectern::server
