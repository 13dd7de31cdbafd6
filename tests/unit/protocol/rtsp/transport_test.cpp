#include "protocol/rtsp/transport.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;

namespace {

std::vector<TransportSpec> all(std::string_view text) {
  const auto specs = parse_transport(text);
  INFO(text);
  REQUIRE(specs.ok());
  return *specs;
}

TransportSpec only(std::string_view text) {
  const auto specs = all(text);
  REQUIRE(specs.size() == 1);
  return specs[0];
}

}  // namespace

TEST_CASE("rtsp transport: the example of RFC 2326 12.39", "[rtsp]") {
  const auto specs =
      all("RTP/AVP;multicast;ttl=127;mode=\"PLAY\", RTP/AVP;unicast;client_port=3456-3457;mode=\"PLAY\"");
  REQUIRE(specs.size() == 2);
  CHECK(specs[0] == TransportSpec{.cast = Cast::multicast, .ttl = 127, .mode = TransportMode::play});
  CHECK(specs[1] == TransportSpec{.cast = Cast::unicast,
                                  .client_port = PortPair{3456, 3457},
                                  .mode = TransportMode::play});
}

TEST_CASE("rtsp transport: what players send", "[rtsp]") {
  SECTION("FFmpeg") {
    CHECK(only("RTP/AVP/UDP;unicast;client_port=11398-11399") ==
          TransportSpec{.cast = Cast::unicast, .client_port = PortPair{11398, 11399}});
    const auto spec = only("RTP/AVP/TCP;unicast;interleaved=0-1;mode=record");
    CHECK(spec.lower == LowerTransport::tcp);
    CHECK(spec.interleaved == PortPair{0, 1});
    CHECK(spec.mode == TransportMode::record);
    CHECK(only("RTP/AVP/TCP;unicast;interleaved=0-1;mode=receive").mode == TransportMode::record);
  }
  SECTION("GStreamer, all protocols allowed") {
    const auto specs =
        all("RTP/AVP;unicast;client_port=48742-48743,RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1");
    REQUIRE(specs.size() == 3);
    CHECK(specs[1].cast == Cast::multicast);
    CHECK(!specs[1].client_port);
    CHECK(specs[2].lower == LowerTransport::tcp);
  }
  SECTION("VLC over TCP, and a secure profile") {
    CHECK(only("RTP/AVP/TCP;unicast;interleaved=2-3").interleaved == PortPair{2, 3});
    CHECK(only("rtp/savp;unicast;client_port=5000-5001").profile == Profile::rtp_savp);
    CHECK(only("RTP/SAVP/TCP;interleaved=0-1").lower == LowerTransport::tcp);
    CHECK(!only("RTP/AVP/TCP;interleaved=0-1").cast);
  }
}

TEST_CASE("rtsp transport: the secure profile", "[rtsp]") {
  const TransportSpec udp{
      .profile = Profile::rtp_savp, .cast = Cast::unicast, .client_port = PortPair{42510, 42511}};
  // GStreamer, live555 and gortsplib write the first.
  CHECK(only("RTP/SAVP;unicast;client_port=42510-42511") == udp);
  CHECK(only("RTP/SAVP/UDP;unicast;client_port=42510-42511") == udp);
  CHECK(only("rtp/savp/udp;unicast;client_port=42510-42511") == udp);
  CHECK(serialize(udp) == "RTP/SAVP;unicast;client_port=42510-42511");

  const TransportSpec tcp{.profile = Profile::rtp_savp,
                          .lower = LowerTransport::tcp,
                          .cast = Cast::unicast,
                          .interleaved = PortPair{0, 1},
                          .ssrc = 0xf135039b};
  CHECK(only("RTP/SAVP/TCP;unicast;interleaved=0-1;ssrc=F135039B") == tcp);
  CHECK(serialize(tcp) == "RTP/SAVP/TCP;unicast;interleaved=0-1;ssrc=F135039B");

  for (const char* other :
       {"RTP/SAVPF;unicast", "RTP/SAVP/SCTP;unicast", "RTP/SAVP/TCP/TLS", "UDP/TLS/RTP/SAVP"})
    CHECK(!only(other).supported());
  const auto specs = all("RTP/SAVP;unicast;client_port=5000-5001,RTP/AVP;unicast;client_port=5000-5001");
  REQUIRE(specs.size() == 2);
  CHECK(specs[0].profile == Profile::rtp_savp);
  CHECK(specs[1].profile == Profile::rtp_avp);
}

