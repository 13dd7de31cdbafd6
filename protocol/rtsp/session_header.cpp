#include "protocol/rtsp/session_header.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::rtsp {

Result<SessionHeader> parse_session(std::string_view text) {
  SessionHeader session;
  const auto parts = split(text, ';');
  session.id = trim(parts.front());
  const bool visible =
      std::all_of(session.id.begin(), session.id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (session.id.empty() || !visible) return invalid("Session: malformed id");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto halves = split_once(parts[i], '=');
    if (!halves || !equals_ignoring_case(trim(halves->first), "timeout")) continue;
    const auto timeout = parse_number<std::uint32_t>(trim(halves->second));
    if (!timeout) return invalid("Session: malformed timeout");
    session.timeout = std::chrono::seconds{*timeout};
  }
  return session;
}

std::string serialize(const SessionHeader& session) {
  if (!session.timeout) return session.id;
  return session.id + ";timeout=" + std::to_string(session.timeout->count());
}

}  // namespace lectern::rtsp
