// SRTP over RTSP: RFC 3711, RFC 4567 (MIKEY), RFC 4568 (SDES), and what players make of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>

#include "protocol/base/base64.h"
#include "tests/conformance/default_server.h"
#include "tests/conformance/srtp_player.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

/// The same media under a policy each.
ServerProcess& policies() {
  static ServerProcess process(
      with_config("paths:\n"
                  "  off: { source: " +
                  SampleMedia::get().root().string() +
                  ", srtp: off }\n"
                  "  opt: { source: " +
                  SampleMedia::get().root().string() +
                  " }\n"
                  "  req: { source: " +
                  SampleMedia::get().root().string() +
                  ", srtp: required }\n"
                  "  gcm: { source: " +
                  SampleMedia::get().root().string() +
                  ", srtp: required, srtp_suite: AEAD_AES_256_GCM }\n"
                  "  mikey: { source: " +
                  SampleMedia::get().root().string() +
                  ", srtp: sdes }\n"
                  "  sdes: { source: " +
                  SampleMedia::get().root().string() + ", srtp: sdes, allow_clear_keys: true }\n"));
  return process;
}

Answer describe(RtspClient& client, const std::string& path) {
  return client.request("DESCRIBE", policies().url(path));
}

Answer setup(RtspClient& client, const std::string& path, const std::string& transport,
             Headers headers = {}) {
  headers.emplace_back("Transport", transport);
  return client.request("SETUP", policies().url(path), headers);
}

RtspClient connect() {
  return {policies().host(), policies().port()};
}

/// The first packets of a track, as plain RTP gives them.
std::vector<RtpPacket> plain_packets(std::size_t track) {
  Player player(policies(), "/off/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  player.receive(600ms);
  return player.arrived(track).rtp;
}

void check_same_payloads(const std::vector<RtpPacket>& received, const std::vector<RtpPacket>& plain) {
  REQUIRE(received.size() > 5);
  REQUIRE(plain.size() > 5);
  for (std::size_t i = 0; i < std::min(received.size(), plain.size()); ++i) {
    CAPTURE(i);
    REQUIRE(received[i].payload == plain[i].payload);
    REQUIRE(received[i].marker == plain[i].marker);
  }
}

std::string hexadecimal(std::uint32_t value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08X", value);
  return text;
}

/// The last line of the log about a viewer that has ended.
std::string last_end(const std::string& log) {
  const auto at = log.rfind(" ends ");
  return at == std::string::npos ? "" : log.substr(at, log.find('\n', at) - at);
}

}  // namespace

TEST_CASE("each policy says in the SDP what it has", "[srtp]") {
  auto client = connect();
  const auto media_of = [&](const std::string& path) {
    const auto answer = describe(client, path + "/lecture.mp4");
    REQUIRE(answer.status == 200);
    return parse_sdp(answer.body).media;
  };
  for (const auto& path : {"/off"s, "/opt"s})
    for (const auto& media : media_of(path)) {
      CHECK(media.lines[0].find(" RTP/AVP ") != std::string::npos);
      CHECK_FALSE(media.has("a=key-mgmt:"));
      CHECK_FALSE(media.has("a=crypto:"));
    }
  for (const auto& path : {"/req"s, "/gcm"s, "/mikey"s})
    for (const auto& media : media_of(path)) {
      CHECK(media.lines[0].find(" RTP/SAVP ") != std::string::npos);
      CHECK_THAT(media.value("a=key-mgmt:"), Catch::StartsWith("mikey "));
      CHECK_FALSE(media.has("a=crypto:"));
    }
  const std::regex exact("1 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}");
  for (const auto& media : media_of("/sdes")) {
    CHECK(media.has("a=key-mgmt:mikey "));
    CHECK(std::regex_match(media.value("a=crypto:"), exact));
  }
}

TEST_CASE("keys that anyone on the way could read are warned of at the start", "[srtp]") {
  const std::string log = policies().log(),
                    warning = "/sdes: allow_clear_keys: whoever sees the SDP has the key";
  const auto at = log.find(warning);
  REQUIRE(at != std::string::npos);
  CHECK(log.find("allow_clear_keys", at + warning.size()) == std::string::npos);
}

