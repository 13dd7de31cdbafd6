// Publishing (RFC 2326 sections 10.3 and 10.11): what of it is refused, with which code.
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/support/login.h"
#include "tests/support/publisher.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string sound = "audio 0 RTP/AVP 0";
const std::string picture = "video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000";

const ServerProcess& publish_server() {
  static const ServerProcess process(
      with_config("loops: 1\n"
                  "paths:\n"
                  "  a: {publish: yes, read_timeout: 1s}\n"
                  "  nested/b: {publish: yes}\n"
                  "  over: {publish: yes, publish_takeover: yes}\n"
                  "  secret: {publish: yes, srtp: required}\n"
                  "  quick: {publish: yes, start_timeout: 1s}\n"
                  "  plain: { source: " +
                  (SampleMedia::get().root() / "lecture.mp4").string() + " }\n"));
  return process;
}

/// What a connection that goes takes with it is free soon.
bool comes_free(const std::string& path) {
  return eventually(
      [&] {
        TestPublisher next(publish_server(), path);
        return next.announce(announced({sound})).status == 200;
      },
      10'000);
}

bool lives(TestPublisher& publisher) {
  return publisher.client.request("OPTIONS", publisher.url).status == 200;
}

}  // namespace

TEST_CASE("ANNOUNCE without or with another Content-Type: 400", "[announce]") {
  TestPublisher publisher(publish_server(), "/a");
  const std::string sdp = announced({sound});
  CHECK(publisher.announce(sdp, {}).status == 400);
  for (const auto* type : {"text/parameters", "application", "application/sdpx", ""})
    CHECK(publisher.announce(sdp, {{"Content-Type", type}}).status == 400);
  CHECK(publisher.announce(sdp, {{"Content-Type", "Application/SDP; charset=utf-8"}}).status == 200);
  CHECK_FALSE(publisher.session.empty());
}

TEST_CASE("ANNOUNCE of a bad SDP: 400; the connection lives", "[announce]") {
  std::vector<std::string> many(17, sound);
  std::string wide = picture + "\r\na=fmtp:96 sprop-parameter-sets=" + std::string(8000, 'A');
  const std::vector<std::string> bad{
      "",
      "hello",
      "v=1\r\n",
      std::string("v=0\r\ns=a\0b\r\n", 13),
      announced({}),
      announced({"audio"}),
      announced({"audio x RTP/AVP 0"}),
      announced({"audio 0 UDP 0"}),
      announced({"audio 0 RTP/AVP"}),
      announced({"audio 0 RTP/AVP x"}),
      announced({"audio 0 RTP/AVP 200"}),
      announced({"video 0 RTP/AVP 96"}),                        // what is 96?
      announced({"video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0"}),  // no clock
      announced({"video 0 RTP/AVP 96\r\na=rtpmap:96 H264"}),
      announced({"video 0 RTP/AVP 96\r\na=rtpmap:96 H264/99999999999"}),
      announced({sound + "\r\na=control:same", sound + "\r\na=control:same"}),
      announced(many),
      announced({wide, wide}),
  };
  TestPublisher publisher(publish_server(), "/a");
  for (const std::string& sdp : bad) {
    CAPTURE(sdp);
    CHECK(publisher.announce(sdp).status == 400);
  }
  CHECK(publisher.announce(announced({"application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000"}))
            .status == 415);
  CHECK(lives(publisher));
}

TEST_CASE("ANNOUNCE of a path that is not open for publishing: 405 with Allow; of none: 404", "[announce]") {
  TestPublisher publisher(publish_server(), "/plain");
  // What is below a directory could be a file.
  for (const auto* path : {"/plain", "/lecture.mp4", "/none", "/a/b", "/nested"}) {
    CAPTURE(path);
    publisher.url = publish_server().url(path);
    const auto refused = publisher.announce(announced({sound}));
    CHECK(refused.status == 405);
    CHECK(refused.header("Allow") ==
          "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER");
  }
  for (const auto* path : {"/", "/a/..", "/%2e%2e/a"}) {
    CAPTURE(path);
    publisher.url = publish_server().url(path);
    CHECK(publisher.announce(announced({sound})).status == 404);
  }
  for (const auto* path : {"/nested/b/", "/a?key=1"}) {
    TestPublisher other(publish_server(), path);
    CHECK(other.announce(announced({sound})).status == 200);
  }
}

