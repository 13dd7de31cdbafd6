#include "protocol/rtsp/message.h"

#include <catch2/catch.hpp>
#include <string_view>
#include <utility>

#include "protocol/rtsp/cseq.h"

using namespace lectern;
using namespace lectern::rtsp;
using namespace std::string_view_literals;

TEST_CASE("rtsp message: serialize a request", "[rtsp]") {
  Request request = make_request(Method::set_parameter, "rtsp://example.com/fizzle/foo");
  request.headers.add("CSeq", "421").add("Content-type", "text/parameters");
  request.body = "barparam: barstuff";
  CHECK(serialize(request) ==
        "SET_PARAMETER rtsp://example.com/fizzle/foo RTSP/1.0\r\n"
        "CSeq: 421\r\n"
        "Content-type: text/parameters\r\n"
        "Content-Length: 18\r\n\r\n"
        "barparam: barstuff");
}

TEST_CASE("rtsp message: serialize a response", "[rtsp]") {
  Response response{.status = StatusCode::not_enough_bandwidth};
  CHECK(serialize(response) == "RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n");
  response.reason = "try later";
  response.headers.add("CSeq", "2");
  CHECK(serialize(response) == "RTSP/1.0 453 try later\r\nCSeq: 2\r\n\r\n");
  response.version = "HTTP/1.0";
  CHECK(serialize(response).starts_with("HTTP/1.0 453 try later\r\n"));
}

TEST_CASE("rtsp message: Content-Length is that of the body", "[rtsp]") {
  Response response;
  response.headers.add("content-length", "7").add("X", "1").add("Content-Length", "8");
  response.body = "abc";
  CHECK(serialize(response) == "RTSP/1.0 200 OK\r\ncontent-length: 3\r\nX: 1\r\n\r\nabc");
  response.body.clear();
  CHECK(serialize(response) == "RTSP/1.0 200 OK\r\ncontent-length: 0\r\nX: 1\r\n\r\n");
}

TEST_CASE("rtsp message: no value adds a line", "[rtsp]") {
  Response response;
  response.reason = "OK\r\nX: 1";
  response.headers.add("Session", "1\r\nX: 2\r\n\r\nbody")
      .add("A\r\nX", "3")
      .add("", "4")
      .add("B", "5\n6\x00"sv);
  CHECK(serialize(response) ==
        "RTSP/1.0 200 OK  X: 1\r\n"
        "Session: 1  X: 2    body\r\n"
        "B: 5 6 \r\n\r\n");
  Request request = make_request(Method::options, "rtsp://h/\r\nX: 1");
  CHECK(serialize(request) == "OPTIONS rtsp://h/  X: 1 RTSP/1.0\r\n\r\n");
}

TEST_CASE("rtsp headers: order and case", "[rtsp]") {
  Headers headers{{"CSeq", "1"}, {"accept", "a"}, {"X", "x"}, {"Accept", "b"}};
  CHECK(headers.get("ACCEPT") == "a");
  CHECK(headers.get_all("Accept") == std::vector{"a"sv, "b"sv});
  CHECK(!headers.contains("Session"));
  headers.set("ACCEPT", "c").set("Session", "s");
  CHECK(headers == Headers{{"CSeq", "1"}, {"accept", "c"}, {"X", "x"}, {"Session", "s"}});
  headers.remove("x");
  CHECK(headers.size() == 3);
}

TEST_CASE("rtsp message: a reason has no tab, which no parser would take", "[rtsp][fuzz]") {
  Response response;
  response.reason = "\x02\tGone";
  response.headers.add("X", "a\tb");
  CHECK(serialize(response) == "RTSP/1.0 200   Gone\r\nX: a\tb\r\n\r\n");
}

TEST_CASE("rtsp method: names both ways", "[rtsp]") {
  for (std::size_t i = 0; i < method_count; ++i) {
    const auto method = static_cast<Method>(i);
    CHECK(parse_method(name(method)) == method);
  }
  CHECK(name(Method::get_parameter) == "GET_PARAMETER");
  CHECK(name(Method::redirect) == "REDIRECT");
  CHECK(!parse_method("describe"));
  CHECK(!parse_method(""));
  CHECK(serialize_methods({Method::describe, Method::setup, Method::teardown}) ==
        "DESCRIBE, SETUP, TEARDOWN");
  CHECK(parse_methods("OPTIONS,DESCRIBE , FLY, ,PLAY") ==
        std::vector{Method::options, Method::describe, Method::play});
}

TEST_CASE("rtsp status code: phrases of RFC 2326", "[rtsp]") {
  // Section 7.1.1; 463 is of RFC 4567.
  constexpr std::pair<int, std::string_view> phrases[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {250, "Low on Storage Space"},
      {301, "Moved Permanently"},
      {302, "Moved Temporarily"},
      {303, "See Other"},
      {304, "Not Modified"},
      {305, "Use Proxy"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Time-out"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Request Entity Too Large"},
      {414, "Request-URI Too Large"},
      {415, "Unsupported Media Type"},
      {451, "Parameter Not Understood"},
      {452, "Conference Not Found"},
      {453, "Not Enough Bandwidth"},
      {454, "Session Not Found"},
      {455, "Method Not Valid in This State"},
      {456, "Header Field Not Valid for Resource"},
      {457, "Invalid Range"},
      {458, "Parameter Is Read-Only"},
      {459, "Aggregate operation not allowed"},
      {460, "Only aggregate operation allowed"},
      {461, "Unsupported transport"},
      {462, "Destination unreachable"},
      {463, "Key management Failure"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Time-out"},
      {505, "RTSP Version not supported"},
      {551, "Option not supported"},
  };
  for (const auto& [code, phrase] : phrases) CHECK(reason(static_cast<StatusCode>(code)) == phrase);
  CHECK(reason(StatusCode{299}) == "Unknown");
}

TEST_CASE("rtsp cseq: digits and nothing else", "[rtsp]") {
  CHECK(*parse_cseq("0") == 0);
  CHECK(*parse_cseq("4294967295") == 4294967295u);
  for (const auto bad :
       {""sv, "4294967296"sv, "-1"sv, "+1"sv, "1\0"sv, "1 "sv, " 1"sv, "1a"sv, "1.0"sv, "\0"sv})
    CHECK(!parse_cseq(bad).ok());
}