TEST_CASE("without SRTP an SRTP-only path is refused with 461 and a reason", "[srtp]") {
  auto client = connect();
  for (const auto& path : {"/req/lecture.mp4/track1"s, "/gcm/lecture.mp4/track1"s,
                           "/mikey/lecture.mp4/track1"s, "/sdes/lecture.mp4/track1"s})
    for (const auto& transport : {"RTP/AVP;unicast;client_port=5000-5001"s, "RTP/AVP/TCP;unicast"s}) {
      CAPTURE(path, transport);
      const auto answer = setup(client, path, transport);
      CHECK(answer.status == 461);
      CHECK(answer.reason.find("there is only SRTP (RTP/SAVP) here") != std::string::npos);
    }
  const auto off = setup(client, "/off/lecture.mp4/track1", "RTP/SAVP/TCP;unicast");
  CHECK(off.status == 461);
  CHECK(off.reason.find("there is no SRTP here") != std::string::npos);
  // Of several alternatives the first that the path has.
  const auto second = setup(client, "/req/lecture.mp4/track1", "RTP/AVP/TCP;unicast,RTP/SAVP/TCP;unicast");
  CHECK(second.status == 200);
  CHECK_THAT(second.header("Transport"), Catch::StartsWith("RTP/SAVP/TCP;unicast;interleaved=0-1;ssrc="));
}

TEST_CASE("a player that reads the key from the SDP decrypts what was promised", "[srtp]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  const auto path = GENERATE("/req/lecture.mp4"s, "/gcm/lecture.mp4"s, "/sdes/lecture.mp4"s);
  CAPTURE(over == Over::udp, path);
  SrtpPlayer player(policies(), path, KeyStyle::gstreamer);
  player.setup_all(over);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& track = player.track(i);
    CHECK_THAT(track.transport, Catch::StartsWith(over == Over::tcp ? "RTP/SAVP/TCP;unicast;interleaved="
                                                                    : "RTP/SAVP;unicast;client_port="));
    REQUIRE(track.offered);
    REQUIRE(track.answered);
    CHECK(track.offered->key == track.answered->key);
    REQUIRE(track.offered->streams.size() == 1);
    CHECK(parameter(track.transport, "ssrc") == hexadecimal(track.offered->streams[0].ssrc));
    CHECK(track.offered->streams[0].roc == 0);
  }
  CHECK_FALSE(player.track(0).offered->key == player.track(1).offered->key);
  REQUIRE(player.play().status == 200);
  player.receive(600ms);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& track = player.track(i);
    CHECK(track.refused == 0);
    REQUIRE_FALSE(track.rtcp.empty());
    CHECK(track.rtcp[0].ssrc == track.offered->streams[0].ssrc);
    check_same_payloads(track.rtp, plain_packets(i));
    for (const RtpPacket& packet : track.rtp) REQUIRE(packet.ssrc == track.offered->streams[0].ssrc);
  }
}

TEST_CASE("by RTSPS the keys come in TLS, and SRTP beside it, also where it is optional", "[srtp]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  const auto path = GENERATE("/opt/lecture.mp4"s, "/gcm/lecture.mp4"s);
  CAPTURE(over == Over::udp, path);
  SrtpPlayer player(policies(), path, KeyStyle::gstreamer, true);
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(600ms);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(player.track(i).refused == 0);
    check_same_payloads(player.track(i).rtp, plain_packets(i));
  }
  // A session is no way around: its other requests may come in the clear, no media ever does.
  auto plain = connect();
  const auto again = plain.request(
      "SETUP", policies().url(path + "/track1"),
      {{"Session", player.session()},
       {"Transport", over == Over::tcp ? "RTP/AVP/TCP;unicast" : "RTP/AVP;unicast;client_port=5000-5001"}});
  CHECK(again.status == 455);
  REQUIRE(player.control("PAUSE").status == 200);
  const auto paused = plain.request(
      "SETUP", policies().url(path + "/track1"),
      {{"Session", player.session()},
       {"Transport", over == Over::tcp ? "RTP/AVP/TCP;unicast" : "RTP/AVP;unicast;client_port=5000-5001"}});
  CHECK(paused.status == 461);
}

TEST_CASE("live555 brings key and MKI, which then protect both ways", "[srtp]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  SrtpPlayer player(policies(), "/req/lecture.mp4", KeyStyle::live555);
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(600ms);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& track = player.track(i);
    CHECK(track.refused == 0);
    CHECK(track.answered->key == track.own->key);
    check_same_payloads(track.rtp, plain_packets(i));
    // The MKI stands before the tag of 10 bytes (RFC 3711 section 3.1).
    const auto mki = track.own->key.mki();
    for (const std::string& raw : track.raw)
      REQUIRE(raw.substr(raw.size() - 14, 4) == std::string(reinterpret_cast<const char*>(mki.data()), 4));
  }
}