TEST_CASE("already published: 403, and who publishes goes on", "[announce]") {
  REQUIRE(comes_free("/a"));
  TestPublisher first(publish_server(), "/a"), second(publish_server(), "/a");
  REQUIRE(eventually([&] { return first.announce(announced({sound})).status == 200; }));
  const auto refused = second.announce(announced({sound}));
  CHECK(refused.status == 403);
  CHECK(refused.reason == "Forbidden: somebody publishes there already");
  REQUIRE(first.setup(1, Over::tcp).status == 200);
  CHECK(first.control("RECORD").status == 200);
  CHECK(second.announce(announced({sound})).status == 403);
  CHECK(lives(second));
  CHECK(first.control("TEARDOWN").status == 200);
  CHECK(second.announce(announced({sound})).status == 200);
}

TEST_CASE("publish_takeover: who comes takes the place of who is there, whose connection ends",
          "[announce]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  TestPublisher first(publish_server(), "/over"), second(publish_server(), "/over");
  first.record({sound}, over);
  CHECK(second.announce(announced({sound})).status == 200);
  CHECK(first.client.closes());
  REQUIRE(second.setup(1, over).status == 200);
  CHECK(second.control("RECORD").status == 200);
  TestPublisher third(publish_server(), "/over");
  CHECK(third.client.request("RECORD", third.url, {{"Session", first.session}}).status == 454);
}

TEST_CASE("RECORD before all tracks are set up: 455 with Allow", "[announce]") {
  REQUIRE(comes_free("/a"));
  TestPublisher publisher(publish_server(), "/a");
  CHECK(publisher.client.request("RECORD", publisher.url).status == 454);
  REQUIRE(eventually([&] { return publisher.announce(announced({sound, picture})).status == 200; }));
  const auto none = publisher.control("RECORD");
  CHECK(none.status == 455);
  CHECK(none.header("Allow") == "OPTIONS, DESCRIBE, SETUP, TEARDOWN, GET_PARAMETER, SET_PARAMETER");
  REQUIRE(publisher.setup(2, Over::udp).status == 200);
  CHECK(publisher.control("RECORD").status == 455);
  REQUIRE(publisher.setup(1, Over::udp).status == 200);
  const auto one =
      publisher.client.request("RECORD", publisher.track_url(1), {{"Session", publisher.session}});
  CHECK(one.status == 460);
  CHECK(publisher.control("RECORD").status == 200);
}

TEST_CASE("SETUP with another mode than record of what was announced: 400", "[announce]") {
  REQUIRE(comes_free("/a"));
  TestPublisher publisher(publish_server(), "/a");
  REQUIRE(eventually([&] { return publisher.announce(announced({sound})).status == 200; }));
  for (const auto* transport :
       {"RTP/AVP/TCP;unicast", "RTP/AVP/TCP;unicast;mode=play",
        "RTP/AVP;unicast;client_port=9000-9001;mode=PLAY", "RTP/AVP/TCP;unicast;mode=dance", "", ";"}) {
    CAPTURE(transport);
    CHECK(publisher.setup(1, transport).status == 400);
  }
  const auto* transport = GENERATE("RTP/AVP/TCP;unicast;mode=record", "RTP/AVP/TCP;mode=\"RECORD\"",
                                   "RTP/AVP/TCP;unicast;interleaved=0-1;mode=receive",
                                   "RTP/AVP/TCP;unicast;mode=play,RTP/AVP/TCP;unicast;mode=record");
  CAPTURE(transport);
  const auto answer = publisher.setup(1, transport);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.header("Transport"),
             Catch::Matches("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=[0-9A-F]{8};mode=\"RECORD\""));
}

