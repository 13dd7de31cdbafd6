#include "server/rtsp/http_answer.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

rtsp::Request http(const std::string& method, rtsp::Headers headers = {},
                   const std::string& version = "HTTP/1.1") {
  rtsp::Request request;
  request.method_name = method;
  request.url = "/lecture.mp4";
  request.version = version;
  request.headers = std::move(headers);
  return request;
}

int refused_with(const rtsp::Request& request) {
  const auto refusal = check_http(request);
  return refusal ? static_cast<int>(refusal->status) : 0;
}

}  // namespace

TEST_CASE("HTTP answer: the head of a tunnel, byte for byte", "[tunnel]") {
  CHECK(rtsp::serialize(tunnel_begun()) ==
        "HTTP/1.0 200 OK\r\nServer: Lectern\r\nConnection: close\r\nCache-Control: no-store\r\nPragma: "
        "no-cache\r\n"
        "Content-Type: application/x-rtsp-tunnelled\r\n\r\n");
}

TEST_CASE("HTTP answer: a browser is told what this port is for", "[tunnel]") {
  const auto refusal = check_http(http("GET", {{"Host", "h"}}));
  REQUIRE(refusal);
  CHECK(rtsp::serialize(*refusal) ==
        "HTTP/1.1 404 Not Found\r\nServer: Lectern\r\nConnection: close\r\nCache-Control: no-store\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 116\r\n\r\n"
        "404 Not Found: this port is for RTSP, open it as rtsp:// (or rtsps://) in a media player such as "
        "ffplay, "
        "mpv or VLC\n");
  const auto head = check_http(http("HEAD"));
  REQUIRE(head);
  CHECK(static_cast<int>(head->status) == 404);
  CHECK(head->body.empty());
  CHECK(head->headers.get("Content-Length") == "116");
}

TEST_CASE("HTTP answer: what a tunnel begins with, and what it does not", "[tunnel]") {
  const rtsp::Headers cookie{{"x-sessioncookie", "abc"}};
  for (const auto* version : {"HTTP/1.0", "HTTP/1.1"}) {
    CHECK(refused_with(http("GET", cookie, version)) == 0);
    CHECK(refused_with(http("POST", cookie, version)) == 0);
  }
  CHECK(refused_with(http("GET", cookie, "HTTP/2.0")) == 505);
  CHECK(check_http(http("GET", cookie, "HTTP/0.9"))->reason == "HTTP Version Not Supported");
  CHECK(refused_with(http("POST")) == 404);
  CHECK(refused_with(http("HEAD", cookie)) == 404);
  for (const auto* method : {"PUT", "DELETE", "OPTIONS", "CONNECT", "get", "DESCRIBE"})
    CHECK(refused_with(http(method, cookie)) == 405);
  CHECK(check_http(http("PUT"))->headers.get("Allow") == "GET, POST");
  CHECK(refused_with(http("GET", {{"x-sessioncookie", ""}})) == 400);
  CHECK(refused_with(http("POST", {{"x-sessioncookie", "a"}, {"x-sessioncookie", "b"}})) == 400);
  CHECK(refused_with(http("POST", {{"x-sessioncookie", "a"}, {"Transfer-Encoding", "chunked"}})) == 501);
}