TEST_CASE("MediaMTX reads our key from the answer, and sends with its own", "[srtp]") {
  // It looks for SAVP itself, on a path that did not say it.
  const auto path = GENERATE("/req/lecture.mp4"s, "/opt/lecture.mp4"s);
  SrtpPlayer player(policies(), path, KeyStyle::mediamtx);
  player.setup_all(Over::tcp);
  CHECK_FALSE(player.track(0).answered->key == player.track(0).own->key);
  REQUIRE(player.play().status == 200);
  player.receive(500ms);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(player.track(i).refused == 0);
    check_same_payloads(player.track(i).rtp, plain_packets(i));
  }
}

TEST_CASE("SRTCP of the player's is taken with the right key once, and else dropped and counted", "[srtp]") {
  const auto style = GENERATE(KeyStyle::gstreamer, KeyStyle::mediamtx, KeyStyle::live555);
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(static_cast<int>(style), over == Over::udp);
  ServerProcess own(with_config("paths: { req: { source: " + SampleMedia::get().root().string() +
                                ", srtp: required } }\nlog_level: debug\n"));
  SrtpPlayer player(own, "/req/lecture.mp4", style);
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  const std::string good = player.protected_report(0);
  auto tampered = player.protected_report(0);
  tampered[9] = static_cast<char>(tampered[9] ^ 1);
  const std::string next = player.protected_report(0);
  player.send_rtcp(0, good);
  player.send_rtcp(0, good);                             // replayed
  player.send_rtcp(0, tampered);                         // another text
  player.send_rtcp(0, next.substr(0, next.size() - 1));  // truncated
  player.send_rtcp(0, next.substr(0, 9));                // shorter than any
  player.send_rtcp(0, receiver_report(7));               // in the clear
  player.send_rtcp(0, player.protected_report(1));       // of another track
  player.send_rtcp(0, next);
  player.receive(300ms);
  REQUIRE(player.control("TEARDOWN").status == 200);
  REQUIRE(eventually([&] { return own.log().find(" ends ") != std::string::npos; }));
  // GStreamer's two tracks have keys of their own, as have the others': six are refused in each case.
  CHECK_THAT(last_end(own.log()), Catch::Contains("; 6 SRTCP packets refused"));
  // Also at this level no header that carries a key.
  CHECK(own.log().find("KeyMgmt") == std::string::npos);
  CHECK(own.log().find("mikey") == std::string::npos);
  CHECK(own.stops_well());
}

TEST_CASE("what is no key gives 463 and a reason, and the connection lives", "[srtp]") {
  auto client = connect();
  const auto refused = [&](const std::string& key_mgmt) {
    const auto answer =
        setup(client, "/req/lecture.mp4/track1", "RTP/SAVP/TCP;unicast", {{"KeyMgmt", key_mgmt}});
    CAPTURE(key_mgmt, answer.reason);
    CHECK(answer.status == 463);
    CHECK(answer.reason.size() > std::string("Key Management Failure").size());
    CHECK_FALSE(answer.has("Session"));
  };
  refused("x");
  refused("prot=mikey;uri=\"\";data=\"\"");
  refused("prot=mikey;uri=\"\";data=\"!!!!\"");
  refused("prot=mikey;uri=\"\";data=\"AQAVgMCQJ\"");
  refused("prot=other;uri=\"\";data=\"AQAVgA==\"");
  refused("prot=mikey;uri=\"\";data=\"" + std::string(3000, 'A') + "\"");
  CHECK(client.request("OPTIONS", policies().url("/req/lecture.mp4")).status == 200);
}

TEST_CASE("SET_PARAMETER with KeyMgmt goes on with another key", "[srtp]") {
  SrtpPlayer player(policies(), "/req/lecture.mp4", KeyStyle::live555);
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  auto& track = player.track(0);
  REQUIRE(track.rtp.size() > 3);
  CHECK(track.refused == 0);
  const auto last = track.rtp.back().seq;
  const auto key_mgmt = player.new_key_mgmt(0);
  const auto answer = player.control("SET_PARAMETER", {{"KeyMgmt", key_mgmt}});
  REQUIRE(answer.status == 200);
  // What was on its way is still of the old key.
  for (const Frame& frame : player.client.passed())
    if (frame.channel == 0) ++track.refused;
  const int before = track.refused;
  track.rtp.clear();
  track.inbound =
      lectern::srtp::Session::create(lectern::srtp::Direction::inbound, track.own->suite, track.own->key)
          .value();
  player.receive(300ms);
  REQUIRE(track.rtp.size() > 3);
  CHECK(track.refused == before);
  CHECK(static_cast<std::uint16_t>(track.rtp.front().seq - last) <= before + 1);
  // Refused, nothing changes.
  CHECK(player.control("SET_PARAMETER", {{"KeyMgmt", "prot=mikey;uri=\"\";data=\"AQAV\""}}).status == 463);
  CHECK(player.control("SET_PARAMETER", {{"KeyMgmt", "prot=mikey;uri=\"rtsp://else/where\";data=\"AQAV\""}})
            .status == 463);
  track.rtp.clear();
  player.receive(200ms);
  CHECK(track.rtp.size() > 2);
  CHECK(track.refused == before);
  auto other = connect();
  CHECK(other.request("SET_PARAMETER", policies().url("/req/lecture.mp4"), {{"KeyMgmt", key_mgmt}}).status ==
        463);
}

