#include "media/live/live_fallback.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/codec_id.h>
}

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

using Script = FakeSource::Script;

Track h264_track(const std::string& control = "track1") {
  Track track = cut_track("video", control);
  track.codec = AV_CODEC_ID_H264;
  track.width = 640;
  track.height = 360;
  return track;
}

std::shared_ptr<Script> script_of(std::vector<Track> tracks) {
  auto script = std::make_shared<Script>();
  script->tracks = std::move(tracks);
  return script;
}

/// A camera and what is shown in its place, both played by the test.
struct Fixture {
  std::shared_ptr<Script> camera = script_of({h264_track(), cut_track("audio", "track2")});
  std::shared_ptr<Script> shown = script_of({h264_track()});
  std::mutex mutex;
  std::vector<FallbackWanted> asked;
  std::vector<std::string> lines;
  std::function<std::unique_ptr<Source>()> starved;  ///< in the place of `shown`
  std::shared_ptr<Live> live;

  void start() {
    LiveOptions options;
    options.name = "camera";
    options.first_retry = std::chrono::milliseconds(1);
    options.longest_retry = std::chrono::milliseconds(20);
    options.log = [this](Severity severity, const std::string& line) {
      const std::lock_guard lock(mutex);
      if (severity != Severity::debug) lines.push_back(line);
    };
    options.fallback = [this](const FallbackWanted& wanted) {
      const std::lock_guard lock(mutex);
      asked.push_back(wanted);
      std::vector<std::unique_ptr<Source>> sources;
      sources.push_back(starved ? starved() : std::make_unique<FakeSource>(shown));
      return sources;
    };
    live = Live::create(std::make_unique<FakeSource>(camera), std::move(options));
  }
  std::size_t logged(const std::string& line) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::ranges::count(lines, line));
  }
  /// The next picture that the reader gets.
  static ReadTrain next(LiveTestReader& reader) {
    const auto read = reader.read(1);
    REQUIRE(read.size() == 1);
    return read[0];
  }
};

}  // namespace

