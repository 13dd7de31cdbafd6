#include "protocol/rtsp/rtp_info.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;

TEST_CASE("rtsp rtp-info: the example of RFC 2326 12.33", "[rtsp]") {
  const auto streams = parse_rtp_info(
      "url=rtsp://foo.com/bar.avi/streamid=0;seq=45102, url=rtsp://foo.com/bar.avi/streamid=1;seq=30211");
  REQUIRE(streams.ok());
  CHECK(*streams == std::vector<RtpInfo>{{"rtsp://foo.com/bar.avi/streamid=0", 45102, std::nullopt},
                                         {"rtsp://foo.com/bar.avi/streamid=1", 30211, std::nullopt}});
}

TEST_CASE("rtsp rtp-info: live555, commas in the URL", "[rtsp]") {
  constexpr std::string_view text =
      "url=rtsp://192.0.2.7:8554/a,b.mkv/track1;seq=52431;rtptime=3041233511,"
      "url=rtsp://192.0.2.7:8554/a,b.mkv/track2;seq=3034;rtptime=718446351";
  const auto streams = parse_rtp_info(text);
  REQUIRE(streams.ok());
  REQUIRE(streams->size() == 2);
  CHECK((*streams)[0] == RtpInfo{"rtsp://192.0.2.7:8554/a,b.mkv/track1", 52431, 3041233511u});
  CHECK(serialize(*streams) == text);
}

TEST_CASE("rtsp rtp-info: quotes, order, unknown parameters", "[rtsp]") {
  const auto streams = parse_rtp_info("URL=\"trackID=1\"; RTPTIME=0 ;x;ssrc=1;Seq=0");
  REQUIRE(streams.ok());
  CHECK(*streams == std::vector<RtpInfo>{{"trackID=1", 0, 0}});
}

TEST_CASE("rtsp rtp-info: malformed", "[rtsp]") {
  for (const char* bad :
       {"", ",", "seq=1", "url=;seq=1", "url=a;seq=65536", "url=a;seq=-1", "url=a;rtptime=4294967296",
        "url=a;seq=", "url=a;rtptime=x", "url=\"a", "url=a;seq=1,url="})
    CHECK(!parse_rtp_info(bad).ok());
}