TEST_CASE("no two sessions have a key or an ssrc in common", "[srtp]") {
  SrtpPlayer one(policies(), "/req/lecture.mp4", KeyStyle::gstreamer);
  SrtpPlayer two(policies(), "/req/lecture.mp4", KeyStyle::gstreamer);
  one.setup_all(Over::tcp);
  two.setup_all(Over::tcp);
  CHECK_FALSE(one.track(0).answered->key == two.track(0).answered->key);
  CHECK(one.track(0).answered->streams[0].ssrc != two.track(0).answered->streams[0].ssrc);
  // A second session on one connection: what was promised is the first one's.
  const auto again = one.client.request("SETUP", one.track_url(0), {{"Transport", "RTP/SAVP/TCP;unicast"}});
  REQUIRE(again.status == 200);
  CHECK(again.session() != one.session());
  CHECK(again.header("KeyMgmt").size() > 100);
  CHECK(parameter(again.header("Transport"), "ssrc") != hexadecimal(one.track(0).offered->streams[0].ssrc));
}

TEST_CASE("a track that is set up again keeps its key, ssrc and sequence", "[srtp]") {
  SrtpPlayer player(policies(), "/req/lecture.mp4", KeyStyle::gstreamer);
  player.setup_all(Over::tcp);
  const auto before = player.track(0).answered;
  REQUIRE(player.try_setup(0, Over::tcp).status == 200);
  CHECK(player.track(0).answered->key == before->key);
  CHECK(player.track(0).answered->streams == before->streams);
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  CHECK(player.track(0).refused == 0);
  CHECK(player.track(0).rtp.size() > 3);
}

TEST_CASE("a SETUP that is refused takes nothing of what the SDP has promised", "[srtp]") {
  SrtpPlayer other(policies(), "/opt/lecture.mp4", KeyStyle::mediamtx);
  REQUIRE(other.try_setup(0, Over::udp).status == 200);
  SrtpPlayer player(policies(), "/req/lecture.mp4", KeyStyle::gstreamer);
  const auto refused =
      player.client.request("SETUP", player.track_url(0),
                            {{"Transport", "RTP/SAVP;unicast;client_port=" + other.track(0).udp->ports()}});
  CHECK(refused.status == 400);
  CHECK(player.try_setup(0, Over::tcp, "prot=mikey;uri=\"\";data=\"AQAV\"").status == 463);
  player.setup_all(Over::tcp);
  CHECK(player.track(0).answered->key == player.track(0).offered->key);
  CHECK(player.track(0).answered->streams == player.track(0).offered->streams);
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  CHECK(player.track(0).refused == 0);
  CHECK(player.track(0).rtp.size() > 3);
}