TEST_CASE("while the camera is away viewers see the fallback, and the camera again from its key frame on") {
  Fixture f;
  f.camera->give(live_unit(0, 5'000'000, true, 'K'));
  f.camera->give(live_unit(1, 5'000'000, true, 's'));
  f.start();
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  const auto first = Fixture::next(reader);
  CHECK(first.payloads[0][0] == 'K');
  CHECK(Fixture::next(reader).payloads[0][0] == 's');
  CHECK(f.asked.empty());

  f.camera->set_ends(true);
  // Reading goes on with a random access point, whatever comes first.
  f.shown->give(live_unit(0, 900'000, false, 'x'));
  f.shown->give(live_unit(0, 940'000, true, 'F'));
  f.shown->give(live_unit(0, 980'000, false, 'f'));
  const auto shown = Fixture::next(reader);
  CHECK(shown.payloads[0][0] == 'F');
  CHECK(shown.train.random_access);
  CHECK(shown.train.track == 0);
  CHECK(shown.train.pts > first.train.pts);
  const auto more = Fixture::next(reader);
  CHECK(more.payloads[0][0] == 'f');
  CHECK(more.train.pts == shown.train.pts + 40'000);
  CHECK(more.train.pts_ticks == shown.train.pts_ticks + 3'600);
  CHECK(f.live->status().fallback);
  CHECK(f.live->status().state == LiveState::away);
  {
    const std::lock_guard lock(f.mutex);
    REQUIRE(f.asked.size() == 1);
    CHECK(f.asked[0].codec == AV_CODEC_ID_H264);
    CHECK(f.asked[0].width == 640);
    CHECK(f.asked[0].height == 360);
    CHECK(f.asked[0].since_us > 0);
  }
  // Who comes now begins with it.
  LiveTestReader late(f.live);
  REQUIRE(late.start());
  CHECK(Fixture::next(late).payloads[0][0] == 'F');
  CHECK(late.cursor->lag().times == 0);

  // The camera is back; neither its sound nor what cannot be decoded is sent before its picture.
  f.camera->set_ends(false);
  f.camera->give(live_unit(1, 17, true, 't'));
  f.camera->give(live_unit(0, 17, false, 'p'));
  REQUIRE(eventually([&] { return f.live->status().dropped == 2; }));
  CHECK(f.live->status().fallback);
  f.camera->give(live_unit(0, 40'017, true, 'L'));
  f.camera->give(live_unit(1, 40'017, true, 'u'));
  const auto back = Fixture::next(reader);
  CHECK(back.payloads[0][0] == 'L');
  CHECK(back.train.pts > more.train.pts);
  CHECK(back.train.pts_ticks > more.train.pts_ticks);
  const auto sound = Fixture::next(reader);
  CHECK(sound.payloads[0][0] == 'u');
  CHECK(sound.train.track == 1);
  CHECK(std::abs(sound.train.pts - back.train.pts) < 1'000);
  CHECK(f.live->status().state == LiveState::live);
  CHECK(!f.live->status().fallback);
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  CHECK(reader.cursor->lag().times == 0);
  // The rest of the fallback is not sent any more.
  f.shown->give(live_unit(0, 2'000'000, true, 'G'));
  f.camera->give(live_unit(0, 80'017, false, 'm'));
  CHECK(Fixture::next(reader).payloads[0][0] == 'm');
  CHECK(f.logged("camera: viewers see something else while it is away") == 1);
}

TEST_CASE("nothing is shown to nobody") {
  Fixture f;
  f.camera = script_of({});
  f.start();
  REQUIRE(eventually([&] { return f.live->status().failures > 3; }));
  {
    const std::lock_guard lock(f.mutex);
    CHECK(f.asked.empty());
  }
  f.shown->give(live_unit(0, 0, true, 'F'));
  {
    LiveTestReader reader(f.live);
    REQUIRE(reader.start());
    CHECK(Fixture::next(reader).payloads[0][0] == 'F');
    CHECK(f.live->status().fallback);
  }
  CHECK(eventually([&] { return !f.live->status().fallback; }));
}

TEST_CASE("a camera that never came is described by its fallback, until it comes with something else") {
  Fixture f;
  f.camera = script_of({});
  f.shown = script_of({cut_track("audio"), h264_track("track2")});
  f.shown->give(live_unit(0, 0, true, 'a'));
  f.shown->give(live_unit(1, 0, true, 'F'));
  f.start();
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  const auto told = f.live->description();
  REQUIRE(told->tracks.size() == 1);
  CHECK(told->tracks[0].format.encoding == "H264");
  CHECK(told->tracks[0].control == "track1");
  const auto picture = Fixture::next(reader);
  CHECK(picture.payloads[0][0] == 'F');
  CHECK(picture.train.track == 0);
  {
    const std::lock_guard lock(f.camera->mutex);
    f.camera->tracks = {h264_track(), cut_track("audio", "track2")};
  }
  f.camera->give(live_unit(0, 0, true, 'K'));
  CHECK(reader.read(1).empty());
  CHECK(reader.cursor->state() == Cursor::State::failed);
  LiveTestReader after(f.live);
  CHECK(f.live->description()->generation == told->generation + 1);
  REQUIRE(after.start());
  CHECK(Fixture::next(after).payloads[0][0] == 'K');
}

TEST_CASE("a camera that never came and comes with the same format goes on") {
  Fixture f;
  f.camera = script_of({});
  f.shown->give(live_unit(0, 0, true, 'F'));
  f.start();
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  const auto picture = Fixture::next(reader);
  {
    const std::lock_guard lock(f.camera->mutex);
    f.camera->tracks = {h264_track()};
  }
  f.camera->give(live_unit(0, 0, true, 'K'));
  const auto camera = Fixture::next(reader);
  CHECK(camera.payloads[0][0] == 'K');
  CHECK(camera.train.pts > picture.train.pts);
}

TEST_CASE("what is of another format than viewers were told of is not shown, and the log says why") {
  Fixture f;
  f.shown->tracks[0].codec = AV_CODEC_ID_HEVC;
  f.shown->tracks[0].format.encoding = "H265";
  f.camera->give(live_unit(0, 0, true, 'K'));
  f.start();
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  Fixture::next(reader);
  f.camera->set_ends(true);
  REQUIRE(eventually([&] {
    return f.logged("camera: not shown while it is away: viewers were told of H264, and it is H265") == 1;
  }));
  CHECK(!f.live->status().fallback);
  f.camera->set_ends(false);
  f.camera->give(live_unit(0, 0, true, 'L'));
  CHECK(Fixture::next(reader).payloads[0][0] == 'L');
}

TEST_CASE("a camera of sound alone has no picture in its place") {
  Fixture f;
  f.camera = script_of({cut_track("audio")});
  f.camera->give(live_unit(0, 0, true, 's'));
  f.start();
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  f.camera->set_ends(true);
  CHECK(eventually(
      [&] { return f.logged("camera: not shown while it is away: viewers were told of sound alone") == 1; }));
}

TEST_CASE("a fallback that runs out of memory is one that cannot be shown") {
  struct Starved final : Source {
    Error run(SourceHost&) override { throw std::bad_alloc(); }
    [[nodiscard]] std::string name() const override { return "starved"; }
  };
  Fixture f;
  f.starved = [] { return std::make_unique<Starved>(); };
  f.camera->set_ends(true);
  f.start();
  const LiveReader reader(f.live);
  CHECK(eventually([&] { return f.logged("camera: not shown while it is away: out of memory") == 1; }));
}
