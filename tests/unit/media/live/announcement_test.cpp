#include "media/live/announcement.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::media;

namespace {

Result<Announcement> announcement_of(const std::string& media) {
  const auto description = sdp::parse("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=A talk\r\nt=0 0\r\n" + media);
  REQUIRE(description.ok());
  return read_announcement(*description);
}

Errc refusal(const std::string& media) {
  const auto announcement = announcement_of(media);
  REQUIRE_FALSE(announcement.ok());
  CHECK_FALSE(announcement.error().message.empty());
  return announcement.error().code;
}

}  // namespace

TEST_CASE("what FFmpeg announces is read, and told to the demuxer", "[announcement]") {
  const auto read = announcement_of(
      "a=tool:libavformat 59.27.100\r\n"
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; "
      "sprop-parameter-sets=Z,a\r\n"
      "a=control:streamid=0\r\n"
      "m=audio 0 RTP/AVP 97\r\nb=AS:69\r\na=rtpmap:97 MPEG4-GENERIC/44100/1\r\na=fmtp:97 config=1208\r\n"
      "a=key-mgmt:mikey AAAA\r\na=control:streamid=1\r\n");
  REQUIRE(read.ok());
  REQUIRE(read->tracks.size() == 2);
  const AnnouncedTrack &video = read->tracks[0], &audio = read->tracks[1];
  CHECK(video.control == "streamid=0");
  CHECK(video.payload_type == 96);
  CHECK(video.inner_payload_type == 96);
  CHECK(video.clock_rate == 90'000);
  CHECK(video.served);
  CHECK(audio.payload_type == 97);
  CHECK(audio.clock_rate == 44'100);
  CHECK(audio.inner_ssrc != video.inner_ssrc);
  CHECK(read->inner_sdp ==
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=A talk\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; "
        "sprop-parameter-sets=Z,a\r\n"
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/44100/1\r\na=fmtp:97 config=1208\r\n");
}

TEST_CASE("tracks of one payload type, or of one that looks like RTCP, have others inside",
          "[announcement]") {
  const auto read = announcement_of(
      "m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n"
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=video 0 RTP/SAVPF 72\r\na=rtpmap:72 VP8/90000\r\n"
      "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1\r\n");
  REQUIRE(read.ok());
  std::vector<unsigned> inner;
  for (const AnnouncedTrack& track : read->tracks) inner.push_back(track.inner_payload_type);
  CHECK(inner == std::vector<unsigned>{0, 96, 97, 98, 99});
  CHECK(read->tracks[1].control == "track2");
  const auto has = [&](const std::string& text) { return read->inner_sdp.find(text) != std::string::npos; };
  CHECK(has("m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 96\r\na=rtpmap:96 PCMU/8000/1\r\n"));
  CHECK(has("m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"));
  CHECK(has("m=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n"));
  CHECK(has("m=audio 0 RTP/AVP 99\r\na=rtpmap:99 opus/48000/2\r\na=fmtp:99 stereo=1\r\n"));
}

TEST_CASE("what is neither sound nor pictures is taken, and not served", "[announcement]") {
  const auto read =
      announcement_of("m=audio 0 RTP/AVP 8\r\nm=application 0 RTP/AVP 107\r\na=control:meta\r\n");
  REQUIRE(read.ok());
  REQUIRE(read->tracks.size() == 2);
  CHECK_FALSE(read->tracks[1].served);
  CHECK(read->tracks[1].control == "meta");
  CHECK(read->inner_sdp.find("application") == std::string::npos);
}

TEST_CASE("an announcement that cannot be right says why", "[announcement]") {
  CHECK(refusal("") == Errc::invalid);
  CHECK(refusal("m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n") == Errc::invalid);
  CHECK(refusal("m=audio 0 RTP/AVP 96\r\n") == Errc::invalid);
  CHECK(refusal("m=audio 0 RTP/AVP 128\r\n") == Errc::invalid);
  CHECK(refusal("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\n") == Errc::invalid);
  CHECK(refusal("m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/0\r\n") == Errc::invalid);
  CHECK(refusal("m=audio 0 RTP/AVP 0\r\na=control:x\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n") ==
        Errc::invalid);
  CHECK(refusal("m=application 0 RTP/AVP 96\r\n") == Errc::unsupported);
  std::string many, wide = "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 vorbis/48000/2\r\n";
  for (std::size_t i = 0; i <= max_announced_tracks; ++i) many += "m=audio 0 RTP/AVP 0\r\n";
  CHECK(refusal(many) == Errc::too_large);
  for (int i = 0; i < 3; ++i) wide += "a=fmtp:96 configuration=" + std::string(6000, 'A') + "\r\n";
  CHECK(refusal(wide) == Errc::too_large);
}
