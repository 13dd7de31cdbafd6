#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocol/base/bytes.h"
#include "protocol/rtsp/headers.h"
#include "protocol/rtsp/method.h"
#include "protocol/rtsp/status_code.h"

namespace lectern::rtsp {

inline constexpr std::string_view rtsp_version = "RTSP/1.0";

/// RFC 2326 section 6; also GET and POST of RTSP tunnelled over HTTP, whose version begins with "HTTP/".
struct Request {
  std::string method_name;
  std::optional<Method> method;  ///< nullopt where RFC 2326 does not know the name
  std::string url;               ///< as it came, see parse_url
  std::string version{rtsp_version};
  Headers headers;
  std::string body;

  [[nodiscard]] bool is_http() const { return version.starts_with("HTTP/"); }
  bool operator==(const Request&) const = default;
};

/// RFC 2326 section 7.
struct Response {
  StatusCode status = StatusCode::ok;
  std::string reason;  ///< empty: the RFC's phrase
  std::string version{rtsp_version};
  Headers headers;
  std::string body;

  [[nodiscard]] bool is_http() const { return version.starts_with("HTTP/"); }
  bool operator==(const Response&) const = default;
};

/// RFC 2326 section 10.12: a binary frame between messages. The payload is a view into memory of whoever made
/// it.
struct Interleaved {
  std::uint8_t channel = 0;
  Bytes payload;
};

using Message = std::variant<Request, Response, Interleaved>;

Request make_request(Method method, std::string_view url);

/// Content-Length is that of the body, whatever the headers say; left out where the body is empty and no
/// header names it. Control characters become blanks and fields whose name is no token are left out, so that
/// no value, whoever gave it, can add a line.
std::string serialize(const Request& request);
std::string serialize(const Response& response);

/// RFC 2068 section 2.2: what a method or a header name is made of.
bool is_token(std::string_view text);

}  // namespace lectern::rtsp
