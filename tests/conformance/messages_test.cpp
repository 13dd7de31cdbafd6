// CONFORMANCE: Messages.
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/support/player.h"
#include "tests/support/rtsp_client.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

constexpr auto public_methods =
    "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, PAUSE, RECORD, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
constexpr auto methods_of_files =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";

RtspClient connect() {
  return {server().host(), server().port()};
}
std::string root_url() {
  return server().url("/");
}
std::string lecture() {
  return server().url("/lecture.mp4");
}

// One answer to bytes sent on a connection of their own.
Answer answer_to(const std::string& bytes) {
  auto client = connect();
  client.send(bytes);
  return client.answer();
}

void check_refused_and_closed(const std::string& bytes) {
  auto client = connect();
  client.send(bytes);
  CHECK(client.answer().status == 400);
  CHECK(client.closes());
}

void check_over_limit(const std::string& bytes) {
  auto client = connect();
  client.send(bytes);
  const auto status = client.answer().status;
  CHECK((status == 400 || status == 413));
  CHECK(client.closes());
  CHECK(server_is_well());
}

std::string options_with(const std::string& header) {
  return "OPTIONS " + root_url() + " RTSP/1.0\r\nCSeq: 1\r\n" + header + "\r\n\r\n";
}

}  // namespace

TEST_CASE("any request, CSeq n: the answer carries CSeq n", "[messages]") {
  auto client = connect();
  for (const auto* cseq : {"4711", "0", "4712"}) {
    client.send("OPTIONS " + root_url() + " RTSP/1.0\r\nCSeq: " + cseq + "\r\n\r\n");
    const auto answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.version == "RTSP/1.0");
    CHECK(answer.header("CSeq") == cseq);
  }
  CHECK(client.request("DESCRIBE", server().url("/missing.mp4")).header("CSeq") == "1");
}

TEST_CASE("no CSeq: 400, close", "[messages]") {
  check_refused_and_closed("OPTIONS " + root_url() + " RTSP/1.0\r\nUser-Agent: test\r\n\r\n");
}

TEST_CASE("a NUL or junk in CSeq: 400", "[messages][R]") {
  for (const auto& value :
       {"1\0"s, "\0"s, "abc"s, "1 2"s, "-1"s, ""s, "99999999999999999999999"s, "0x10"s, "1\x01"s}) {
    check_refused_and_closed("OPTIONS " + root_url() + " RTSP/1.0\r\nCSeq: " + value + "\r\n\r\n");
  }
  CHECK(server_is_well());
}

TEST_CASE("empty URL, other scheme: 400", "[messages]") {
  const auto port = std::to_string(server().port());
  for (const auto& url : {""s, "http://127.0.0.1:" + port + "/lecture.mp4", "ftp://127.0.0.1/lecture.mp4"s,
                          "rtsp:/lecture.mp4"s, "rtsp://"s, "lecture.mp4"s, "://"s, "file:///etc/passwd"s}) {
    CHECK(answer_to("DESCRIBE " + url + " RTSP/1.0\r\nCSeq: 1\r\n\r\n").status == 400);
  }
}

TEST_CASE("what is refused as malformed says why", "[messages]") {
  const auto setup = [](const std::string& transport) {
    return "SETUP " + server().url("/lecture.mp4/track1") + " RTSP/1.0\r\nCSeq: 1\r\n" + transport + "\r\n";
  };
  for (const auto& [bytes, status, reason] : {
           std::tuple("OPTIONS " + root_url() + " RTSP/1.0\r\n\r\n"s, 400, "Bad Request: no valid CSeq"),
           std::tuple("DESCRIBE http://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, 400,
                      "Bad Request: URL: the scheme is not rtsp or rtsps"),
           std::tuple("DESCRIBE lecture.mp4 RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, 400,
                      "Bad Request: URL: neither a scheme nor a path"),
           std::tuple("DESCRIBE /lecture.mp4 RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, 400,
                      "Bad Request: the URL has to be a whole one, as rtsp://host/path"),
           std::tuple("DESCRIBE * RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, 400,
                      "Bad Request: * stands for the server, and this needs a path"),
           std::tuple(setup("Transport: RTP/AVP/TCP;unicast;interleaved=0-300\r\n"), 400,
                      "Bad Request: Transport: malformed interleaved"),
           std::tuple(
               setup("Transport: RAW/RAW/UDP;unicast;client_port=4000-4001\r\n"), 461,
               "Unsupported transport: RTP/AVP or RTP/SAVP to the player's own address, by client_port or "
               "interleaved"),
       }) {
    CAPTURE(bytes);
    const auto answer = answer_to(bytes);
    CHECK(answer.status == status);
    CHECK(answer.reason == reason);
  }
}

