#include "server/rtsp/http_answer.h"

#include "protocol/rtsp/tunnel_cookie.h"

namespace lectern::server {
namespace {

using rtsp::StatusCode;

constexpr std::string_view no_web_site =
    "this port is for RTSP, open it as rtsp:// (or rtsps://) in a media player such as ffplay, mpv or VLC";

rtsp::Headers common_headers() {
  return {{"Server", "Lectern"}, {"Connection", "close"}, {"Cache-Control", "no-store"}};
}

/// RTSP's own phrase for 505 names RTSP.
std::string_view http_reason(StatusCode status) {
  if (status == StatusCode::rtsp_version_not_supported) return "HTTP Version Not Supported";
  if (status == http_conflict) return "Conflict";
  return rtsp::reason(status);
}

}  // namespace

rtsp::Response tunnel_begun() {
  rtsp::Response response;
  response.version = "HTTP/1.0";
  response.headers = common_headers();
  response.headers.add("Pragma", "no-cache").add("Content-Type", "application/x-rtsp-tunnelled");
  return response;
}

rtsp::Response http_refusal(StatusCode status, std::string_view why, bool head) {
  rtsp::Response response;
  response.status = status;
  response.version = "HTTP/1.1";
  response.reason = http_reason(status);
  response.headers = common_headers();
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  const std::string body =
      std::to_string(static_cast<int>(status)) + " " + response.reason + ": " + std::string(why) + "\n";
  if (head)
    response.headers.add("Content-Length", std::to_string(body.size()));
  else
    response.body = body;
  return response;
}

std::optional<rtsp::Response> check_http(const rtsp::Request& request) {
  const bool head = request.method_name == "HEAD";
  if (request.version != "HTTP/1.0" && request.version != "HTTP/1.1")
    return http_refusal(StatusCode::rtsp_version_not_supported, "only HTTP/1.0 and HTTP/1.1 are known", head);
  const bool post = request.method_name == "POST";
  if (!post && !head && request.method_name != "GET") {
    auto response = http_refusal(StatusCode::method_not_allowed, no_web_site);
    response.headers.add("Allow", "GET, POST");
    return response;
  }
  const auto cookie = rtsp::tunnel_cookie(request.headers);
  if (head || (!cookie && cookie.error().code == Errc::not_found))
    return http_refusal(StatusCode::not_found, no_web_site, head);
  if (!cookie) return http_refusal(StatusCode::bad_request, cookie.error().message);
  if (post && request.headers.contains("Transfer-Encoding"))
    return http_refusal(StatusCode::not_implemented,
                        "the POST of a tunnel is taken with a Content-Length, not with a Transfer-Encoding");
  return std::nullopt;
}

}  // namespace lectern::server
