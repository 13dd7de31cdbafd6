#include <catch2/catch.hpp>
#include <random>

#include "protocol/rtsp/key_mgmt.h"
#include "protocol/rtsp/media_type.h"
#include "protocol/rtsp/range.h"
#include "protocol/rtsp/rtp_info.h"
#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/speed.h"
#include "protocol/rtsp/transport.h"
#include "protocol/rtsp/url.h"

using namespace lectern;
using namespace lectern::rtsp;

namespace {

std::string mutate(std::string text, std::mt19937& random) {
  constexpr std::string_view telling{" :;,=-.\"/%@[]*?TZ0129\0\xff", 23};
  for (std::size_t count = 1 + random() % 3; count > 0; --count) {
    const std::size_t at = random() % (text.size() + 1);
    const std::size_t size = std::min<std::size_t>(1 + random() % 8, text.size() - at);
    const char c = telling[random() % telling.size()];
    switch (random() % 4) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(at, text.substr(at, size));
        break;
      default:
        if (at < text.size()) text[at] = c;
    }
  }
  return text;
}

/// Mutates the seeds; what `parse` takes must, written by `write`, be taken again as the same value.
template <typename Parse, typename Write>
void check_mutations(std::initializer_list<std::string_view> seeds, Parse parse, Write write) {
  std::mt19937 random{7};
  std::size_t read = 0, refused = 0;
  for (const std::string_view seed : seeds) {
    for (int round = 0; round < 4000; ++round) {
      const std::string text = mutate(std::string(seed), random);
      const auto value = parse(text);
      if (!value) {
        ++refused;
        continue;
      }
      ++read;
      const std::string again = write(*value);
      const auto second = parse(again);
      if (!second || !(*second == *value)) {
        CAPTURE(text, again);
        FAIL("does not read back the same");
      }
    }
  }
  CHECK(read > 500);
  CHECK(refused > 500);
}

constexpr auto write_out = [](const auto& value) { return serialize(value); };

}  // namespace

TEST_CASE("rtsp headers: mutated values are refused or read back the same", "[rtsp][mutation]") {
  SECTION("range") {
    check_mutations({"npt=123.45-125", "npt=12:05:35.3-", "npt=now-", "smpte=10:07:00-10:07:33:05.01",
                     "smpte-25=10:07:00-10:07:33:05.01", "clock=19961108T142300Z-19961108T143520.25Z"},
                    parse_range, write_out);
  }
  SECTION("rtp-info") {
    check_mutations({"url=rtsp://h/a,b/track1;seq=52431;rtptime=3041233511,url=\"x\";seq=1"}, parse_rtp_info,
                    write_out);
  }
  SECTION("key management") {
    check_mutations(
        {"prot=mikey;uri=\"rtsp://h/a,b\";data=\"AQAFAA==\"", "prot=mikey; data=AQAF,prot=x;data=\"AQ\""},
        parse_key_mgmt, write_out);
  }
  SECTION("session") {
    check_mutations({"7CC8A6D5;timeout=60"}, parse_session, write_out);
  }
  SECTION("scale") {
    check_mutations({"-1.5", "12.25"}, parse_scale, format_scale);
  }
  SECTION("media type") {
    check_mutations({"application/sdp;x=1"}, parse_media_type, [](const std::string& type) { return type; });
  }
  SECTION("url") {
    check_mutations(
        {"rtsp://host:8554/a%20b/c?d=e", "rtsps://[2001:db8::1]/a", "/a/b?c"},
        [](std::string_view text) -> Result<Url> {
          auto url = parse_url(text);
          if (url) url->user = url->password = std::nullopt;  // never written
          return url;
        },
        write_out);
  }
  SECTION("transport") {
    check_mutations(
        {"RTP/AVP;unicast;destination=192.0.2.1;source=h;client_port=6970-6971;server_port=6972-6973;ssrc=1A",
         "RTP/SAVP/TCP;interleaved=0-1;mode=\"PLAY\"", "RTP/AVP;multicast;port=1-2;ttl=127;layers=1;append"},
        [](std::string_view text) -> Result<TransportSpec> {
          auto specs = parse_transport(text);
          if (!specs) return specs.error();
          TransportSpec spec = specs->front();
          if (spec.mode == TransportMode::unsupported) spec.mode = std::nullopt;  // never written
          return spec;
        },
        write_out);
  }
}