TEST_CASE("bare path before a host was named: 400; after one was: as the full URL", "[messages]") {
  CHECK(connect().request("DESCRIBE", "/lecture.mp4").status == 400);

  auto client = connect();
  REQUIRE(client.request("OPTIONS", root_url()).status == 200);
  const auto answer = client.request("DESCRIBE", "/lecture.mp4");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Base") == lecture() + "/");
}

TEST_CASE("OPTIONS, also *: 200 and the exact Public list", "[messages]") {
  auto client = connect();
  for (const auto& url : {root_url(), lecture(), "*"s}) {
    const auto answer = client.request("OPTIONS", url);
    CHECK(answer.status == 200);
    CHECK(answer.header("Public") == public_methods);
  }
}

TEST_CASE("OPTIONS with an unknown Session: 454", "[messages]") {
  auto client = connect();
  CHECK(client.request("OPTIONS", root_url(), {{"Session", "0123456789abcdef0123456789abcdef"}}).status ==
        454);
  CHECK(client.request("OPTIONS", root_url()).status == 200);
}

TEST_CASE("Require or Proxy-Require with an unknown tag: 551, Unsupported names all unknown tags",
          "[messages]") {
  auto client = connect();
  const auto answer =
      client.request("OPTIONS", root_url(),
                     {{"Require", "x-one, x-two"}, {"Require", "x-three"}, {"Proxy-Require", "x-four"}});
  CHECK(answer.status == 551);
  std::string unsupported;
  for (const auto& [name, value] : answer.headers)
    unsupported += same_name(name, "Unsupported") ? value + "," : "";
  for (const auto* tag : {"x-one", "x-two", "x-three", "x-four"})
    CHECK_THAT(unsupported, Catch::Contains(tag));
  CHECK(client.request("DESCRIBE", lecture(), {{"Proxy-Require", "x-five"}}).status == 551);
  CHECK(client.request("OPTIONS", root_url()).status == 200);
}

TEST_CASE("unknown method: 501; the connection lives", "[messages]") {
  auto client = connect();
  for (const auto* method : {"DANCE", "options", "PLAYS"})
    CHECK(client.request(method, lecture()).status == 501);
  CHECK(client.request("OPTIONS", root_url()).status == 200);
}

TEST_CASE("known method that this URL does not take: 405 with Allow; the connection lives", "[messages]") {
  auto client = connect();
  const auto announce =
      client.request("ANNOUNCE", lecture(), {{"Content-Type", "application/sdp"}},
                     "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n");
  CHECK(announce.status == 405);
  CHECK(announce.header("Allow") == methods_of_files);
  for (const auto* method : {"RECORD", "REDIRECT"}) {
    CAPTURE(method);
    const auto refused = client.request(method, lecture());
    CHECK(refused.status == 405);
    CHECK(refused.header("Allow") == methods_of_files);
  }
  CHECK(client.request("OPTIONS", root_url()).status == 200);
}

TEST_CASE("the same in a session, whatever its state: 405 with Allow", "[messages]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  for (const bool playing : {false, true}) {
    if (playing) REQUIRE(player.play().status == 200);
    for (const auto* method : {"ANNOUNCE", "RECORD", "REDIRECT"}) {
      CAPTURE(method);
      const auto answer = player.control(method);
      CHECK(answer.status == 405);
      CHECK(answer.header("Allow") == methods_of_files);
    }
  }
}

