#include "protocol/rtsp/parser.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/protocol/rtsp/parse_all.h"
#include "tests/unit/protocol/rtsp/samples.h"

using namespace lectern;
using namespace lectern::rtsp;
using namespace std::string_literals;

namespace {

Request only_request(std::string_view text) {
  const Parsed parsed = parse_all(text);
  INFO(parsed.reason);
  REQUIRE(!parsed.error);
  REQUIRE(parsed.messages.size() == 1);
  return std::get<Request>(parsed.messages.front());
}

Errc error_of(const std::string& text, Limits limits = {}) {
  const Parsed parsed = parse_all(text, std::string::npos, limits);
  REQUIRE(parsed.error);
  CHECK(parse_all(text, 1, limits) == parsed);
  return *parsed.error;
}

std::string with_headers(const std::string& headers) {
  return "OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 42\r\n" + headers + "\r\n";
}

}  // namespace

TEST_CASE("rtsp parser: the memory of a burst is given back, and no pending byte with it", "[rtsp]") {
  Parser parser;
  const std::size_t usual = parser.writable().size();
  const auto read = [&](std::string_view text) {
    while (!text.empty()) {
      const auto room = parser.writable();
      const auto size = std::min(room.size(), text.size());
      std::ranges::copy(as_bytes(text.substr(0, size)), room.begin());
      parser.commit(size);
      text.remove_prefix(size);
    }
  };
  const std::string big = with_headers("Content-Length: 100000\r\n") + std::string(100'000, 'x');
  read(big + "OPTIONS rtsp://h");
  CHECK((*parser.next()).has_value());
  CHECK_FALSE((*parser.next()).has_value());
  parser.release_spare();  // half a request is here
  CHECK(parser.writable().size() > usual);
  read("/ RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  const auto message = parser.next();
  REQUIRE((message && *message));
  CHECK(std::get<Request>(**message).url == "rtsp://h/");
  parser.release_spare();
  CHECK(parser.writable().size() == usual);
}

TEST_CASE("rtsp parser: a request of RFC 2326 10.1", "[rtsp]") {
  const Request request = only_request(samples::messages[0].text);
  CHECK(request.method == Method::options);
  CHECK(request.method_name == "OPTIONS");
  CHECK(request.url == "*");
  CHECK(request.version == "RTSP/1.0");
  CHECK(request.headers ==
        Headers{{"CSeq", "1"}, {"Require", "implicit-play"}, {"Proxy-Require", "gzipped-messages"}});
  CHECK(request.body.empty());
}

TEST_CASE("rtsp parser: a body, and a response", "[rtsp]") {
  const Parsed parsed = parse_all(samples::messages[1].text);
  REQUIRE(parsed.messages.size() == 1);
  const auto& response = std::get<Response>(parsed.messages[0]);
  CHECK(response.status == StatusCode::ok);
  CHECK(response.reason == "OK");
  CHECK(response.headers.get("content-type") == "application/sdp");
  CHECK(response.body == "v=0\r\no=mhandley 2890844526 2890842807 IN \r\n");
}

TEST_CASE("rtsp parser: every sample fed by one, two and three bytes equals it fed at once", "[rtsp]") {
  std::string all;
  for (const auto& sample : samples::messages) {
    INFO(sample.name);
    const Parsed parsed = parse_all(sample.text);
    CHECK(!parsed.error);
    CHECK(!parsed.messages.empty());
    for (const std::size_t chunk : {1u, 2u, 3u}) CHECK(parse_all(sample.text, chunk) == parsed);
    all += sample.text;
  }
  const Parsed together = parse_all(all);
  CHECK(together.messages.size() == samples::messages.size() + 2);
  CHECK(parse_all(all, 1) == together);
}

TEST_CASE("rtsp parser: pipelined messages and interleaved frames keep their order", "[rtsp]") {
  const Parsed parsed = parse_all("$\x07\0\x02hi"s + "PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n" +
                                  "$\x08\0\0"s + "\r\nPAUSE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  REQUIRE(parsed.messages.size() == 4);
  CHECK(std::get<Frame>(parsed.messages[0]) == Frame{7, "hi"});
  CHECK(std::get<Request>(parsed.messages[1]).method == Method::play);
  CHECK(std::get<Frame>(parsed.messages[2]) == Frame{8, ""});
  CHECK(std::get<Request>(parsed.messages[3]).method == Method::pause);
}

TEST_CASE("rtsp parser: an interleaved payload is a view into the parser's memory", "[rtsp]") {
  Parser parser;
  const MutableBytes room = parser.writable();
  const std::string frame = "$\x01\0\x03"s + "abc";
  std::copy_n(as_bytes(frame).begin(), frame.size(), room.begin());
  parser.commit(frame.size());
  const auto next = parser.next();
  REQUIRE((next.ok() && next->has_value()));
  CHECK(std::get<Interleaved>(**next).payload.data() == room.data() + 4);
}

TEST_CASE("rtsp parser: the largest interleaved frame", "[rtsp]") {
  const std::string payload(65535, 'x');
  const Parsed parsed = parse_all("$\0\xff\xff"s + payload + "$\0\xff\xff"s + payload, 1400);
  REQUIRE(parsed.messages.size() == 2);
  CHECK(std::get<Frame>(parsed.messages[1]) == Frame{0, payload});
}

TEST_CASE("rtsp parser: folded lines, any case, LF only, leading line ends", "[rtsp]") {
  const Request request = only_request(samples::messages.back().text);
  CHECK(request.url == "rtsp://example.com/a b.mp4");
  CHECK(request.headers == Headers{{"cseq", "7"}, {"X-Long", "one two"}, {"ACCEPT", "application/sdp"}});
  CHECK(request.headers.get("CSeq") == "7");
}

TEST_CASE("rtsp parser: values of only blanks, and many equal headers", "[rtsp]") {
  std::string half;
  for (int i = 0; i < 25; ++i) half += "x-sessioncookie: " + std::to_string(i) + "\r\nAccept:  \t \r\n";
  const Request request = only_request(with_headers(half));
  CHECK(request.headers.get("accept") == "");
  CHECK(request.headers.get_all("X-SessionCookie").size() == 25);
  CHECK(error_of(with_headers(half + half)) == Errc::too_large);
  CHECK(only_request(with_headers("Accept: \t \r\n")).headers.get_all("Accept") ==
        std::vector<std::string_view>{""});
}

TEST_CASE("rtsp parser: what a server must answer comes through", "[rtsp]") {
  CHECK(only_request("OPTIONS  RTSP/1.0\r\nCSeq: 3\r\n\r\n").url.empty());
  CHECK(only_request("OPTIONS RTSP/1.0\r\nCSeq: 3\r\n\r\n").url.empty());
  CHECK(only_request("OPTIONS * RTSP/2.0\r\n\r\n").version == "RTSP/2.0");
  const Request unknown = only_request("FLY rtsp://h/ RTSP/1.0\r\n\r\n");
  CHECK(!unknown.method);
  CHECK(unknown.method_name == "FLY");
  CHECK(!only_request("options * RTSP/1.0\r\n\r\n").method);
}

TEST_CASE("rtsp parser: the POST of a tunnel leaves its stream alone", "[rtsp]") {
  const std::string head =
      "POST /lecture HTTP/1.0\r\nContent-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n\r\n";
  Parser parser;
  const std::string text = head + "T1BUSU9OUw==";
  const MutableBytes room = parser.writable();
  std::copy_n(as_bytes(text).begin(), text.size(), room.begin());
  parser.commit(text.size());
  const auto next = parser.next();
  REQUIRE((next.ok() && next->has_value()));
  const auto& post = std::get<Request>(**next);
  CHECK(post.is_http());
  CHECK(post.method_name == "POST");
  CHECK(post.headers.get("Content-Length") == "32767");
  CHECK(post.body.empty());
  CHECK(serialize(post) == head);
  const ByteVector rest = parser.take_rest();
  CHECK(as_text(rest) == "T1BUSU9OUw==");
  CHECK(parser.take_rest().empty());
}

TEST_CASE("rtsp parser: whether what failed is HTTP", "[rtsp]") {
  const auto failed_as_http = [](const std::string& text) {
    Parser parser;
    std::ranges::copy(as_bytes(text), parser.writable().begin());
    parser.commit(text.size());
    REQUIRE_FALSE(parser.next().ok());
    return parser.error_is_http();
  };
  CHECK(failed_as_http("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"));
  CHECK(failed_as_http("GET / HTTP/1.0\r\nno colon\r\n\r\n"));
  CHECK_FALSE(failed_as_http("OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n"));
  CHECK_FALSE(failed_as_http("GET / HTTP/one\r\n\r\n"));
}

TEST_CASE("rtsp parser: bad Content-Length", "[rtsp]") {
  for (const char* value :
       {"-1", "+1", "", "1 1", "0x10", "12abc", "99999999999999999999999", "1, 1", "4.0"}) {
    INFO(value);
    CHECK(error_of(with_headers("Content-Length: "s + value + "\r\n")) == Errc::invalid);
  }
  CHECK(error_of(with_headers("Content-Length: 1\r\ncontent-length: 1\r\n")) == Errc::invalid);
  CHECK(error_of(with_headers("Content-Length: 18446744073709551615\r\n")) == Errc::too_large);
  CHECK(error_of(with_headers("Content-Length: 131073\r\n")) == Errc::too_large);
}

TEST_CASE("rtsp parser: bad lines", "[rtsp]") {
  CHECK(error_of(with_headers("X: a\0b\r\n"s)) == Errc::invalid);
  CHECK(error_of(with_headers("X\0: ab\r\n"s)) == Errc::invalid);
  CHECK(error_of(with_headers("X: a\x1b[2J\r\n")) == Errc::invalid);
  CHECK(error_of(with_headers("X: a\rY: b\r\n")) == Errc::invalid);
  CHECK(error_of(with_headers("no colon\r\n")) == Errc::invalid);
  CHECK(error_of(with_headers(": no name\r\n")) == Errc::invalid);
  CHECK(error_of(with_headers("two words: x\r\n")) == Errc::invalid);
  CHECK(error_of("OPTIONS * RTSP/1.0\r\n folded: first\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OPTIONS\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OPTIONS *\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OPTIONS * RTSP/1\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OPTIONS * SIP/2.0\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OP(IONS * RTSP/1.0\r\n\r\n") == Errc::invalid);
  CHECK(error_of("OPTIONS \0 RTSP/1.0\r\n\r\n"s) == Errc::invalid);
  CHECK(error_of("\x16\x03\x01\x02\n") == Errc::invalid);
  CHECK(error_of("RTSP/1.0 20 OK\r\n\r\n") == Errc::invalid);
  CHECK(error_of("RTSP/1.0 2000 OK\r\n\r\n") == Errc::invalid);
  CHECK(error_of("RTSP/1.0 099 OK\r\n\r\n") == Errc::invalid);
  CHECK(error_of("RTSP/x.0 200 OK\r\n\r\n") == Errc::invalid);
}

TEST_CASE("rtsp parser: an error is final and names the CSeq that came before it", "[rtsp]") {
  CHECK(parse_all(with_headers("X: \x01\r\n")).cseq == 42u);
  CHECK(parse_all(with_headers("Content-Length: x\r\n")).cseq == 42u);
  CHECK(parse_all("OPTIONS * RTSP/1.0\r\nX: \x01\r\nCSeq: 42\r\n\r\n").cseq == std::nullopt);
  CHECK(parse_all("OPTIONS * RTSP/1.0\r\nCSeq: 4x\r\nX: \x01\r\n\r\n").cseq == std::nullopt);
  Parser parser;
  const std::string text = "bad\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  const MutableBytes room = parser.writable();
  std::copy_n(as_bytes(text).begin(), text.size(), room.begin());
  parser.commit(text.size());
  CHECK(parser.next().error().code == Errc::invalid);
  CHECK(parser.next().error().code == Errc::invalid);
}

TEST_CASE("rtsp parser: each limit at and over its edge", "[rtsp]") {
  const Limits limits{.line = 30, .header_count = 3, .header_block = 100, .body = 4};
  const auto request = [](const std::string& rest) { return "OPTIONS * RTSP/1.0\r\n" + rest + "\r\n"; };
  const auto line = [](std::size_t size) { return "X: " + std::string(size - 3, 'x'); };
  const auto fits = [&](const std::string& text) {
    const Parsed parsed = parse_all(text, std::string::npos, limits);
    return !parsed.error && parsed.messages.size() == 1 && parse_all(text, 1, limits) == parsed;
  };
  CHECK(fits(request(line(30) + "\r\n")));
  CHECK(fits(request(line(30) + "\n")));
  CHECK(error_of(request(line(31) + "\r\n"), limits) == Errc::too_large);
  CHECK(error_of(request(line(31) + "\n"), limits) == Errc::too_large);
  CHECK(error_of(std::string(32, 'x'), limits) == Errc::too_large);
  CHECK(fits(request("A: 1\r\nB: 2\r\nC: 3\r\n")));
  CHECK(error_of(request("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), limits) == Errc::too_large);
  // 20 of the start line, 2 of the empty line, 78 between.
  CHECK(fits(request(line(27) + "\n" + line(27) + "\n" + line(21) + "\n")));
  CHECK(error_of(request(line(27) + "\n" + line(27) + "\n" + line(22) + "\n"), limits) == Errc::too_large);
  CHECK(error_of(request("A: 1\n " + std::string(28, 'x') + "\n " + std::string(28, 'x') + "\n" +
                         " yyyyyyyyyyyy\n"),
                 limits) == Errc::too_large);
  CHECK(fits(request("Content-Length: 4\r\n") + "body"));
  CHECK(error_of(request("Content-Length: 5\r\n") + "bodyy", limits) == Errc::too_large);
}

TEST_CASE("rtsp parser: a body as large as the limit arrives whole", "[rtsp]") {
  const std::string body(128 * 1024, 'b');
  const Parsed parsed = parse_all(with_headers("Content-Length: 131072\r\n") + body, 1000);
  REQUIRE(parsed.messages.size() == 1);
  CHECK(std::get<Request>(parsed.messages[0]).body == body);
}
