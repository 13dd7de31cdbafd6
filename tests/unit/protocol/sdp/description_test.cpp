#include "protocol/sdp/description.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/unit/protocol/sdp/samples.h"

using namespace lectern;
using namespace lectern::sdp;

TEST_CASE("the SDP of FFmpeg is read", "[sdp]") {
  const auto parsed = parse(samples::ffmpeg);
  REQUIRE(parsed.ok());
  CHECK(parsed->origin == Origin{"-", "0", "0", "IN", "IP4", "127.0.0.1"});
  CHECK(parsed->name == "No Name");
  CHECK(parsed->time == Time{0, 0});
  CHECK_FALSE(parsed->connection);
  CHECK(find_attribute(parsed->attributes, "tool") == "libavformat LIBAVFORMAT_VERSION");
  REQUIRE(parsed->media.size() == 2);
  const Media& video = parsed->media[0];
  CHECK(video.media == "video");
  CHECK(video.port == 25004);
  CHECK(video.port_count == 1);
  CHECK(video.profile == "RTP/AVP");
  CHECK(video.formats == std::vector<std::string>{"96"});
  CHECK(video.connection == Connection{"IN", "IP4", "127.0.0.1"});
  CHECK(video.bandwidths.empty());
  CHECK(video.attributes ==
        std::vector<Attribute>{{"rtpmap", "96 H264/90000"}, {"fmtp", "96 packetization-mode=1"}});
  const Media& audio = parsed->media[1];
  CHECK(audio.media == "audio");
  CHECK(audio.bandwidths == std::vector<Bandwidth>{{"AS", 64}});
  CHECK(find_attribute(audio.attributes, "rtpmap") == "97 MPEG4-GENERIC/48000/2");
  CHECK_FALSE(find_attribute(audio.attributes, "control"));
}

TEST_CASE("the SDP of LIVE555 is read", "[sdp]") {
  const auto parsed = parse(samples::live555);
  REQUIRE(parsed.ok());
  CHECK(parsed->origin.session_id == "1620066173760872");
  CHECK(parsed->origin.version == "1");
  CHECK(parsed->name == "Matroska video+audio+(optional)subtitles, streamed by the LIVE555 Media Server");
  CHECK(parsed->information == "media/lots_015.mkv");
  CHECK(find_attribute(parsed->attributes, "control") == "*");
  CHECK(find_attribute(parsed->attributes, "range") == "npt=0-73.000");
  REQUIRE(parsed->media.size() == 1);
  CHECK(parsed->media[0].port == 0);
  CHECK(parsed->media[0].bandwidths == std::vector<Bandwidth>{{"AS", 500}});
  CHECK(find_attribute(parsed->media[0].attributes, "control") == "track1");
}

TEST_CASE("the SDP of a camera with LF ends, and its lines in another order, is read", "[sdp]") {
  const auto parsed = parse(samples::ip_camera);
  REQUIRE(parsed.ok());
  CHECK(parsed->time == Time{0, 0});
  CHECK(parsed->attributes.size() == 6);
  REQUIRE(parsed->media.size() == 2);
  CHECK(parsed->media[1].formats == std::vector<std::string>{"0"});
  CHECK(find_attribute(parsed->media[1].attributes, "control") == "track2");
}

TEST_CASE("the multicast SDP of an Axis camera is read", "[sdp]") {
  const auto parsed = parse(samples::axis_multicast);
  REQUIRE(parsed.ok());
  CHECK(parsed->connection == Connection{"IN", "IP4", "239.194.168.96/5"});
  CHECK(find_attribute(parsed->attributes, "source-filter") == " incl IN IP4 239.194.168.96 192.168.0.30");
  CHECK_FALSE(parsed->media[0].connection);
}

TEST_CASE("a description is written line for line as it was read", "[sdp]") {
  for (const std::string_view sample :
       {samples::ffmpeg, samples::ffmpeg_audio, samples::live555, samples::axis_multicast}) {
    const auto parsed = parse(sample);
    REQUIRE(parsed.ok());
    CHECK(serialize(*parsed) == sample);
  }
}

TEST_CASE("lines are written in the order of RFC 4566", "[sdp]") {
  SessionDescription description;
  description.origin = {"-", "1", "2", "IN", "IP6", "::1"};
  description.name = "Lecture";
  description.information = "about";
  description.connection = Connection{"IN", "IP4", "239.0.0.1/16"};
  description.bandwidths = {{"AS", 5000}, {"TIAS", 4800000}};
  description.attributes = {{"control", "*"}, {"recvonly", ""}};
  Media media;
  media.media = "video";
  media.port = 5000;
  media.port_count = 2;
  media.profile = "RTP/SAVP";
  media.formats = {"96", "97"};
  media.title = "camera";
  media.connection = Connection{"IN", "IP6", "ff1e::1"};
  media.bandwidths = {{"AS", 1}};
  media.attributes = {{"rtpmap", "96 H264/90000"}};
  description.media = {media};
  const std::string text = serialize(description);
  CHECK(text ==
        "v=0\r\no=- 1 2 IN IP6 ::1\r\ns=Lecture\r\ni=about\r\nc=IN IP4 239.0.0.1/16\r\n"
        "b=AS:5000\r\nb=TIAS:4800000\r\nt=0 0\r\na=control:*\r\na=recvonly\r\n"
        "m=video 5000/2 RTP/SAVP 96 97\r\ni=camera\r\nc=IN IP6 ff1e::1\r\nb=AS:1\r\na=rtpmap:96 "
        "H264/90000\r\n");
  CHECK(*parse(text) == description);
}

