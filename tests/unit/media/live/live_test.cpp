#include "media/live/live.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>

extern "C" {
#include <libavcodec/packet.h>
#include <libavutil/time.h>
}

#include "media/description.h"
#include "protocol/payload/h264.h"
#include "protocol/sdp/description.h"
#include "tests/support/live_reading.h"
#include "tests/unit/media/live/shared_receiver.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

using Script = FakeSource::Script;

std::shared_ptr<Live> fake(const std::shared_ptr<Script>& script, LiveOptions options = {}) {
  options.name = "camera";
  options.first_retry = std::chrono::milliseconds(1);
  options.longest_retry = std::chrono::milliseconds(20);
  return Live::create(std::make_unique<FakeSource>(script), std::move(options));
}

std::shared_ptr<Script> script_of(std::vector<Track> tracks) {
  auto script = std::make_shared<Script>();
  script->tracks = std::move(tracks);
  return script;
}

struct Logged {
  std::mutex mutex;
  std::vector<std::string> lines;
  Log log() {
    return [this](Severity severity, const std::string& line) {
      const std::lock_guard lock(mutex);
      if (severity != Severity::debug) lines.push_back(line);
    };
  }
  bool has(const std::string& line) {
    const std::lock_guard lock(mutex);
    return std::ranges::find(lines, line) != lines.end();
  }
};

}  // namespace

