// The tests' own tools, against bytes that were composed by hand: `conformance-tests [support]` needs no
// server.
#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/player.h"
#include "tests/support/sample_media.h"
#include "tests/support/transcript.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

// Accepts one connection and says `bytes`.
class Speaker {
 public:
  explicit Speaker(const std::string& bytes) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto any = Address::of("127.0.0.1", 0);
    REQUIRE(::bind(listener_.fd(), any.raw(), any.size) == 0);
    REQUIRE(::listen(listener_.fd(), 1) == 0);
    thread_ = std::thread([this, bytes] {
      const Socket peer(::accept(listener_.fd(), nullptr, nullptr));
      for (const char byte : bytes) ::send(peer.fd(), &byte, 1, MSG_NOSIGNAL);
    });
  }
  ~Speaker() { thread_.join(); }
  std::uint16_t port() const { return local_port(listener_); }

 private:
  Socket listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("answers and frames are told apart, in order", "[support]") {
  const Speaker speaker(
      "$\x02\x00\x03"s
      "abc"
      "RTSP/1.0 200 All fine\r\nCSeq: 1\r\nsession:  ab12 ;timeout=60 \r\nContent-Length: 2\r\n\r\nhi"
      "$\x00\x00\x00"s
      "RTSP/1.0 454 Session Not Found\r\n\r\n");
  RtspClient client("127.0.0.1", speaker.port());
  const auto first = client.answer();
  CHECK(first.status == 200);
  CHECK(first.reason == "All fine");
  CHECK(first.header("SESSION") == "ab12 ;timeout=60");
  CHECK(first.session() == "ab12");
  CHECK(first.body == "hi");
  CHECK_FALSE(first.has("Transport"));
  const auto passed = client.passed();
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].channel == 2);
  CHECK(passed[0].data == "abc");
  const auto empty = client.frame();
  REQUIRE(empty);
  CHECK(empty->data.empty());
  CHECK(client.answer().status == 454);
  CHECK(client.closes());
  CHECK(client.answer().status == 0);
}

TEST_CASE("RTP of RFC 3550 5.1, with CSRC, extension and padding", "[support]") {
  const auto plain = parse_rtp("\x80\xe0\x12\x34\x00\x00\x00\x64\xde\xad\xbe\xef\x65"s);
  REQUIRE(plain);
  CHECK(plain->marker);
  CHECK(plain->payload_type == 96);
  CHECK(plain->seq == 0x1234);
  CHECK(plain->timestamp == 100);
  CHECK(plain->ssrc == 0xdeadbeef);
  CHECK(plain->payload == "e");
  const auto full = parse_rtp(
      "\xb1\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"s
      "CSRC\xbe\xde\x00\x01"s
      "EXT.payload\x00\x02"s);
  REQUIRE(full);
  CHECK_FALSE(full->marker);
  CHECK(full->payload == "payload");
  CHECK_FALSE(parse_rtp("\x80\xe0\x12"));
  CHECK_FALSE(parse_rtp("\x40\xe0\x12\x34\x00\x00\x00\x64\xde\xad\xbe\xef"s));
}

TEST_CASE("RTCP: SR, SDES and BYE of RFC 3550 6.4 to 6.6", "[support]") {
  const auto sr =
      "\x80\xc8\x00\x06\x00\x00\x00\x09\xe8\xfa\x2a\x00\x80\x00\x00\x00\x00\x01\x5f\x90\x00\x00\x00\x05\x00\x00\x01\x00"s;
  const auto parsed = parse_rtcp(sr + "\x81\xca\x00\x03\x00\x00\x00\x09\x01\x04me@h\x00\x00"s +
                                 "\x81\xcb\x00\x01\x00\x00\x00\x09"s);
  REQUIRE(parsed);
  REQUIRE(parsed->report);
  CHECK(parsed->ssrc == 9);
  CHECK(parsed->report->ntp == 0xe8fa2a0080000000u);
  CHECK(parsed->report->rtp_time == 90000);
  CHECK(parsed->report->packets == 5);
  CHECK(parsed->report->octets == 256);
  CHECK(parsed->cname == "me@h");
  CHECK(parsed->bye);
  CHECK_FALSE(parse_rtcp(sr.substr(0, 20)));
  CHECK_FALSE(parse_rtcp("\x81\xcb\x00\x01\x00\x00\x00\x09"s));
  CHECK_FALSE(parse_rtcp(""));
  const auto bye = parse_rtcp(receiver_bye(7));
  REQUIRE(bye);
  CHECK(bye->ssrc == 7);
  CHECK(bye->cname == "test");
  CHECK(bye->bye);
  // 2208988800 seconds lie between 1900 and 1970. RFC 868.
  CHECK(unix_seconds(std::uint64_t{2208988801u} << 32 | 0x80000000u) == 1.5);
}