TEST_CASE("a track that is set up with SRTP stays so, and one without it, too", "[srtp]") {
  SrtpPlayer player(policies(), "/opt/lecture.mp4", KeyStyle::mediamtx);
  REQUIRE(player.try_setup(0, Over::tcp, player.new_key_mgmt(0)).status == 200);
  const auto again = [&](std::size_t track, const std::string& transport, Headers headers = {}) {
    headers.emplace_back("Transport", transport);
    headers.emplace_back("Session", player.session());
    return player.client.request("SETUP", player.track_url(track), headers);
  };
  const auto plain = again(0, "RTP/AVP/TCP;unicast;interleaved=0-1", {{"KeyMgmt", player.new_key_mgmt(1)}});
  CHECK(plain.status == 461);
  CHECK_THAT(plain.reason, Catch::Contains("the track is set up with SRTP, and stays so"));
  const auto either = again(0, "RTP/AVP/TCP;unicast,RTP/SAVP/TCP;unicast;interleaved=0-1");
  REQUIRE(either.status == 200);
  CHECK_THAT(either.header("Transport"), Catch::StartsWith("RTP/SAVP/TCP;"));
  // The other track in the clear, as the path lets the player choose.
  const auto sound = again(1, "RTP/AVP/TCP;unicast;interleaved=2-3");
  REQUIRE(sound.status == 200);
  CHECK_FALSE(sound.has("KeyMgmt"));
  const auto late = again(1, "RTP/SAVP/TCP;unicast;interleaved=2-3", {{"KeyMgmt", player.new_key_mgmt(1)}});
  CHECK(late.status == 461);
  CHECK_THAT(late.reason, Catch::Contains("the track is set up without SRTP, and stays so"));

  REQUIRE(player.play().status == 200);
  int in_the_clear = 0, decrypted = 0;
  for (const auto deadline = Clock::now() + 10s;
       (in_the_clear < 5 || decrypted < 5) && Clock::now() < deadline;) {
    const auto frame = player.client.frame();
    REQUIRE(frame);
    if (frame->channel == 2) {
      const auto packet = parse_rtp(frame->data);
      REQUIRE(packet);
      CHECK(hexadecimal(packet->ssrc) == parameter(sound.header("Transport"), "ssrc"));
      ++in_the_clear;
    } else if (frame->channel == 0) {
      lectern::ByteVector packet(frame->data.size());
      std::ranges::transform(frame->data, packet.begin(), [](char c) { return static_cast<std::byte>(c); });
      REQUIRE(player.track(0).inbound->unprotect_rtp(packet, packet.size()));
      ++decrypted;
    }
  }
  CHECK(decrypted >= 5);
  CHECK(in_the_clear >= 5);
}

TEST_CASE("SET_PARAMETER takes all keys of KeyMgmt or none, and no key twice", "[srtp]") {
  SrtpPlayer player(policies(), "/req/lecture.mp4", KeyStyle::live555);
  player.setup_all(Over::tcp);
  const std::string first = player.new_key_mgmt(0), second = player.new_key_mgmt(1);
  const auto change = [&](const std::string& key_mgmt) {
    return player.control("SET_PARAMETER", {{"KeyMgmt", key_mgmt}});
  };
  const auto key_of = [&](std::size_t track) {
    REQUIRE(player.try_setup(track, Over::tcp).status == 200);
    return player.track(track).answered->key;
  };
  const auto before = key_of(0);
  CHECK(change(first + ",prot=mikey;uri=\"" + player.track_url(1) + "\";data=\"AQAV\"").status == 463);
  CHECK(key_of(0) == before);
  CHECK(change(first + "," + first).status == 463);
  CHECK(key_of(0) == before);
  REQUIRE(change(first + "," + second).status == 200);
  CHECK(key_of(0) == player.track(0).own->key);
  CHECK(key_of(1) == player.track(1).own->key);
  REQUIRE(change(player.new_key_mgmt(0)).status == 200);
  const auto twice = change(first);
  CHECK(twice.status == 463);
  CHECK_THAT(twice.reason, Catch::Contains("the key was used for this track before"));
  CHECK(key_of(0) == player.track(0).own->key);
}

TEST_CASE("FFmpeg asks for RTP/AVP where it saw a=crypto, and gets SRTP", "[srtp]") {
  auto client = connect();
  const auto described = describe(client, "/sdes/lecture.mp4");
  REQUIRE(described.status == 200);
  const auto answer = setup(client, "/sdes/lecture.mp4/track1", "RTP/AVP/TCP;unicast;interleaved=0-1");
  REQUIRE(answer.status == 200);
  CHECK_THAT(answer.header("Transport"), Catch::StartsWith("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc="));
  CHECK_FALSE(answer.has("KeyMgmt"));
  REQUIRE(
      client.request("PLAY", policies().url("/sdes/lecture.mp4"), {{"Session", answer.session()}}).status ==
      200);
  const auto crypto = parse_sdp(described.body).media[0].value("a=crypto:");
  const auto key = lectern::base64_decode(crypto.substr(crypto.find("inline:") + 7));
  REQUIRE(key);
  auto session = lectern::srtp::Session::create(lectern::srtp::Direction::inbound,
                                                lectern::srtp::Suite::aes_cm_128_hmac_sha1_80,
                                                lectern::srtp::MasterKey::create(*key).value())
                     .value();
  int decrypted = 0;
  for (int i = 0; i < 20; ++i) {
    const auto frame = client.frame();
    REQUIRE(frame);
    if (frame->channel != 0) continue;
    lectern::ByteVector packet(frame->data.size());
    std::ranges::transform(frame->data, packet.begin(), [](char c) { return static_cast<std::byte>(c); });
    REQUIRE(session.unprotect_rtp(packet, packet.size()));
    ++decrypted;
  }
  CHECK(decrypted > 10);
}
