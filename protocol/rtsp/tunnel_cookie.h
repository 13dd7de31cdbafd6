#pragma once

#include <string>

#include "protocol/base/result.h"
#include "protocol/rtsp/headers.h"

namespace lectern::rtsp {

/// Longer ones are refused: players send 22 to 40 characters.
inline constexpr std::size_t longest_tunnel_cookie = 128;

/// The x-sessioncookie by which the GET and the POST of an RTSP tunnel over HTTP find each other.
/// Errc::not_found where there is no such header; Errc::invalid, in words for a person, where its value is
/// empty, too long, or where it is given several times with different values.
Result<std::string> tunnel_cookie(const Headers& headers);

}  // namespace lectern::rtsp