TEST_CASE("H.264 payloads: single, FU-A, STAP-A", "[support]") {
  CHECK(h264_types("\x65\x88") == std::vector{5});
  CHECK(h264_types("\x7c\x81\x00"s) == std::vector{1});
  CHECK(h264_types("\x78\x00\x02\x67\x42\x00\x01\x68"s) == std::vector{7, 8});
  CHECK(h264_types("").empty());
}

TEST_CASE("headers and SDP come apart", "[support]") {
  const auto infos =
      parse_rtp_info("url=rtsp://h/a/track1;seq=7;rtptime=4294967295, url=rtsp://h/a/track2;seq=65536");
  REQUIRE(infos.size() == 2);
  CHECK(infos[0].url == "rtsp://h/a/track1");
  CHECK(infos[0].seq == 7);
  CHECK(infos[0].rtptime == 4294967295u);
  CHECK_FALSE(infos[1].seq);
  CHECK_FALSE(infos[1].rtptime);
  const auto range = parse_range("npt=3-6.5");
  CHECK((range.unit == "npt" && range.start == "3" && range.end == "6.5"));
  CHECK(parse_range("clock=20260102T030408Z-").end.empty());
  CHECK(parameter("RTP/AVP;unicast;client_port=5000-5001", "CLIENT_PORT") == "5000-5001");
  CHECK(parameter("RTP/AVP;unicast", "ssrc").empty());

  const auto sdp = parse_sdp(
      "v=0\r\ns=-\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
      "a=control:track1\r\nm=audio 0 RTP/AVP 0\r\n");
  CHECK(sdp.session.value("a=control:") == "*");
  REQUIRE(sdp.media.size() == 2);
  CHECK(sdp.media[0].kind() == "video");
  CHECK(sdp.media[0].payload_type() == 96);
  CHECK(sdp.media[0].encoding() == "H264");
  CHECK(sdp.media[0].clock_rate() == 90000);
  CHECK(sdp.media[1].payload_type() == 0);
  CHECK(sdp.media[1].encoding().empty());
  CHECK(resolve("rtsp://h/a/", "track1") == "rtsp://h/a/track1");
  CHECK(resolve("rtsp://h/a/", "*") == "rtsp://h/a/");
  CHECK(resolve("rtsp://h/a/", "rtsp://h/b") == "rtsp://h/b");
}

TEST_CASE("UDP pairs are even and odd and reach each other", "[support]") {
  UdpPair one, two;
  CHECK(one.port() % 2 == 0);
  one.send_rtcp(static_cast<std::uint16_t>(two.port() + 1), "report");
  one.send_rtp(two.port(), "media");
  const auto report = two.rtcp();
  REQUIRE(report);
  CHECK(report->data == "report");
  CHECK(report->from.port() == one.port() + 1);
  two.drain();
  CHECK_FALSE(two.rtp(milliseconds(0)));
}

TEST_CASE("bytes are printed so that they can be read", "[support]") {
  CHECK(printable("a\x1b\0b"s) == "a\\x1b\\x00b");
  CHECK(printable("abcdef", 3) == "abc... (6 bytes)");
}

TEST_CASE("the sample media is made", "[support]") {
  const auto& root = SampleMedia::get().root();
  for (const auto* name :
       {"lecture.mp4", "short.mp4", "talk.mp3", "languages.mp4", "flac.mkv", "subtitles.mkv",
        "many-tracks.mp4", "cut.mp4", "season/week 1/Einf\u00fchrung 100%.mp4"}) {
    CAPTURE(name);
    CHECK(std::filesystem::file_size(root / name) > 300);
  }
  CHECK(std::filesystem::is_fifo(root / "pipe.mp4"));
  CHECK(std::filesystem::is_empty(root / "empty.mp4"));
  CHECK(std::filesystem::equivalent(root / "outside.mp4", SampleMedia::get().outside() / "secret.mp4"));
}