TEST_CASE("what comes before the first random access point is dropped and counted") {
  const auto script = script_of({cut_track("video"), cut_track("audio", "track2")});
  for (int i = 0; i < 3; ++i) script->give(live_unit(0, i * 40'000, false));
  script->give(live_unit(1, 100'000, true, 's'));
  script->give(live_unit(0, 120'000, true, 'K'));
  script->give(live_unit(0, 160'000, false, 'p'));
  const auto live = fake(script);
  REQUIRE(eventually([&] { return live->status().units == 3; }));
  const LiveStatus status = live->status();
  CHECK(status.state == LiveState::live);
  CHECK(status.dropped == 3);
  CHECK(status.packets == 3);
  CHECK(status.connects == 1);
  CHECK(status.memory > 300);
}

TEST_CASE("a source that fails is tried again; its viewers go on, and time went on") {
  Logged logged;
  LiveOptions options;
  options.log = logged.log();
  const auto script = script_of({cut_track("video")});
  const auto live = fake(script, options);
  script->give(live_unit(0, 5'000'000, true, 'K'));
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  const auto first = reader.read(1);
  script->set_ends(true);
  REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  CHECK(live->status().reason == "pulled out");
  CHECK(eventually([&] { return logged.has("camera: away: pulled out"); }));
  // It counts anew from anywhere.
  script->set_ends(false);
  script->give(live_unit(0, 17, false, 'p'));
  script->give(live_unit(0, 40'017, true, 'L'));
  const auto more = reader.read(1);
  REQUIRE(more.size() == 1);
  CHECK(more[0].payloads[0][0] == 'L');
  CHECK(more[0].train.pts > first[0].train.pts);
  CHECK(more[0].train.pts_ticks > first[0].train.pts_ticks);
  CHECK(std::abs(more[0].train.pts - live->now()) < 15'000'000);
  CHECK(live->status().state == LiveState::live);
  CHECK(live->status().connects >= 2);
  CHECK(reader.cursor->lag().times == 0);
}

TEST_CASE("a source that comes back with other formats ends its viewers, and new ones are told") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K'));
  const auto live = fake(script);
  LiveTestReader before(live);
  REQUIRE(before.start());
  before.read(1);
  const auto told = live->description();
  {
    const std::lock_guard lock(script->mutex);
    script->tracks[0].format.encoding = "H265";
    script->ends = true;
  }
  REQUIRE(eventually([&] { return live->status().connects >= 2; }));
  script->set_ends(false);
  script->give(live_unit(0, 0, true, 'N'));
  CHECK(before.read(1).empty());
  CHECK(before.cursor->state() == Cursor::State::failed);
  CHECK(before.cursor->failure().message ==
        "the source came back with other formats; ask for its description again");
  LiveTestReader after(live);
  CHECK(live->description()->generation > told->generation);
  CHECK(live->description()->version > told->version);
  CHECK(live->description()->id == told->id);
  REQUIRE(after.start());
  CHECK(after.read(1).at(0).payloads[0][0] == 'N');
}

TEST_CASE("on demand the source runs from the first reader until a while after the last") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K'));
  LiveOptions options;
  options.on_demand = true;
  options.close_after = std::chrono::milliseconds(50);
  const auto live = fake(script, options);
  REQUIRE(eventually([&] { return live->status().state == LiveState::idle; }));
  CHECK(script->runs == 0);
  {
    const LiveReader reader(live);
    const LiveReader other(live);
    CHECK(live->status().readers == 2);
    REQUIRE(eventually([&] { return live->status().state == LiveState::live; }));
    CHECK(live->status().memory > 0);
  }
  REQUIRE(eventually([&] { return live->status().state == LiveState::idle; }));
  CHECK(live->status().readers == 0);
  CHECK(live->status().memory == 0);
  script->give(live_unit(0, 0, true, 'K'));
  const LiveReader again(live);
  REQUIRE(eventually([&] { return live->status().state == LiveState::live; }));
  const std::lock_guard lock(script->mutex);
  CHECK(script->runs == 2);
}

TEST_CASE("a viewer that asks has a source that is away tried at once") {
  LiveOptions options;
  options.first_retry = options.longest_retry = std::chrono::hours(1);
  const auto script = script_of({});
  const auto live = Live::create(std::make_unique<FakeSource>(script), options);
  REQUIRE(eventually([&] { return live->status().failures == 1; }));
  const LiveReader reader(live);
  CHECK(eventually([&] { return live->status().failures == 2; }));
  live->kick();
  CHECK(eventually([&] { return live->status().failures == 3; }));
}

TEST_CASE("who waits for a description hears of the end") {
  const auto live = fake(script_of({}));
  std::optional<Errc> heard;
  live->when_described([&](const Result<std::shared_ptr<const LiveDescription>>& described) {
    heard = described ? Errc::internal : described.error().code;
  });
  CHECK(!heard);
  live->close();
  CHECK(heard == Errc::end);
  heard.reset();
  live->when_described([&](const Result<std::shared_ptr<const LiveDescription>>& described) {
    heard = described ? Errc::internal : described.error().code;
  });
  CHECK(heard == Errc::end);
}

TEST_CASE("who waits for a description no longer is forgotten") {
  const auto live = fake(script_of({}));
  const auto ignore = [](const Result<std::shared_ptr<const LiveDescription>>&) {};
  for (int i = 0; i < 1000; ++i) {
    const auto asker = std::make_shared<int>(i);
    live->when_described(ignore, asker);
    CHECK(live->waiting() == 1);
  }
  const auto patient = std::make_shared<int>();
  live->when_described(ignore, patient);
  live->when_described(ignore);
  CHECK(live->waiting() == 2);
}

TEST_CASE("what no packetizer cuts is left out, counted and logged") {
  Logged logged;
  LiveOptions options;
  options.log = logged.log();
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, '!'));
  script->give(live_unit(0, 40'000, true, '!'));
  script->give(live_unit(0, 80'000, true, 'K'));
  const auto live = fake(script, options);
  REQUIRE(eventually([&] { return live->status().units == 1; }));
  CHECK(live->status().refused == 2);
  CHECK(eventually([&] { return logged.has("camera: a unit is left out: track1: no good"); }));
}

TEST_CASE("each piece tells when it was captured: by the source, else by its arrival") {
  const auto script = script_of({cut_track("video")});
  LiveUnit known = live_unit(0, 700'000, true, 'K');
  known.captured_us = 1'700'000'000'000'000;
  script->give(std::move(known));
  const auto live = fake(script);
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  CHECK(reader.cursor->piece().wall_origin_us + reader.cursor->train().pts == 1'700'000'000'000'000);
  reader.read(1);
  const std::int64_t before = av_gettime();
  script->give(live_unit(0, 740'000, true, 'L'));
  REQUIRE(reader.posts.run_until([&] { return reader.cursor->state() == Cursor::State::ready; }));
  const std::int64_t captured = reader.cursor->piece().wall_origin_us + reader.cursor->train().pts;
  CHECK(captured >= before - 1'000'000);
  CHECK(captured <= av_gettime());
}

TEST_CASE("the memory of a source that sends and sends is bounded") {
  LiveOptions options;
  options.ring.bytes = 2'000'000;
  const auto script = script_of({cut_track("video")});
  const auto live = fake(script, options);
  LiveTestReader* stuck = nullptr;
  std::unique_ptr<LiveTestReader> owner;
  for (int i = 0; i < 400; ++i) {
    script->give(live_unit(0, i * 40'000, i == 0, 'a', 50'000));
    if (i == 0) {
      owner = std::make_unique<LiveTestReader>(live);
      stuck = owner.get();
      REQUIRE(stuck->start());
    }
  }
  REQUIRE(eventually([&] { return live->status().units == 400; }));
  CHECK(live->status().memory < 2'100'000);
  CHECK(live->status().memory > 1'500'000);
  // Its beginning is gone, so who comes now waits for a random access point.
  LiveTestReader late(live);
  std::optional<Result<ReadStart>> started;
  ReadRequest request;
  request.tracks = 1;
  late.cursor->start(request, [&](Result<ReadStart> start) { started = std::move(start); });
  late.turn();
  CHECK(!started);
  script->give(live_unit(0, 400 * 40'000, true, 'K'));
  REQUIRE(late.posts.run_until([&] { return started.has_value(); }));
  CHECK(late.read(1).at(0).payloads[0][0] == 'K');
}

TEST_CASE("live media is described without an end") {
  LiveDescription live;
  live.tracks = {cut_track("video")};
  live.title = "hall";
  live.id = 7;
  live.version = 9;
  const std::string text = sdp::serialize(describe(live));
  CHECK(text.find("o=- 7 9 IN IP4") != std::string::npos);
  CHECK(text.find("s=hall\r\n") != std::string::npos);
  CHECK(text.find("a=range:npt=now-\r\n") != std::string::npos);
  CHECK(text.find("m=video 0 RTP/AVP 96\r\n") != std::string::npos);
  CHECK(text.find("a=rtpmap:96 H264/90000\r\n") != std::string::npos);
}

TEST_CASE("what an on-demand source left behind is given to nobody who comes later") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'O'));
  LiveOptions options;
  options.on_demand = true;
  options.close_after = std::chrono::milliseconds(1);
  const auto live = fake(script, options);
  std::shared_ptr<LiveFeed> kept;
  Posts posts;
  {
    const LiveReader reader(live);
    REQUIRE(description_of(*live));
    kept = LiveFeed::attach(live, posts.poster());
    CHECK(kept->newest_point(0) == 0);
  }
  REQUIRE(eventually([&] { return live->status().state == LiveState::idle; }));
  CHECK(posts.run_until([&] { return !kept->newest_point(0); }));
  CHECK(kept->next() == kept->oldest());
  script->give(live_unit(0, 0, true, 'N'));
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  CHECK(reader.read(1).at(0).payloads[0][0] == 'N');
}

TEST_CASE("who comes while the source is away gets nothing of the past, and who reads reads on") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'O'));
  script->give(live_unit(0, 40'000, false, 'o'));
  const auto live = fake(script);
  LiveTestReader before(live);
  REQUIRE(before.start());
  CHECK(before.read(1).at(0).payloads[0][0] == 'O');
  const auto told = live->description();
  script->set_ends(true);
  REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  // Neither described,
  std::atomic<bool> described = false;
  live->when_described([&](const auto&) { described = true; });
  CHECK(!described);
  CHECK(live->waiting() == 1);
  // nor played to one who was told before.
  before.turn();
  LiveCursor late(before.feed, told, LiveJoin::newest_point, [] {});
  std::optional<Result<ReadStart>> started;
  ReadRequest request;
  request.tracks = 1;
  late.start(request, [&](Result<ReadStart> start) { started = std::move(start); });
  before.turn();
  CHECK(!started);
  CHECK(before.read(1).at(0).payloads[0][0] == 'o');
  script->set_ends(false);
  script->give(live_unit(0, 0, true, 'N'));
  REQUIRE(before.posts.run_until([&] { return started.has_value(); }));
  CHECK(late.train().random_access);
  CHECK(late.segment().payload(late.segment().packets(late.train()).front())[0] == std::byte{'N'});
  CHECK(before.read(1).at(0).payloads[0][0] == 'N');
  CHECK(before.cursor->lag().times == 0);
  CHECK(eventually([&] { return described.load(); }));
}

TEST_CASE("an on-demand source that fails and that nobody wants any more leaves nothing behind") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'O'));
  LiveOptions options;
  options.on_demand = true;
  const auto live = fake(script, options);
  {
    const LiveReader reader(live);
    REQUIRE(description_of(*live));
    CHECK(live->status().memory > 0);
    script->set_ends(true);
    REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  }
  REQUIRE(eventually([&] { return live->status().state == LiveState::idle; }));
  CHECK(live->status().memory == 0);
}

TEST_CASE("an outage is logged once, and how long it was") {
  Logged logged;
  LiveOptions options;
  options.log = logged.log();
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K'));
  const auto live = fake(script, options);
  REQUIRE(eventually([&] { return live->status().state == LiveState::live; }));
  CHECK(eventually([&] { return logged.has("camera: connecting to fake"); }));
  CHECK(eventually([&] { return logged.has("camera: live from fake, 1 track"); }));
  script->set_ends(true);
  REQUIRE(eventually([&] { return live->status().failures > 5; }));
  script->set_ends(false);
  script->give(live_unit(0, 0, true, 'K'));
  REQUIRE(eventually([&] { return live->status().state == LiveState::live; }));
  const std::lock_guard lock(logged.mutex);
  CHECK(std::ranges::count(logged.lines, "camera: connecting to fake") == 1);
  CHECK(std::ranges::count(logged.lines, "camera: away: pulled out") == 1);
  CHECK_THAT(logged.lines.back(), Catch::StartsWith("camera: live from fake, 1 track, after 0 s away and "));
  CHECK(logged.lines.size() == 4);
}

TEST_CASE("parameter sets that change in the middle are kept for random access points without any") {
  // Annex B: SPS, PPS, slices; only the types of the NAL units matter here.
  const std::string start("\0\0\0\1", 4);
  const std::string old_sets = start + "\x67" + "old-sps" + start + "\x68" + "old-pps";
  const std::string new_sets = start + "\x67" + "new-sps" + start + "\x68" + "new-pps";
  const std::string point = start + "\x65" + "slice";
  const auto unit = [](MediaTime dts, const std::string& bytes) {
    LiveUnit made = live_unit(0, dts, true, 'x', bytes.size());
    std::memcpy(made.unit.packet->data, bytes.data(), bytes.size());
    return made;
  };
  auto track = cut_track("video");
  auto format = payload::H264Format::from_extradata(std::as_bytes(std::span(old_sets)));
  REQUIRE(format);
  track.format.make_packetizer = [format = *format]() -> Result<std::unique_ptr<payload::Packetizer>> {
    return format.make_packetizer(1000);
  };
  const auto script = script_of({track});
  script->give(unit(0, point));
  script->give(unit(40'000, new_sets + point));
  script->give(unit(80'000, point));
  LiveOptions options;
  options.ring.lag = 60'000'000;
  const auto live = fake(script, options);
  REQUIRE(eventually([&] { return live->status().units == 3; }));
  Posts posts;
  const auto feed = LiveFeed::attach(live, posts.poster());
  const auto sent = [&](std::uint64_t number) {
    std::string all;
    const Segment& segment = *(*feed->find(number))->segment;
    for (const Train& train : segment.trains())
      for (const SealedPacket& packet : segment.packets(train)) {
        const Bytes payload = segment.payload(packet);
        all.append(reinterpret_cast<const char*>(payload.data()), payload.size());
      }
    return all;
  };
  REQUIRE(feed->next() == 3);
  CHECK(sent(0).find("old-sps") != std::string::npos);
  for (const std::uint64_t number : {1, 2}) {
    CHECK(sent(number).find("new-sps") != std::string::npos);
    CHECK(sent(number).find("new-pps") != std::string::npos);
    CHECK(sent(number).find("old-sps") == std::string::npos);
    CHECK(sent(number).find("slice") != std::string::npos);
  }
}

TEST_CASE("without protection nothing is shared", "[live][srtp]") {
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K'));
  const auto live = fake(script);
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  CHECK(!live->description()->shared);
  CHECK(!reader.cursor->piece().shared);
}

TEST_CASE("shared streams go on without a gap when the source comes back", "[live][srtp]") {
  LiveOptions options;
  options.protection = protection_of(srtp::Suite::aead_aes_256_gcm);
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 5'000'000, true, 'K', 2500));
  const auto live = fake(script, options);
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  const auto told = live->description()->shared;
  REQUIRE(told);
  CHECK(told->suite() == srtp::Suite::aead_aes_256_gcm);
  SharedReceiver receiver(*told, 0);
  const auto before = receiver.all(*reader.cursor->piece().shared);
  REQUIRE(before.size() == 3);
  CHECK(before[2].payload == std::string(500, 'K'));
  reader.read(1);
  script->set_ends(true);
  REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  script->set_ends(false);
  script->give(live_unit(0, 17, true, 'L'));
  REQUIRE(reader.posts.run_until([&] { return reader.cursor->state() == Cursor::State::ready; }));
  CHECK(live->description()->shared == told);
  const auto after = receiver.all(*reader.cursor->piece().shared);
  REQUIRE(after.size() == 1);
  CHECK(after[0].payload == std::string(100, 'L'));
  CHECK(after[0].header.sequence == before[2].header.sequence + 1);
  const std::uint32_t passed = after[0].header.timestamp - before[2].header.timestamp;
  // A picture, but for rounding.
  CHECK(passed >= 3599);
  CHECK(passed < 20 * 90'000);
}

TEST_CASE("other formats have other keys", "[live][srtp]") {
  LiveOptions options;
  options.protection = protection_of();
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K'));
  const auto live = fake(script, options);
  const auto told = description_of(*live)->shared;
  {
    const std::lock_guard lock(script->mutex);
    script->tracks[0].format.encoding = "H265";
    script->ends = true;
  }
  REQUIRE(eventually([&] { return live->status().connects >= 2; }));
  script->set_ends(false);
  const auto now = live->description()->shared;
  REQUIRE(now);
  CHECK(!(now->stream(0).key == told->stream(0).key));
  CHECK(now->stream(0).ssrc != told->stream(0).ssrc);
}

TEST_CASE("before the shared keys are used up there are others, and viewers begin anew", "[live][srtp]") {
  Logged logged;
  LiveOptions options;
  options.log = logged.log();
  options.protection = protection_of(srtp::Suite::aes_cm_128_hmac_sha1_80, {80, 1000});
  const auto script = script_of({cut_track("video")});
  script->give(live_unit(0, 0, true, 'K', 60'000));
  script->give(live_unit(0, 40'000, true, 'L', 12'000));
  const auto live = fake(script, options);
  LiveTestReader before(live);
  REQUIRE(before.start());
  REQUIRE(eventually([&] { return live->status().units == 2; }));
  const auto told = live->description();
  before.turn();
  before.read(1);
  // Not in the middle of a group of pictures, and never with a used-up key.
  script->give(live_unit(0, 80'000, false, 'm', 5'000));
  script->give(live_unit(0, 120'000, false, 'n', 5'000));
  REQUIRE(eventually([&] { return live->status().refused == 1; }));
  CHECK(live->description() == told);
  CHECK(eventually([&] { return logged.has("camera: a unit is left out: key used up"); }));
  script->give(live_unit(0, 160'000, true, 'N', 2'000));
  REQUIRE(eventually([&] { return live->status().units == 4; }));
  const auto now = live->description();
  CHECK(now->generation == told->generation + 1);
  CHECK(now->version == told->version + 1);
  CHECK(now->tracks.size() == 1);
  REQUIRE(now->shared);
  CHECK(!(now->shared->stream(0).key == told->shared->stream(0).key));
  CHECK(now->shared->stream(0).ssrc != told->shared->stream(0).ssrc);
  CHECK(eventually(
      [&] { return logged.has("camera: the shared keys are used up; viewers begin anew with others"); }));
  before.read(10);
  CHECK(before.cursor->state() == Cursor::State::failed);
  CHECK(before.cursor->failure().message ==
        "the live media has other keys now; ask for its description again");
  LiveTestReader after(live);
  REQUIRE(after.start());
  SharedReceiver receiver(*now->shared, 0);
  CHECK(receiver.all(*after.cursor->piece().shared).at(0).payload == std::string(1000, 'N'));
}

TEST_CASE("where keys cannot be shared viewers have their own", "[live][srtp]") {
  Logged logged;
  LiveOptions options;
  options.log = logged.log();
  options.protection = protection_of();
  options.protection->random = [](MutableBytes bytes) { std::ranges::fill(bytes, std::byte{1}); };
  const auto script = script_of({cut_track("video"), cut_track("audio", "track2")});
  script->give(live_unit(0, 0, true, 'K'));
  const auto live = fake(script, options);
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  CHECK(!live->description()->shared);
  CHECK(!reader.cursor->piece().shared);
  CHECK(eventually([&] {
    return logged.has(
        "camera: viewers have keys of their own instead of shared ones: the random generator repeats itself");
  }));
}

TEST_CASE("protected packets count among what a Live may hold", "[live][srtp]") {
  LiveOptions options;
  options.protection = protection_of();
  options.ring.bytes = 1'000'000;
  const auto script = script_of({cut_track("video")});
  const auto live = fake(script, options);
  script->give(live_unit(0, 0, true, 'K', 100'000));
  REQUIRE(eventually([&] { return live->status().units == 1; }));
  CHECK(live->status().memory > 202'000);
  CHECK(live->status().memory < 210'000);
  for (int i = 1; i < 20; ++i) script->give(live_unit(0, i * 40'000, false, 'a', 100'000));
  REQUIRE(eventually([&] { return live->status().units == 20; }));
  CHECK(live->status().memory < 1'000'000);
  CHECK(live->status().memory > 700'000);
}
