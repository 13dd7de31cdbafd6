// Live media as a viewer meets it: the present, and no other place (RFC 2326 sections 3.6, 10.5, C.1.5).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/conformance/srtp_player.h"
#include "tests/support/made_media.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t video = 0, audio = 1;
constexpr int video_rate = 90'000, audio_rate = 48'000;

/// Key frames a second apart, and 3 MB a second: Linux takes up to 4 MB for a socket that is not read.
std::string busy_file() {
  const auto file = made_media_directory() / "busy-live.mp4";
  encode(file,
         words("-f lavfi -i testsrc2=size=640x360:rate=25:duration=4,noise=alls=100:allf=t"
               " -f lavfi -i sine=frequency=440:sample_rate=48000:duration=4 -c:v libx264 -preset ultrafast"
               " -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0 -b:v 24M -c:a aac -b:a 64k"));
  return file.string();
}

const ServerProcess& live_server() {
  static const ServerProcess process(
      with_config("loops: 1\n"
                  "paths:\n"
                  "  cam: " +
                  looped_lecture() + "  low: " + looped_lecture("latency: low") +
                  "  secret: " + looped_lecture("srtp: required") + "  busy: { source: " + busy_file() +
                  ", loop: yes }\n" + "  /: " + looped_lecture()));
  return process;
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Sound has no random access points: where none has come yet since the picture that playing begins with,
/// RTP-Info names the time of that picture, and the first sound is at most two frames of it away.
void check_first_sound(const Arrived& arrived, const RtpInfo& info) {
  REQUIRE_FALSE(arrived.rtp.empty());
  CHECK(arrived.rtp[0].seq == *info.seq);
  CHECK(std::abs(seconds_between(*info.rtptime, arrived.rtp[0].timestamp, audio_rate)) <=
        2048.0 / audio_rate);
}

}  // namespace

TEST_CASE("DESCRIBE of live media says that it is now, and has no end", "[live]") {
  RtspClient client(live_server().host(), live_server().port());
  const auto describe = [&](const std::string& path) {
    const auto answer = client.request("DESCRIBE", live_server().url(path));
    REQUIRE(answer.status == 200);
    return answer;
  };
  const auto first = describe("/cam");
  const auto sdp = parse_sdp(first.body);
  CHECK(sdp.session.value("a=range:") == "npt=now-");
  CHECK(sdp.session.value("t=") == "0 0");
  REQUIRE(sdp.media.size() == 2);
  CHECK(sdp.media[video].encoding() == "H264");
  CHECK(sdp.media[audio].encoding() == "mpeg4-generic");
  for (const auto& media : sdp.media) CHECK(media.value("a=range:").empty());
  CHECK(first.header("Content-Base") == live_server().url("/cam/"));
  CHECK(parse_sdp(describe("/cam").body).session.value("o=") == sdp.session.value("o="));
  CHECK(parse_sdp(describe("/low").body).session.value("o=") != sdp.session.value("o="));
  CHECK(client.request("DESCRIBE", live_server().url("/cam/track3")).status == 404);
  CHECK(client.request("DESCRIBE", live_server().url("/cam/other.mp4")).status == 404);
}

TEST_CASE("PLAY begins with the newest key frame at once, whatever Range says", "[live]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  const auto* range = GENERATE("", "npt=now-", "npt=0-", "npt=30-35");
  CAPTURE(over == Over::udp, range);
  Player player(live_server(), "/cam");
  player.setup_all(over);
  const auto answer = player.play(*range ? Headers{{"Range", range}} : Headers{});
  const auto answered = Clock::now();
  REQUIRE(answer.status == 200);
  CHECK(answer.header("Range") == "npt=now-");
  CHECK_FALSE(answer.has("Scale"));
  const auto infos = check_rtp_info(player, answer, {video, audio});
  const auto& pictures = player.arrived(video).rtp;
  REQUIRE(receive_until(player, [&] { return std::ranges::any_of(pictures, &RtpPacket::marker); }));
  const auto took = std::chrono::duration<double, std::milli>(Clock::now() - answered).count();
  CHECK(is_key_picture(pictures, 0));
  CHECK(took < 500);
  receive_packets(player, video, 8);
  receive_packets(player, audio, 4);
  check_first(player.arrived(video), infos[video]);
  check_first_sound(player.arrived(audio), infos[audio]);
  check_no_gap(player.arrived(video));
  check_no_gap(player.arrived(audio));
}

TEST_CASE("a Range that is none is refused for live media too", "[live]") {
  Player player(live_server(), "/cam");
  player.setup_all(Over::tcp);
  CHECK(player.play({{"Range", "npt=abc"}}).status == 457);
  CHECK(player.play({{"Range", "furlongs=1-"}}).status == 457);
  CHECK(player.play().status == 200);
}

