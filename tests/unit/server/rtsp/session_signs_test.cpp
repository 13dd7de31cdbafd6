// Reports and BYE of a session, and what counts as a sign of life of its player.
#include <catch2/catch.hpp>
#include <future>

#include "protocol/rtsp/url.h"
#include "server/rtsp/methods/methods.h"
#include "tests/support/made_media.h"
#include "tests/support/sample_media.h"
#include "tests/unit/server/rtsp/session_bench.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::size_t video = 0, audio = 1;

/// A disk that does not answer: holds both workers of the library, one with an open and one with a load, as
/// opens never get all of them.
class SlowDisk {
  auto hold() {
    const auto& held = held_.emplace_back(std::make_shared<std::promise<void>>());
    return [held, go_on = go_on_](const auto&) {
      held->set_value();
      go_on.wait();
    };
  }

 public:
  explicit SlowDisk(SessionBench& bench) : library_(bench.owner().context().library) {
    std::promise<std::shared_ptr<media::Asset>> opened;
    open("languages.mp4", [&](const auto& asset) { opened.set_value(asset.value()); });
    opened.get_future().get()->load(0, false, hold());
    open("talk.mp3", hold());
    for (const auto& held : held_) held->get_future().wait();
  }
  ~SlowDisk() { gate_.set_value(); }

 private:
  void open(const char* file, media::Library::Opened done) {
    library_.open(SampleMedia::get().root().string(), file, std::move(done));
  }
  media::Library& library_;
  std::promise<void> gate_;
  std::shared_future<void> go_on_ = gate_.get_future().share();
  std::vector<std::shared_ptr<std::promise<void>>> held_;
};

/// Until nothing that is due is in memory.
void play_until_disk_is_awaited(SessionBench& bench) {
  std::size_t before = SIZE_MAX;
  while (bench.wire.rtp.size() != before) {
    before = bench.wire.rtp.size();
    bench.run_for(150ms);
  }
}

}  // namespace

TEST_CASE("A viewer that stalls for a moment was alive until then", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play());
  bench.session().touch(0);  // no word for long, as players over TCP do
  const std::int64_t before = EventLoop::now_us();
  bench.run_for(100ms);
  bench.wire.room = 0;
  bench.run_until([&] { return bench.session().stalled(); });
  const std::int64_t stalled_at = bench.session().last_heard_us();
  CHECK(stalled_at > before);
  bench.run_for(100ms);
  // One that takes nothing at all shows no life.
  CHECK(bench.session().last_heard_us() == stalled_at);
}

TEST_CASE("A session whose play still starts is not silent", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  {
    const SlowDisk disk(bench);
    bench.session().play({.from = 6 * second}, [&](const Result<PlayBegun>&) {});
    bench.session().touch(0);
    bench.run_for(50ms);
    REQUIRE(bench.session().starting());
    CHECK(EventLoop::now_us() - bench.session().last_heard_us() < second);
  }
  bench.run_until([&] { return !bench.session().starting(); });
  // From the answer on, it is the player's turn.
  CHECK(EventLoop::now_us() - bench.session().last_heard_us() < second);
}

TEST_CASE("PLAY that waits when its session ends is answered 454", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  const auto session = bench.owner().find_session(bench.session().id());
  const auto exchange = std::make_shared<Exchange>();
  exchange->url = rtsp::parse_url("rtsp://host/lecture.mp4").value();
  std::vector<rtsp::StatusCode> answers;
  exchange->respond = [&](const rtsp::Response& response) { answers.push_back(response.status); };
  answer_play(bench.owner(), exchange, session);
  CHECK(answers.empty());
  bench.owner().end_session(session->id());
  CHECK(answers == std::vector{rtsp::StatusCode::session_not_found});
}

