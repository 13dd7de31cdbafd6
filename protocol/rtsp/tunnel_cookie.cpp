#include "protocol/rtsp/tunnel_cookie.h"

#include <algorithm>

namespace lectern::rtsp {

Result<std::string> tunnel_cookie(const Headers& headers) {
  const auto values = headers.get_all("x-sessioncookie");
  if (values.empty()) return Error{Errc::not_found, "no x-sessioncookie"};
  const std::string_view first = values.front();
  if (std::ranges::any_of(values, [&](std::string_view value) { return value != first; }))
    return invalid("x-sessioncookie is given several times with different values");
  if (first.empty()) return invalid("x-sessioncookie is empty");
  if (first.size() > longest_tunnel_cookie) return invalid("x-sessioncookie is longer than 128 characters");
  return std::string(first);
}

}  // namespace lectern::rtsp