TEST_CASE("rtsp transport: the answer of live555", "[rtsp]") {
  constexpr std::string_view unicast =
      "RTP/AVP;unicast;destination=192.0.2.1;source=192.0.2.2;client_port=6970-6971;server_port=6972-6973";
  const auto spec = only(unicast);
  CHECK(spec.destination == "192.0.2.1");
  CHECK(spec.source == "192.0.2.2");
  CHECK(spec.server_port == PortPair{6972, 6973});
  CHECK(serialize(spec) == unicast);
  constexpr std::string_view multicast =
      "RTP/AVP;multicast;destination=232.1.2.3;source=192.0.2.2;port=18888-18889;ttl=255";
  CHECK(only(multicast).port == PortPair{18888, 18889});
  CHECK(serialize(only(multicast)) == multicast);
}

TEST_CASE("rtsp transport: ports", "[rtsp]") {
  CHECK(only("RTP/AVP;client_port=5000").client_port == PortPair{5000, 5001});
  CHECK(only("RTP/AVP;client_port=0").client_port == PortPair{0, 1});
  CHECK(only("RTP/AVP;client_port=0-0").client_port == PortPair{0, 0});
  CHECK(only("RTP/AVP;client_port=65534-65535").client_port == PortPair{65534, 65535});
  CHECK(only("RTP/AVP/TCP;interleaved=254").interleaved == PortPair{254, 255});
  for (const char* bad : {"client_port=65535",
                          "client_port=65536",
                          "client_port=1-65536",
                          "client_port=5001-5000",
                          "client_port=",
                          "client_port",
                          "client_port=-1",
                          "client_port=a-b",
                          "client_port=1-",
                          "client_port=1-2-3",
                          "client_port=5000-5001x",
                          "interleaved=255",
                          "interleaved=0-256",
                          "interleaved=-1-0",
                          "port=x",
                          "server_port=x",
                          "ttl=256",
                          "ttl=-1",
                          "ttl=",
                          "layers=x",
                          "ssrc=xyz",
                          "ssrc=123456789",
                          "ssrc=",
                          "destination=\"a;b\""}) {
    INFO(bad);
    const auto specs = parse_transport(std::string("RTP/AVP;unicast;") + bad);
    REQUIRE(!specs.ok());
    CHECK(specs.error().code == Errc::invalid);
  }
}

TEST_CASE("rtsp transport: an unknown profile is an alternative that is not supported", "[rtsp]") {
  const auto specs =
      all("RTP/AVPF;unicast;client_port=1-2,RAW/RAW/UDP;unicast,x-real-rdt/tcp;x=,RTP/AVP/TCP");
  REQUIRE(specs.size() == 4);
  CHECK(!specs[0].supported());
  CHECK(specs[1].profile_name == "RAW/RAW/UDP");
  CHECK(!specs[2].supported());
  CHECK(specs[3].supported());
}

TEST_CASE("rtsp transport: other parameters", "[rtsp]") {
  const auto spec = only(
      "RTP/AVP ; Unicast ;x-dynamic=\"a,b;c\"; append ;layers=2;ssrc=0aB1;mode = \"play\"; destination;");
  CHECK(spec.cast == Cast::unicast);
  CHECK(spec.append);
  CHECK(spec.layers == 2u);
  CHECK(spec.ssrc == 0x0ab1u);
  CHECK(spec.mode == TransportMode::play);
  CHECK(spec.destination == "");
  CHECK(only("RTP/AVP;mode=\"PLAY,RECORD\"").mode == TransportMode::unsupported);
}

TEST_CASE("rtsp transport: malformed", "[rtsp]") {
  for (const char* bad : {"", "  ", ",", "RTP/AVP,", ",RTP/AVP", "RTP/AVP,,RTP/AVP", ";unicast", "RTP//AVP",
                          "/AVP", "RTP/", "RTP AVP;unicast", "RTP/AVP;mode=\"PLAY", "unicast=1;RTP/AVP"}) {
    INFO(bad);
    CHECK(!parse_transport(bad).ok());
  }
}

TEST_CASE("rtsp transport: answers", "[rtsp]") {
  CHECK(serialize(TransportSpec{.cast = Cast::unicast,
                                .client_port = PortPair{5000, 5001},
                                .server_port = PortPair{8000, 8001},
                                .ssrc = 0x1a2b,
                                .mode = TransportMode::play}) ==
        "RTP/AVP;unicast;client_port=5000-5001;server_port=8000-8001;ssrc=00001A2B;mode=\"PLAY\"");
  CHECK(serialize(TransportSpec{.lower = LowerTransport::tcp,
                                .cast = Cast::unicast,
                                .interleaved = PortPair{0, 1},
                                .ssrc = 0xdeadbeef}) == "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=DEADBEEF");
  CHECK(serialize(TransportSpec{.profile = Profile::rtp_savp,
                                .cast = Cast::multicast,
                                .port = PortPair{7000, 7001},
                                .destination = "239.0.0.1",
                                .ttl = 16}) ==
        "RTP/SAVP;multicast;destination=239.0.0.1;port=7000-7001;ttl=16");
}