TEST_CASE("SETUP to record: tracks, transports, ports", "[announce]") {
  REQUIRE(comes_free("/a"));
  TestPublisher publisher(publish_server(), "/a");
  // Nothing was announced.
  CHECK(publisher.setup(1, Over::tcp).status == 455);
  publisher.url = publish_server().url("/plain");
  CHECK(publisher.setup(1, Over::tcp).status == 461);
  publisher.url = publish_server().url("/a");
  REQUIRE(eventually([&] { return publisher.announce(announced({sound, sound})).status == 200; }));
  CHECK(publisher.setup(3, Over::tcp).status == 404);
  for (const auto* transport :
       {"RTP/AVP;multicast;mode=record", "RTP/AVP;unicast;mode=record", "RAW/RAW/UDP;unicast;mode=record",
        "RTP/AVP;unicast;client_port=0-1;mode=record"}) {
    CAPTURE(transport);
    CHECK(publisher.setup(1, transport).status == 461);
  }
  const Headers named{{"Session", publisher.session}, {"Transport", "RTP/AVP/TCP;unicast;mode=record"}};
  CHECK(publisher.client.request("SETUP", publisher.url, named).status == 459);
  // Some clients name no session before SETUP has told it: what was announced on the connection is meant.
  const std::string session = std::exchange(publisher.session, "");
  const auto first = publisher.setup(1, Over::udp);
  CHECK(first.status == 200);
  CHECK(first.session() == session);
  CHECK_THAT(first.header("Session"), Catch::EndsWith(";timeout=60"));
  publisher.session = session;
  const std::string ports = publisher.tracks[1].udp->ports();
  CHECK(publisher.setup(2, "RTP/AVP;unicast;client_port=" + ports + ";mode=record").status == 400);
  CHECK(publisher.setup(2, Over::tcp).status == 459);
  CHECK(publisher.setup(1, Over::udp).status == 400);
  CHECK(publisher.setup(2, Over::udp).status == 200);
  CHECK(publisher.control("RECORD").status == 200);
  CHECK(publisher.setup(2, Over::udp).status == 455);
}

TEST_CASE("the life of a publisher's session", "[announce]") {
  REQUIRE(comes_free("/a"));
  const auto over = GENERATE(Over::tcp, Over::udp);
  TestPublisher publisher(publish_server(), "/a");
  REQUIRE(eventually([&] { return publisher.announce(announced({sound})).status == 200; }));
  REQUIRE(publisher.setup(1, over).status == 200);
  CHECK(publisher.control("PLAY").status == 455);
  CHECK(publisher.control("ANNOUNCE").status == 455);
  for (const auto* method : {"RECORD", "RECORD", "GET_PARAMETER", "PAUSE", "PAUSE", "RECORD", "OPTIONS"}) {
    CAPTURE(method);
    CHECK(publisher.control(method).status == 200);
  }
  CHECK(publisher.control("PLAY").status == 455);
  publisher.url = publish_server().url("/over");
  CHECK(publisher.control("PAUSE").status == 404);
  publisher.url = publish_server().url("/a");
  CHECK(publisher.control("TEARDOWN").status == 200);
  CHECK(publisher.control("RECORD").status == 454);
  CHECK(publisher.announce(announced({sound})).status == 200);
}

