#pragma once

#include <optional>
#include <string_view>

#include "protocol/rtsp/message.h"

namespace lectern::server {

/// RFC 9110 section 15.5.10; RTSP has none such.
inline constexpr auto http_conflict = static_cast<rtsp::StatusCode>(409);

/// The head by which a GET becomes the way down of a tunnel. HTTP/1.0, as a stream of no known length
/// follows.
rtsp::Response tunnel_begun();

/// An answer to an HTTP request, the last one of its connection: `why` is for the person who reads it. To a
/// HEAD it is sent without its body.
rtsp::Response http_refusal(rtsp::StatusCode status, std::string_view why, bool head = false);

/// What is wrong with an HTTP request, whatever tunnels there are; nullopt for the GET or POST of one.
std::optional<rtsp::Response> check_http(const rtsp::Request& request);

}  // namespace lectern::server