TEST_CASE("BYE is said once, to whom something was sent, in a pause too", "[session]") {
  SessionBench bench("short.mp4");
  bench.set_up_all();
  SECTION("nothing was played") {
    bench.session().say_bye("test");
    CHECK(bench.wire.byes() == 0);
  }
  SECTION("in a pause") {
    REQUIRE(bench.play());
    bench.run_until([&] { return !bench.wire.of(video).empty() && !bench.wire.of(audio).empty(); });
    bench.pause();
    bench.session().tear_down(audio);
    CHECK(bench.wire.byes() == 1);
    bench.session().say_bye("test");
    CHECK(bench.wire.byes() == 2);
    bench.session().say_bye("test");
    CHECK(bench.wire.byes() == 2);
  }
  SECTION("after the end of the media, which said it, and after it went on") {
    REQUIRE(bench.play(PlayOrder{{}, {}, 1, 16}));
    bench.run_until([&] { return bench.wire.byes() == 2; });
    bench.session().say_bye("test");
    CHECK(bench.wire.byes() == 2);
    REQUIRE(bench.play());
    bench.run_for(100ms);
    bench.session().say_bye("test");
    CHECK(bench.wire.byes() == 4);
  }
}

TEST_CASE("Sender reports go on while the disk is awaited, and while the last picture is shown",
          "[session]") {
  SECTION("the disk") {
    SessionBench bench("lecture.mp4");
    bench.set_up(video);
    REQUIRE(bench.play(PlayOrder{{}, {}, 1, 16}));
    const SlowDisk disk(bench);
    play_until_disk_is_awaited(bench);
    const std::size_t before = bench.wire.rtcp.size();
    // The first interval is 1.03 to 3.08 s, the others twice that.
    bench.run_until([&] { return bench.wire.rtcp.size() > before; }, 8);
    CHECK_FALSE(bench.wire.rtcp.back().packet.bye);
  }
  SECTION("a picture of ten seconds") {
    encode(SampleMedia::get().root() / "slide.mp4",
           words("-f lavfi -i testsrc2=size=320x240:rate=1:duration=1 -c:v libx264 -pix_fmt yuv420p"));
    SessionBench bench("slide.mp4");
    bench.set_up_all();
    REQUIRE(bench.play(PlayOrder{{}, {}, 1, 0.1}));
    bench.run_until([&] { return bench.wire.rtcp.size() > 1; }, 8);
    CHECK_FALSE(bench.wire.rtcp.back().packet.bye);
    CHECK(bench.wire.rtcp.back().packet.report->packets == bench.wire.rtp.size());
  }
}

TEST_CASE(
    "After a disk that was slow for a moment, UDP is sent no burst, and RTP time stays where it is on the "
    "wall",
    "[session]") {
  const auto kind = GENERATE(TransportKind::udp, TransportKind::interleaved);
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  bench.session().set_up(video, "", kind, nullptr);
  REQUIRE(bench.play(PlayOrder{{}, {}, 1, 4}));
  {
    const SlowDisk disk(bench);
    play_until_disk_is_awaited(bench);
    bench.run_for(200ms);  // 0.35 to 0.5 s late now, at four times the pace
  }
  const std::size_t before = bench.wire.rtp.size();
  bench.run_until([&] { return bench.wire.rtp.size() > before; });
  const std::size_t at_once = bench.wire.rtp.size() - before;  // of a turn of the loop, or two
  CAPTURE(at_once);
  if (kind == TransportKind::udp)
    CHECK(at_once < 40);
  else
    CHECK(at_once > 60);
  if (kind != TransportKind::udp) return;
  bench.run_for(50ms);
  bench.session().say_bye("test");
  // FFmpeg and live555 date pictures by the newest report: were the delay in it, they would see a gap.
  std::vector<SenderReport> reports;
  for (const Wire::Rtcp& each : bench.wire.rtcp)
    if (each.track == audio && each.packet.report) reports.push_back(*each.packet.report);
  REQUIRE(reports.size() >= 2);
  const auto ticks =
      static_cast<double>(static_cast<std::int32_t>(reports.back().rtp_time - reports.front().rtp_time));
  const double seconds = static_cast<double>(reports.back().ntp - reports.front().ntp) / 4294967296.0;
  CHECK(seconds > 0.5);
  CHECK(std::abs(ticks - seconds * 4 * 48'000) < 2);
  // What is sent is as late as the disk was, at four times the pace.
  const auto late =
      static_cast<std::int32_t>(reports.back().rtp_time - bench.wire.of(audio).back().timestamp);
  CHECK(late > 4 * 48'000 / 4);
  CHECK(late < 4 * 48'000);
}