TEST_CASE("keys of a publisher that are not right: 463; media in the clear where there is only SRTP: 461",
          "[announce][srtp]") {
  TestPublisher publisher(publish_server(), "/secret");
  for (const auto* line :
       {"a=key-mgmt:mikey AAAA", "a=key-mgmt:mikey !", "a=key-mgmt:kerberos AAAA",
        "a=key-mgmt:", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", "a=crypto:1 ROT13 inline:AAAA"}) {
    CAPTURE(line);
    CHECK(publisher.announce(announced({"audio 0 RTP/SAVP 0\r\n"s + line})).status == 463);
  }
  REQUIRE(publisher.announce(announced({sound})).status == 200);
  CHECK(publisher.setup(1, Over::tcp).status == 461);
  CHECK(publisher.setup(1, Over::udp).status == 461);
  CHECK(publisher.setup(1, "RTP/SAVP/TCP;unicast;mode=record").status == 463);
  CHECK(publisher
            .setup(1, "RTP/SAVP/TCP;unicast;mode=record", {{"KeyMgmt", "prot=mikey;uri=\"\";data=\"AAAA\""}})
            .status == 463);
}

TEST_CASE("publishing needs the permission to publish", "[announce][auth]") {
  const ServerProcess server(
      with_config("loops: 1\n"
                  "users:\n"
                  "  anonymous: {read: [\"**\"]}\n"
                  "  alice: {password: chalk, publish: [\"live/*\"]}\n"
                  "  bob: {password: cheese, read: [\"**\"]}\n"
                  "paths:\n"
                  "  live/a: {publish: yes}\n"
                  "  live/a/b: {publish: yes}\n"
                  "  other: {publish: yes}\n"));
  TestPublisher publisher(server, "/live/a");
  const auto as = [&](const Login& login, const std::string& method, const std::string& url,
                      Headers headers = {}) {
    return request_as(publisher.client, login, method, url, std::move(headers));
  };
  const Login alice{"alice", "chalk"}, bob{"bob", "cheese"};
  CHECK(publisher.announce(announced({sound})).status == 401);
  CHECK(as(bob, "ANNOUNCE", publisher.url).status == 403);
  CHECK(as({"alice", "cheese"}, "ANNOUNCE", publisher.url).status == 401);
  CHECK(as(alice, "ANNOUNCE", server.url("/other")).status == 403);
  CHECK(as(alice, "ANNOUNCE", server.url("/live/a/b")).status == 403);
  CHECK(as(alice, "ANNOUNCE", publisher.url).status == 400);  // without an SDP
  const auto challenge = challenges_of(publisher.client.request("ANNOUNCE", publisher.url)).back();
  const auto announce = publisher.announce(
      announced({sound}),
      {{"Content-Type", "application/sdp"},
       {"Authorization", digest_authorization(alice, challenge, "ANNOUNCE", publisher.url)}});
  REQUIRE(announce.status == 200);
  const Headers setup{{"Session", publisher.session}, {"Transport", "RTP/AVP/TCP;unicast;mode=record"}};
  CHECK(publisher.client.request("SETUP", publisher.track_url(1), setup).status == 401);
  CHECK(as(alice, "SETUP", publisher.track_url(1), setup).status == 200);
  CHECK(as(bob, "RECORD", publisher.url, {{"Session", publisher.session}}).status == 403);
  CHECK(as(alice, "RECORD", publisher.url, {{"Session", publisher.session}}).status == 200);
}

TEST_CASE("publishers count as sessions: over the limit 503 with Retry-After", "[announce]") {
  const ServerProcess server(
      with_config("loops: 1\nmax_sessions: 1\npaths:\n  a: {publish: yes}\n  b: {publish: yes}\n"));
  TestPublisher first(server, "/a"), second(server, "/b");
  REQUIRE(first.announce(announced({sound})).status == 200);
  const auto refused = second.announce(announced({sound}));
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "10");
  REQUIRE(first.control("TEARDOWN").status == 200);
  CHECK(second.announce(announced({sound})).status == 200);
}

TEST_CASE("who asks for what nobody publishes yet waits for start_timeout: 504", "[announce]") {
  TestPublisher viewer(publish_server(), "/quick");
  const auto asked = Clock::now();
  CHECK(viewer.client.request("DESCRIBE", viewer.url).status == 504);
  CHECK(Clock::now() - asked > 900ms);
}