TEST_CASE("455 names in Allow what the state takes", "[messages]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  const auto answer = player.client.request(
      "SETUP", player.track_url(0), {{"Session", player.session()}, {"Transport", "RTP/AVP/TCP;unicast"}});
  CHECK(answer.status == 455);
  CHECK(answer.header("Allow") == "OPTIONS, DESCRIBE, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER");
}

TEST_CASE("version other than RTSP/1.0: 505", "[messages]") {
  for (const auto* version : {"RTSP/2.0", "RTSP/1.1", "RTSP/0.9"}) {
    CHECK(answer_to("OPTIONS " + root_url() + " " + version + "\r\nCSeq: 1\r\n\r\n").status == 505);
  }
}

TEST_CASE("GET_PARAMETER and SET_PARAMETER, empty, in or out of a session: 200", "[messages]") {
  auto outside = connect();
  CHECK(outside.request("GET_PARAMETER", lecture()).status == 200);
  CHECK(outside.request("SET_PARAMETER", lecture()).status == 200);

  Player player(server(), "/lecture.mp4");
  player.setup(0, Over::tcp);
  const auto answer = player.control("GET_PARAMETER");
  CHECK(answer.status == 200);
  CHECK(answer.session() == player.session());
  CHECK(player.control("SET_PARAMETER").status == 200);
}

TEST_CASE("unknown parameter: 451 naming it", "[messages]") {
  auto client = connect();
  const Headers text{{"Content-Type", "text/parameters"}};
  const auto got = client.request("GET_PARAMETER", lecture(), text, "no_such_thing\r\n");
  CHECK(got.status == 451);
  CHECK_THAT(got.body + got.reason, Catch::Contains("no_such_thing"));
  const auto set = client.request("SET_PARAMETER", lecture(), text, "no_such_knob: 11\r\n");
  CHECK(set.status == 451);
  CHECK_THAT(set.body + set.reason, Catch::Contains("no_such_knob"));
  CHECK(client.request("OPTIONS", root_url()).status == 200);
}

TEST_CASE("pipelined requests: answers in order", "[messages]") {
  auto client = connect();
  std::string all;
  for (int i = 1; i <= 12; ++i) {
    const auto method = i % 3 == 0 ? "DESCRIBE " + lecture() : "OPTIONS " + root_url();
    all += method + " RTSP/1.0\r\nCSeq: " + std::to_string(i) + "\r\n\r\n";
  }
  client.send(all);
  for (int i = 1; i <= 12; ++i) {
    const auto answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.header("CSeq") == std::to_string(i));
    CHECK(answer.body.empty() == (i % 3 != 0));
  }
}

TEST_CASE("a slow DESCRIBE delays nobody else's requests", "[messages]") {
  auto slow = connect();
  for (int i = 0; i < 8; ++i) {
    slow.send_request("DESCRIBE", server().url("/many-tracks.mp4"));
    slow.send_request("DESCRIBE", server().url("/flipped-" + std::to_string(i) + ".mp4"));
  }
  auto other = connect();
  for (int i = 0; i < 5; ++i) {
    const auto asked = Clock::now();
    CHECK(other.request("OPTIONS", root_url()).status == 200);
    CHECK(Clock::now() - asked < milliseconds(500));
  }
}

TEST_CASE("a request that comes byte by byte is understood", "[messages]") {
  auto client = connect();
  for (const char byte : options_with("User-Agent: slow")) client.send({&byte, 1});
  CHECK(client.answer().status == 200);
}