TEST_CASE("a session without a name is written with a dash", "[sdp]") {
  CHECK(serialize({}) == "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
  CHECK(parse("v=0\r\ns= \r\n")->name.empty());
  CHECK(parse("v=0\r\ns=-\r\n")->name.empty());
}

TEST_CASE("values cannot begin a line or a field of their own", "[sdp]") {
  SessionDescription description;
  description.origin.username = "a b\r\nm=video 1 RTP/AVP 1";
  description.name = std::string("x\r\na=evil\0y", 11);
  description.information = "\na=evil";
  description.connection = Connection{"IN", "IP4", "1.2.3.4\na=evil"};
  description.bandwidths = {{"AS:1\r\na=evil", 1}};
  description.attributes = {{"tool:x", "1\r\na=evil"}, {"a\nb", ""}, {"", "dropped"}};
  const std::string text = serialize(description);
  CHECK(text ==
        "v=0\r\no=a_b__m=video_1_RTP/AVP_1 0 0 IN IP4 0.0.0.0\r\ns=x  a=evil y\r\ni= a=evil\r\n"
        "c=IN IP4 1.2.3.4_a=evil\r\nb=AS_1__a=evil:1\r\nt=0 0\r\na=tool_x:1  a=evil\r\na=a b\r\n");
  const auto parsed = parse(text);
  REQUIRE(parsed.ok());
  CHECK(parsed->media.empty());
  CHECK(parsed->attributes.size() == 2);
}

TEST_CASE("what products write oddly is skipped", "[sdp]") {
  const std::string text =
      "\r\nv=0\r\r\no=nonsense\n\nb=AS:\nb=X\nt=0\nq=?\nZ=\na=\nk=prompt\n"
      "m=audio 0 RTP/AVP\t0  8 \nb=AS:64 \nc=IN IP4 224.2.1.1/127\n"
      "c=IN IP4 224.2.1.2/127\na=sendonly";
  const auto parsed = parse(text + std::string(2, '\0'));
  REQUIRE(parsed.ok());
  CHECK(parsed->origin == Origin{});
  CHECK(parsed->bandwidths.empty());
  CHECK(parsed->attributes.empty());
  REQUIRE(parsed->media.size() == 1);
  CHECK(parsed->media[0].formats == std::vector<std::string>{"0", "8"});
  CHECK(parsed->media[0].bandwidths == std::vector<Bandwidth>{{"AS", 64}});
  CHECK(parsed->media[0].connection->address == "224.2.1.1/127");
  CHECK(parsed->media[0].attributes.size() == 1);
}

TEST_CASE("a malformed description is invalid", "[sdp]") {
  const std::vector<std::string> malformed = {
      "",
      "\r\n\r\n",
      "o=- 0 0 IN IP4 0.0.0.0\r\n",
      "v=1\r\n",
      "hello",
      "v=0\r\nhello\r\n",
      "v=0\r\n=\r\n",
      "v=0\r\nc=IN IP4\r\n",
      "v=0\r\nm=video\r\n",
      "v=0\r\nm=video 0 RTP/AVP\r\n",
      "v=0\r\nm=video 65536 RTP/AVP 96\r\n",
      "v=0\r\nm=video -1 RTP/AVP 96\r\n",
      "v=0\r\nm=video 5000/0 RTP/AVP 96\r\n",
      "v=0\r\nm=video x RTP/AVP 96\r\n",
      std::string("v=0\r\na=x\0y\r\n", 12),
  };
  for (const std::string& text : malformed) {
    INFO(text);
    const auto parsed = parse(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("a description over a limit is too large", "[sdp]") {
  const Limits limits{200, 20, 5, 2};
  const auto code = [&limits](std::string text) { return parse(text, limits).error().code; };
  CHECK(parse("v=0\na=" + std::string(18, 'x'), limits).ok());
  CHECK(code("v=0\na=" + std::string(19, 'x')) == Errc::too_large);
  CHECK(parse("v=0\na=1\na=2\na=3\na=4\n", limits).ok());
  CHECK(code("v=0\na=1\na=2\na=3\na=4\na=5\n") == Errc::too_large);
  CHECK(parse("v=0\nm=a 0 R 0\nm=a 0 R 0\n", limits).ok());
  CHECK(code("v=0\nm=a 0 R 0\nm=a 0 R 0\nm=a 0 R 0\n") == Errc::too_large);
  CHECK(code("v=0\n" + std::string(197, '\n')) == Errc::too_large);
  CHECK(parse("v=0\n" + std::string(196, '\n'), limits).ok());
}