TEST_CASE("after a PAUSE live media goes on with the present", "[live]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  Player player(live_server(), "/cam");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  receive_packets(player, video, 10);
  receive_packets(player, audio, 4);
  const auto pause = player.pause();
  CHECK(pause.status == 200);
  CHECK_FALSE(pause.has("Range"));
  player.receive(50ms);
  const auto last_picture = player.arrived(video).rtp.back();
  const auto last_sound = player.arrived(audio).rtp.back();
  player.forget_arrived();
  const auto paused = Clock::now();
  player.receive(1600ms);
  CHECK(player.arrived(video).rtp.empty());
  CHECK(player.arrived(audio).rtp.empty());
  const auto answer = player.play();
  const auto away = std::chrono::duration<double>(Clock::now() - paused).count();
  REQUIRE(answer.status == 200);
  CHECK(answer.header("Range") == "npt=now-");
  const auto infos = check_rtp_info(player, answer, {video, audio});
  receive_packets(player, video, 8);
  receive_packets(player, audio, 4);
  check_first(player.arrived(video), infos[video]);
  check_no_gap(player.arrived(video));
  check_no_gap(player.arrived(audio));
  const auto& next = player.arrived(video).rtp.front();
  CHECK(next.seq == static_cast<std::uint16_t>(last_picture.seq + 1));
  CHECK(player.arrived(audio).rtp.front().seq == static_cast<std::uint16_t>(last_sound.seq + 1));
  CHECK(next.ssrc == last_picture.ssrc);
  CHECK(is_key_picture(player.arrived(video).rtp, 0));
  // A key frame a second: what is begun with is at most so old.
  const double passed = seconds_between(last_picture.timestamp, next.timestamp, video_rate);
  CHECK(passed > away - 1.5);
  CHECK(passed < away + 1.5);
  // A pause is not taken for slowness.
  CHECK(count_of(live_server().log(), "does not take /cam") == 0);
}

TEST_CASE("PLAY while it plays changes nothing", "[live]") {
  Player player(live_server(), "/cam");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  receive_packets(player, video, 10);
  const auto again = player.play();
  CHECK(again.status == 200);
  CHECK(again.header("Range") == "npt=now-");
  check_rtp_info(player, again, {video, audio});
  receive_packets(player, video, 10);
  check_no_gap(player.arrived(video));
}

TEST_CASE("live media has one pace: Scale and Speed are answered as 1", "[live]") {
  Player player(live_server(), "/cam");
  player.setup_all(Over::tcp);
  CHECK(player.play({{"Scale", "0"}}).status == 400);
  CHECK(player.play({{"Speed", "-1"}}).status == 400);
  for (const auto* scale : {"2", "-4", "0.25"}) {
    CAPTURE(scale);
    const auto answer = player.play({{"Scale", scale}, {"Speed", "3"}});
    REQUIRE(answer.status == 200);
    CHECK(std::stod(answer.header("Scale")) == 1);
    CHECK(std::stod(answer.header("Speed")) == 1);
    CHECK(answer.header("Range") == "npt=now-");
    check_rtp_info(player, answer, {video, audio});  // with the sound
    REQUIRE(player.pause().status == 200);
  }
  REQUIRE(player.play({{"Speed", "8"}}).status == 200);
  player.forget_arrived();
  const auto begun = Clock::now();
  player.receive(700ms);
  const auto& pictures = player.arrived(video).rtp;
  REQUIRE(pictures.size() > 5);
  const auto took = std::chrono::duration<double>(Clock::now() - begun).count();
  // The burst from the last key frame on is a second at most.
  CHECK(seconds_between(pictures.front().timestamp, pictures.back().timestamp, video_rate) < took + 1.2);
}

TEST_CASE("sender reports map RTP time to when it was captured", "[live]") {
  Player player(live_server(), "/cam");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  receive_packets(player, video, 40);
  receive_packets(player, audio, 10);
  for (const auto track : {video, audio}) {
    const int rate = track == video ? video_rate : audio_rate;
    const auto& arrived = player.arrived(track);
    const double age = unix_now() - captured_at(arrived, arrived.rtp.back().timestamp, rate);
    // Pictures are shown two of them after they are decoded, and so sent.
    CHECK(age > -0.2);
    CHECK(age < 1.5);
  }
}

TEST_CASE("latency: low begins with the next key frame", "[live]") {
  const auto captured_after_play = [](const std::string& path) {
    Player player(live_server(), path);
    player.setup_all(Over::tcp);
    const double asked = unix_now();
    REQUIRE(player.play().status == 200);
    receive_packets(player, video, 6);
    CHECK(is_key_picture(player.arrived(video).rtp, 0));
    return captured_at(player.arrived(video), player.arrived(video).rtp[0].timestamp, video_rate) - asked;
  };
  double oldest = 1;
  for (int i = 0; i < 3; ++i) {
    CHECK(captured_after_play("/low") > 0);
    oldest = std::min(oldest, captured_after_play("/cam"));
  }
  CHECK(oldest < 0.08);
}