TEST_CASE("header line folded, any case, LF-only line ends, leading CRLFs before a request: understood",
          "[messages]") {
  const auto url = root_url();
  SECTION("folded") {
    const auto answer = answer_to(options_with("Require: x-one,\r\n\tx-two"));
    CHECK(answer.status == 551);
    CHECK_THAT(answer.header("Unsupported"), Catch::Contains("x-one") && Catch::Contains("x-two"));
  }
  SECTION("any case") {
    const auto answer = answer_to("OPTIONS " + url + " RTSP/1.0\r\ncSEQ: 7\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.header("CSeq") == "7");
  }
  SECTION("no blank after the colon, many blanks") {
    CHECK(answer_to("OPTIONS " + url + " RTSP/1.0\r\nCSeq:8\r\n\r\n").header("CSeq") == "8");
    CHECK(answer_to("OPTIONS " + url + " RTSP/1.0\r\nCSeq: \t  9 \t\r\n\r\n").header("CSeq") == "9");
  }
  SECTION("LF-only") {
    const auto answer = answer_to("OPTIONS " + url + " RTSP/1.0\nCSeq: 10\n\n");
    CHECK(answer.status == 200);
    CHECK(answer.header("CSeq") == "10");
  }
  SECTION("leading CRLFs, also between requests") {
    auto client = connect();
    client.send("\r\n\r\n" + options_with("X: y") + "\r\n\r\n" + options_with("X: y"));
    CHECK(client.answer().status == 200);
    CHECK(client.answer().status == 200);
  }
}

TEST_CASE("limits of the parser: over them 400 or 413 and close", "[messages]") {
  SECTION("line") {
    check_over_limit("OPTIONS " + server().url("/" + std::string(100'000, 'a')) + " RTSP/1.0\r\n");
  }
  SECTION("line without an end") {
    check_over_limit(std::string(200'000, 'a'));
  }
  SECTION("header count") {
    std::string many = "X: y";
    for (int i = 0; i < 5000; ++i) many += "\r\nX-" + std::to_string(i) + ": y";
    check_over_limit(options_with(many));
  }
  SECTION("header size") {
    check_over_limit(options_with("X: " + std::string(200'000, 'a')));
  }
  SECTION("body") {
    check_over_limit(options_with("Content-Length: 1000000000"));
  }
}

TEST_CASE("Content-Length huge, negative, twice, not a number: 400, close", "[messages][R]") {
  for (const auto* value : {"99999999999999999999", "18446744073709551615", "-1", "ten", "1 2", "0x10", "",
                            "+5", "3\r\nContent-Length: 4"}) {
    auto client = connect();
    client.send(options_with("Content-Length: "s + value));
    const auto status = client.answer().status;
    CHECK((status == 400 || (status == 413 && value[0] > '0' && value[0] <= '9')));
    CHECK(client.closes());
  }
  CHECK(server_is_well());
}

TEST_CASE("malformed requests: 400 and close", "[messages]") {
  for (const auto* bytes :
       {"\x01\x02\x03\r\n\r\n", "OPTIONS\r\nCSeq: 1\r\n\r\n", "OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n",
        "OPTIONS * RTSP/1.0\r\n: 1\r\nCSeq: 1\r\n\r\n", "OPTIONS * RTSP/x.y\r\nCSeq: 1\r\n\r\n",
        "OP TIONS * RTSP/1.0 x\r\nCSeq: 1\r\n\r\n"}) {
    check_refused_and_closed(bytes);
  }
  CHECK(server_is_well());
}

TEST_CASE("many Accept or x-sessioncookie headers", "[messages][R]") {
  for (const auto* name : {"Accept", "x-sessioncookie"}) {
    std::string many = name + ": application/sdp"s;
    for (int i = 1; i < 40; ++i) many += "\r\n"s + name + ": application/sdp";
    const auto status =
        answer_to("DESCRIBE " + lecture() + " RTSP/1.0\r\nCSeq: 1\r\n" + many + "\r\n\r\n").status;
    CHECK(status == 200);
  }
  CHECK(server_is_well());
}

TEST_CASE("header values of only spaces or tabs", "[messages][R]") {
  auto client = connect();
  for (const auto* name :
       {"User-Agent", "Accept", "x-sessioncookie", "Require", "Authorization", "Session", "Range",
        "Transport", "Scale", "Content-Type", "If-Modified-Since", "Blocksize", "Bandwidth"}) {
    for (const auto* blank : {" ", "\t", " \t \t "}) {
      client.send("DESCRIBE " + lecture() + " RTSP/1.0\r\nCSeq: 5\r\n" + name + ":" + blank + "\r\n\r\n");
      const auto status = client.answer().status;
      CHECK((status == 200 || status == 400 || status == 406 || status == 454));
      if (status == 400) client = connect();
    }
  }
  CHECK(server_is_well());
}
