#include "protocol/rtsp/media_type.h"

#include "protocol/base/text.h"
#include "protocol/rtsp/message.h"

namespace lectern::rtsp {
namespace {

/// 3 for the type itself, 2 for "application/*", 1 for "*/*", 0 for no match.
int specificity(std::string_view range, std::string_view type) {
  if (equals_ignoring_case(range, type)) return 3;
  if (range == "*/*") return 1;
  const std::string_view main_type = type.substr(0, type.find('/') + 1);
  if (range.ends_with("/*") && equals_ignoring_case(range.substr(0, range.size() - 1), main_type)) return 2;
  return 0;
}

/// A zero in any notation: "0", "0.0", "0.000".
bool is_zero_quality(std::string_view text) {
  return text.starts_with('0') && text.find_first_not_of("0.") == std::string_view::npos;
}

bool is_excluded(const std::vector<std::string_view>& parameters) {
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    const auto halves = split_once(parameters[i], '=');
    if (halves && equals_ignoring_case(trim(halves->first), "q"))
      return is_zero_quality(trim(halves->second));
  }
  return false;
}

}  // namespace

Result<std::string> parse_media_type(std::string_view text) {
  const std::string_view type = trim(text.substr(0, text.find(';')));
  const auto halves = split_once(type, '/');
  if (!halves || !is_token(halves->first) || !is_token(halves->second))
    return invalid("malformed media type");
  return to_lower(type);
}

bool accepts(const Headers& headers, std::string_view type) {
  int best = 0;
  bool accepted = false;
  bool any_entry = false;
  for (const std::string_view value : headers.get_all("Accept")) {
    for (const std::string_view entry : split(value, ',')) {
      const auto parts = split(entry, ';');
      const std::string_view range = trim(parts.front());
      if (range.empty()) continue;
      any_entry = true;
      const int match = specificity(range, type);
      if (match <= best) continue;
      best = match;
      accepted = !is_excluded(parts);
    }
  }
  return !any_entry || accepted;
}

}  // namespace lectern::rtsp
