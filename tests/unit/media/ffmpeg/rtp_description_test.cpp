#include "media/ffmpeg/rtp_description.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/codec_par.h>
}

#include "media/ffmpeg/handles.h"

using namespace lectern;
using namespace lectern::media;

TEST_CASE("libavformat's description is read", "[media]") {
  // ffmpeg -i a.mp4 -c copy -f rtp rtp://127.0.0.1:9999, shortened
  const auto aac = parse_rtp_description(
      "v=0\r\nm=audio 9999 RTP/AVP 97\r\nb=AS:13\r\na=rtpmap:97 MPEG4-GENERIC/8000/1\r\n"
      "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13; config=1588\r\n");
  REQUIRE(aac);
  CHECK(aac->encoding == "MPEG4-GENERIC");
  CHECK(aac->clock_rate == 8000);
  CHECK(aac->channels == 1);
  CHECK(aac->fmtp == "profile-level-id=1;mode=AAC-hbr;sizelength=13;config=1588");
  const auto fixed = parse_rtp_description("m=video 0 RTP/AVP 32\r\n");
  REQUIRE(fixed);
  CHECK(fixed->encoding.empty());
  CHECK_FALSE(parse_rtp_description("a=rtpmap:96 X/0\r\n"));
  CHECK_FALSE(parse_rtp_description("a=rtpmap:96 X\r\n"));
  CHECK_FALSE(parse_rtp_description("a=rtpmap:96\r\n"));
}

TEST_CASE("libavformat describes codecs", "[media]") {
  const CodecParameters parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = AV_CODEC_ID_MPEG4;
  const auto description = describe_for_rtp(*parameters);
  REQUIRE(description);
  CHECK(description->encoding == "MP4V-ES");
  CHECK(description->clock_rate == 90000);
  CHECK(description->channels == 0);
  CHECK(description->fmtp == "profile-level-id=1");
  // Vorbis without its headers
  parameters->codec_type = AVMEDIA_TYPE_AUDIO;
  parameters->codec_id = AV_CODEC_ID_VORBIS;
  CHECK_FALSE(describe_for_rtp(*parameters).ok());
}
