#include "media/live/unfinished_pictures.h"

#include <array>
#include <catch2/catch.hpp>

#include "protocol/rtp/header.h"

using namespace lectern;
using namespace lectern::media;

namespace {

constexpr std::string_view sdp =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\n"
    "m=video 0 RTP/AVP 26\r\n";

void see(UnfinishedPictures& pictures, std::uint8_t type, bool marker) {
  std::array<std::byte, rtp::header_size> packet{};
  rtp::write_header({marker, type, 1, 2, 3}, packet);
  pictures.see(packet);
}

}  // namespace

TEST_CASE("a picture is unfinished until the packet with the marker came") {
  UnfinishedPictures pictures(sdp);
  CHECK_FALSE(pictures.contains(0));
  see(pictures, 96, false);
  CHECK(pictures.contains(0));
  see(pictures, 96, false);
  CHECK(pictures.contains(0));
  see(pictures, 96, true);
  CHECK_FALSE(pictures.contains(0));
}

TEST_CASE(
    "of each track of video its own packets tell, and nothing of sound, whose marker means another thing") {
  UnfinishedPictures pictures(sdp);
  see(pictures, 97, false);
  CHECK_FALSE(pictures.contains(1));
  see(pictures, 26, false);
  CHECK_FALSE(pictures.contains(0));
  CHECK(pictures.contains(2));
  see(pictures, 96, true);
  CHECK(pictures.contains(2));
  CHECK_FALSE(pictures.contains(3));
}

TEST_CASE("a sender report and what is no packet tell nothing of pictures") {
  UnfinishedPictures pictures(sdp);
  see(pictures, 96, false);
  constexpr std::array report{std::byte{0x80}, std::byte{200}, std::byte{0}, std::byte{6}};
  pictures.see(report);
  pictures.see(Bytes(report).first(1));
  pictures.see({});
  CHECK(pictures.contains(0));
  CHECK_FALSE(UnfinishedPictures("no SDP").contains(0));
}