TEST_CASE("a viewer that is slow skips to a key frame, and another one misses nothing", "[live]") {
  const auto path = "/busy"s;
  // One that takes nothing for seconds, with little room in its socket.
  RtspClient slow(live_server().host(), live_server().port(), "", 4096);
  const auto setup = slow.request("SETUP", live_server().url(path + "/track1"),
                                  {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  REQUIRE(slow.request("PLAY", live_server().url(path + "/"), session).status == 200);
  Player quick(live_server(), path);
  quick.setup_all(Over::tcp);
  REQUIRE(quick.play().status == 200);
  // Longer than the ring holds: the key frames are a second apart, and two seconds are tolerated.
  quick.receive(4500ms);

  std::vector<RtpPacket> received;
  const auto keep = [&](const Frame& frame) {
    if (frame.channel == 0) received.push_back(parse_rtp(frame.data).value());
  };
  for (const Frame& frame : slow.passed()) keep(frame);
  const auto skipped_at = [&]() -> std::size_t {
    for (std::size_t i = 1; i < received.size(); ++i)
      if (seconds_between(received[i - 1].timestamp, received[i].timestamp, video_rate) > 0.5) return i;
    return 0;
  };
  for (const auto deadline = Clock::now() + 8s;
       Clock::now() < deadline &&
       (skipped_at() == 0 || picture_size(received, skipped_at()) + skipped_at() == received.size());)
    if (const auto frame = slow.frame(100ms)) keep(*frame);
  const std::size_t skip = skipped_at();
  REQUIRE(skip > 0);
  CHECK(is_key_picture(received, skip));
  Arrived all;
  all.rtp = received;
  check_no_gap(all);
  CHECK(slow.request("GET_PARAMETER", live_server().url(path + "/"), session).status == 200);

  check_no_gap(quick.arrived(video));
  check_no_gap(quick.arrived(audio));
  std::vector<std::uint32_t> times;
  for (const auto& packet : quick.arrived(video).rtp)
    if (times.empty() || packet.timestamp != times.back()) times.push_back(packet.timestamp);
  REQUIRE(times.size() > 50);
  // At the end of the file the next picture waits for the sound, which is a frame of sound longer.
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double step = seconds_between(times[i - 1], times[i], video_rate);
    REQUIRE(step > 0.039);
    REQUIRE(step < 0.065);
  }

  CHECK(eventually([] {
    const std::string log = live_server().log();
    return count_of(log, "does not take /busy as fast as it comes: ") > 0 &&
           count_of(log, " s, skipped by now, at first 0 s ago") > 0;
  }));
  slow.request("TEARDOWN", live_server().url(path + "/"), session);
  CHECK(eventually([] { return count_of(live_server().log(), " s) skipped in ") > 0; }));
}

TEST_CASE("live media may be at the top of the URLs, and tracks be named", "[live]") {
  Player player(live_server(), "/");
  CHECK(player.base() == live_server().url("/"));
  player.setup_all(Over::tcp);
  const auto answer = player.play();
  REQUIRE(answer.status == 200);
  check_rtp_info(player, answer, {video, audio});
  receive_packets(player, video, 5);
  CHECK(is_key_picture(player.arrived(video).rtp, 0));
  RtspClient client(live_server().host(), live_server().port());
  for (const auto* url : {"/track2", "/cam/track2", "/cam?track=2"}) {
    CAPTURE(url);
    const auto one = client.request("DESCRIBE", live_server().url(url));
    REQUIRE(one.status == 200);
    REQUIRE(parse_sdp(one.body).media.size() == 1);
    CHECK(parse_sdp(one.body).media[0].kind() == "audio");
  }
}

TEST_CASE("the sound of live media alone begins at once", "[live]") {
  Player player(live_server(), "/cam");
  player.setup(audio, Over::tcp);
  const auto answer = player.play();
  REQUIRE(answer.status == 200);
  check_rtp_info(player, answer, {audio});
  receive_packets(player, audio, 10);
  check_no_gap(player.arrived(audio));
}

TEST_CASE("live media by SRTP: all of it decrypts, over a pause too", "[live][srtp]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  SrtpPlayer player(live_server(), "/secret", KeyStyle::gstreamer);
  player.setup_all(over);
  const auto& pictures = player.track(video).rtp;
  const auto receive_more = [&] {
    const std::size_t wanted = pictures.size() + 10;
    for (const auto deadline = Clock::now() + 5s; pictures.size() < wanted && Clock::now() < deadline;)
      player.receive(20ms);
    REQUIRE(pictures.size() >= wanted);
  };
  REQUIRE(player.play().status == 200);
  receive_more();
  CHECK(is_key_picture(pictures, 0));
  REQUIRE(player.control("PAUSE").status == 200);
  std::this_thread::sleep_for(1100ms);  // a key frame comes meanwhile
  REQUIRE(player.play().status == 200);
  receive_more();
  for (const std::size_t track : {video, audio}) {
    CHECK(player.track(track).refused == 0);
    Arrived all;
    all.rtp = player.track(track).rtp;
    check_no_gap(all);
  }
  RtspClient plain(live_server().host(), live_server().port());
  CHECK(plain.request("SETUP", live_server().url("/secret/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}})
            .status == 461);
}
