#include "server/rtsp/session.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/allocations.h"
#include "tests/unit/server/rtsp/session_bench.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;
using lectern::test::SessionBench;
using lectern::test::Wire;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::size_t video = 0, audio = 1;

PlayOrder order(std::optional<media::MediaTime> from, std::optional<media::MediaTime> to = {},
                double scale = 1, double speed = 1) {
  return {from, to, scale, speed};
}

/// Without a gap from the first to the last.
void check_sequence(const std::vector<Wire::Rtp>& packets) {
  for (std::size_t i = 1; i < packets.size(); ++i)
    REQUIRE(packets[i].sequence == static_cast<std::uint16_t>(packets[i - 1].sequence + 1));
}

std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

std::vector<std::size_t> sizes(const std::vector<Wire::Rtp>& packets) {
  std::vector<std::size_t> all;
  for (const Wire::Rtp& packet : packets) all.push_back(packet.payload.size());
  return all;
}

/// When each train of a track leaves, by the file: when it is due, or, for sound that is encrypted, with the
/// picture before it.
std::array<std::vector<std::int64_t>, 2> departures(SessionBench& bench, bool encrypted) {
  std::vector<std::pair<std::int64_t, std::size_t>> due;
  for (const std::size_t track : {video, audio})
    for (const media::Train& train : bench.trains(track)) due.emplace_back(train.due, track);
  std::ranges::sort(due);
  std::array<std::vector<std::int64_t>, 2> leave;
  std::int64_t now = INT64_MIN / 2;
  bool picture = false;
  for (const auto& [time, track] : due) {
    if (time > now + 500 && !(encrypted && track == audio && picture && time <= now + 40'000)) {
      now = time;
      picture = false;
    }
    picture = picture || track == video;
    leave[track].push_back(now);
  }
  return leave;
}

}  // namespace

TEST_CASE("Every packet leaves when it is due, and encrypted sound with the picture before it", "[session]") {
  SessionBench bench("short.mp4");
  bench.set_up_all();
  const bool encrypted = GENERATE(false, true);
  const SrtpKeys keys = new_stream(srtp::Suite::aes_cm_128_hmac_sha1_80).keys;
  for (const std::size_t track : {video, audio})
    if (SessionTrack& each = bench.session().set_up(track, "", TransportKind::udp, nullptr); encrypted)
      each.protect(Protection::create(keys, keys, each.position()).value());
  const auto leave = departures(bench, encrypted);
  const std::int64_t first = std::min(leave[video].front(), leave[audio].front());
  std::size_t accompanied = 0;
  for (std::size_t i = 0; i < leave[audio].size(); ++i) {
    const std::int64_t early = bench.trains(audio)[i].due - leave[audio][i];
    CHECK(early <= (encrypted ? 40'000 : 500));
    if (early > 500) ++accompanied;
  }
  if (encrypted) CHECK(accompanied * 2 > leave[audio].size());
  std::int64_t median = INT64_MAX, most = INT64_MAX;
  // A busy machine delays some attempts, an error all of them.
  for (int attempt = 0; attempt < 3 && (median >= 3000 || most >= 50'000); ++attempt) {
    bench.wire.clear();
    REQUIRE(bench.play());
    bench.run_until([&] { return bench.wire.byes() == 2; });
    std::vector<std::int64_t> late;
    const std::int64_t start = bench.wire.rtp.front().at_us;
    for (const std::size_t track : {video, audio}) {
      const auto packets = bench.wire.of(track);
      const auto trains = bench.trains(track);
      check_sequence(packets);
      std::size_t next = 0, number = 0;
      for (const media::Train& train : trains) {
        REQUIRE(next + train.count <= packets.size());
        // The base is rounded to a tick once a play, each train is not.
        CHECK(distance(packets.front().timestamp, packets[next].timestamp) ==
              train.pts_ticks - trains.front().pts_ticks);
        late.push_back(packets[next].at_us - start - (leave[track][number++] - first));
        next += train.count;
      }
      CHECK(next == packets.size());
    }
    std::ranges::sort(late);
    median = late[late.size() / 2] - late.front();
    most = late[late.size() * 9 / 10] - late.front();
    // The end is told when the last picture was shown, and not before.
    CHECK(bench.wire.rtcp.back().at_us - start > 2 * second - 150'000);
    CHECK(bench.wire.rtcp.back().rtp_before == bench.wire.rtp.size());
    CHECK(bench.session().state() == rtsp::State::ready);
  }
  CHECK(median < 3000);
  CHECK(most < 50'000);
}

TEST_CASE("RTP-Info names the first packet, and the first report the position", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  const auto from = GENERATE(0, 3 * second, 3 * second + 500'000);
  const auto begun = bench.play(order(from, {}, 1, 4));
  REQUIRE(begun);
  CHECK(begun->from == from / second * second);  // the random access point before
  bench.run_until([&] { return bench.wire.of(video).size() > 5 && bench.wire.of(audio).size() > 5; });
  for (const std::size_t track : {video, audio}) {
    CHECK(begun->streams[track].sequence == bench.wire.of(track).front().sequence);
    CHECK(begun->streams[track].timestamp == bench.wire.of(track).front().timestamp);
    CHECK(begun->streams[track].url == "rtsp://host/track" + std::to_string(track + 1));
    CHECK(bench.wire.rtcp[track].rtp_before == 0);
    REQUIRE(bench.wire.rtcp[track].packet.report);
  }
  CHECK(bench.wire.rtcp[0].packet.report->ntp == bench.wire.rtcp[1].packet.report->ntp);
}

TEST_CASE("Over pauses and seeks no number is left out and no time falls", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play());
  for (int i = 0; i < 12; ++i) {
    bench.run_for(std::chrono::milliseconds(37 + 13 * i));
    // PAUSE sends the pictures that are shown before one that was sent: of the time before, they are.
    const bool pauses = i % 2 == 0;
    const media::MediaTime stopped = pauses ? bench.pause() : 0;
    const std::size_t before = bench.wire.rtp.size();
    std::array<std::uint32_t, 2> highest{};
    std::array<bool, 2> any{};
    for (const std::size_t track : {video, audio})
      for (const Wire::Rtp& packet : bench.wire.of(track)) {
        if (!any[track] || distance(highest[track], packet.timestamp) > 0) highest[track] = packet.timestamp;
        any[track] = true;
      }
    const bool seeks = i % 3 == 2;
    if (pauses) {
      bench.run_for(40ms);
      CHECK(bench.wire.rtp.size() == before);
      // A picture that was begun was finished.
      if (!bench.wire.of(video).empty()) CHECK(bench.wire.of(video).back().marker);
      const auto begun = bench.play(seeks ? order(i * second / 2) : PlayOrder{});
      REQUIRE(begun);
      if (!seeks) CHECK(begun->from == stopped);
    } else {
      REQUIRE(bench.play(seeks ? order(i * second / 2) : order({}, {}, 1, 1 + i % 2)));
    }
    bench.run_until([&] { return bench.wire.rtp.size() > before + 4; });
    for (const std::size_t track : {video, audio}) {
      check_sequence(bench.wire.of(track));
      if (!seeks || !any[track]) continue;
      const auto all = bench.wire.of(track);
      const auto first = std::find_if(all.begin(), all.end(), [&](const Wire::Rtp& packet) {
        return &packet - all.data() >= 0 && packet.at_us > bench.wire.rtp[before - 1].at_us;
      });
      if (first != all.end()) CHECK(distance(highest[track], first->timestamp) > -90);
    }
  }
}

TEST_CASE("A range ends with BYE, and PLAY goes on from there", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  const media::MediaTime end = 3 * second + GENERATE(0, 40'000, 80'000);  // amid reordered pictures, or not
  const auto first = bench.play(order(2 * second, end, 1, 4));
  REQUIRE(first);
  bench.run_until([&] { return bench.wire.byes() == 2; });
  CHECK(bench.session().state() == rtsp::State::ready);
  const std::size_t of_range = bench.wire.of(video).size();
  const auto second_play = bench.play(order({}, {}, 1, 16));
  REQUIRE(second_play);
  CHECK(second_play->from >= end - 100'000);
  CHECK(second_play->from <= end + 100'000);
  bench.run_until([&] { return bench.wire.byes() == 4; });
  CHECK(bench.wire.of(video)[of_range].timestamp == second_play->streams[video].timestamp);
  check_sequence(bench.wire.of(video));
  check_sequence(bench.wire.of(audio));
  // All of the file from 2 s on, once.
  std::size_t expected = 0;
  for (const media::Train& train : bench.trains(video))
    if (train.due >= 2 * second - 80'000) expected += train.count;
  CHECK(bench.wire.of(video).size() == expected);
  CHECK(of_range < expected);
}

TEST_CASE("After the end of the file PLAY begins anew, later in RTP time", "[session]") {
  SessionBench bench("short.mp4");
  bench.set_up_all();
  REQUIRE(bench.play(order({}, {}, 1, 16)));
  bench.run_until([&] { return bench.wire.byes() == 2; });
  const auto one = bench.wire.of(video);
  bench.wire.clear();
  const auto again = bench.play(order({}, {}, 1, 16));
  REQUIRE(again);
  CHECK(again->from == 0);
  bench.run_until([&] { return bench.wire.byes() == 2; });
  const auto two = bench.wire.of(video);
  CHECK(sizes(one) == sizes(two));
  CHECK(two.front().sequence == static_cast<std::uint16_t>(one.back().sequence + 1));
  CHECK(distance(one.front().timestamp, two.front().timestamp) >= 2 * 90'000);
}

TEST_CASE("Backwards, random access points follow each other forward in RTP time", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  SECTION("to a given end") {
    const auto begun = bench.play(order(8 * second, 3 * second, -4, 4));
    REQUIRE(begun);
    CHECK(begun->scale == -4);
    CHECK(begun->from == 8 * second);
    bench.run_until([&] { return bench.wire.byes() == 2; });
    std::vector<std::int32_t> steps;
    const auto packets = bench.wire.of(video);
    for (const Wire::Rtp& packet : packets)
      if (packet.marker) steps.push_back(distance(packets.front().timestamp, packet.timestamp));
    CHECK(steps == std::vector<std::int32_t>{0, 22'500, 45'000, 67'500, 90'000});
    CHECK(bench.wire.of(audio).empty());
  }
  SECTION("from the end of the file to its beginning, and then again") {
    for (int i = 1; i <= 2; ++i) {
      const auto begun = bench.play(order({}, {}, -8, 16));
      REQUIRE(begun);
      CHECK(begun->from == 9 * second);
      bench.run_until([&] { return bench.wire.byes() == static_cast<std::size_t>(2 * i); });
    }
    check_sequence(bench.wire.of(video));
  }
}

TEST_CASE("What a slow viewer did not take goes on in the middle of a train", "[session]") {
  SessionBench bench("short.mp4");
  bench.set_up_all();
  REQUIRE(bench.play(order({}, {}, 1, 16)));
  bench.run_until([&] { return bench.wire.byes() == 2; });
  const auto whole = bench.wire;
  bench.wire.clear();
  bench.wire.room = 1;
  REQUIRE(bench.play(order({}, {}, 1, 16)));
  for (unsigned i = 0; bench.wire.byes() < 2; ++i) {
    REQUIRE(i < 10'000);
    bench.run_for(1ms);
    if (!bench.session().stalled()) continue;
    bench.wire.room = 1 + i % 3;
    bench.session().delivery_ready();
  }
  CHECK(sizes(bench.wire.of(video)) == sizes(whole.of(video)));
  CHECK(sizes(bench.wire.of(audio)) == sizes(whole.of(audio)));
  check_sequence(bench.wire.of(video));
  CHECK(bench.wire.sum == 2 * whole.sum);
}

TEST_CASE("A track that ends in the middle of a train takes nothing of the next", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  bench.wire.room = 2;
  REQUIRE(bench.play());
  bench.run_until([&] { return bench.session().stalled(); });
  for (unsigned room = 1; room < 40; ++room) {  // until a train of pictures is cut
    bench.wire.room = 1;
    bench.session().delivery_ready();
    bench.run_until([&] { return bench.session().stalled(); });
    if (const auto& last = bench.wire.rtp.back(); last.track == video && !last.marker) break;
  }
  REQUIRE(bench.wire.rtp.back().track == video);
  REQUIRE_FALSE(bench.wire.rtp.back().marker);
  bench.session().tear_down(video);
  const std::size_t before = bench.wire.of(audio).size();
  bench.wire.room = SIZE_MAX;
  bench.session().delivery_ready();
  bench.run_until([&] { return bench.wire.of(audio).size() >= before + 10; });
  check_sequence(bench.wire.of(audio));
}

TEST_CASE("A picture that was begun is finished at PAUSE, under one time stamp", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  bench.wire.room = 1;
  REQUIRE(bench.play());
  bench.run_until([&] { return bench.session().stalled(); });
  for (int i = 0; i < 40; ++i) {
    if (const auto& last = bench.wire.rtp.back(); last.track == video && !last.marker) break;
    bench.wire.room = 1;
    bench.session().delivery_ready();
    bench.run_until([&] { return bench.session().stalled(); });
  }
  const Wire::Rtp cut = bench.wire.rtp.back();
  REQUIRE(cut.track == video);
  REQUIRE_FALSE(cut.marker);
  bench.wire.room = SIZE_MAX;
  bench.pause();
  CHECK(bench.wire.of(video).back().marker);
  CHECK(bench.wire.of(video).back().timestamp == cut.timestamp);
  check_sequence(bench.wire.of(video));
}

TEST_CASE("A viewer that was late for a moment catches up; for long, and everything shifts", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play());
  bench.run_for(200ms);
  const auto blocked = GENERATE(300ms, 1500ms);
  bench.wire.room = 0;
  bench.run_for(blocked);
  CHECK(bench.session().stalled());
  const std::size_t before = bench.wire.rtp.size();
  bench.wire.room = SIZE_MAX;
  bench.session().delivery_ready();
  const std::size_t at_once = bench.wire.rtp.size() - before;
  const std::uint32_t caught_up = bench.wire.of(audio).back().timestamp;
  bench.run_for(500ms);
  // Sound has 48,000 ticks a second; the pace afterwards is the ordinary one in both cases.
  const auto elapsed = distance(caught_up, bench.wire.of(audio).back().timestamp);
  CHECK(elapsed > 48'000 / 2 - 48'000 / 6);
  CHECK(elapsed < 48'000 / 2 + 48'000 / 6);
  if (blocked == 300ms)
    CHECK(at_once >= 15);  // 300 ms of both tracks
  else
    CHECK(at_once <= 40);  // one train, and what shares its instant
  check_sequence(bench.wire.of(video));
}

TEST_CASE("A track that is set up in a pause is played", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up(video);
  REQUIRE(bench.play());
  bench.run_for(100ms);
  bench.pause();
  bench.set_up(audio);
  const auto begun = bench.play();
  REQUIRE(begun);
  CHECK(begun->streams.size() == 2);
  bench.run_until([&] { return bench.wire.of(audio).size() > 3; });
  check_sequence(bench.wire.of(video));
}

TEST_CASE("A session that ends while a play begins answers it, and sends nothing", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  int answers = 0;
  bench.session().play({}, [&](const Result<PlayBegun>& begun) {
    ++answers;
    CHECK_FALSE(begun);
  });
  SECTION("by TEARDOWN, while a request still holds it") {
    bench.owner().end_session(bench.session().id());
    CHECK(bench.session().tracks().empty());
  }
  SECTION("by PAUSE") {
    bench.session().pause();
  }
  bench.run_for(100ms);
  CHECK(answers == 1);
  CHECK(bench.wire.rtp.empty());
}

TEST_CASE("Two PLAYs at once: the later one counts, each is answered", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  int refused = 0;
  bench.session().play(order(6 * second), [&](const Result<PlayBegun>& begun) {
    ++refused;
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == Errc::denied);
  });
  const auto begun = bench.play(order(2 * second));
  CHECK(refused == 1);
  REQUIRE(begun);
  CHECK(begun->from == 2 * second);
}

TEST_CASE("Sender reports map RTP time to the wall on which packets are sent", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play(order(2 * second)));
  bench.run_for(300ms);
  bench.pause();
  bench.run_for(200ms);
  REQUIRE(bench.play());
  bench.run_for(300ms);
  bench.session().say_bye("test");
  // Two reports at the beginnings, one at the end, for each track.
  REQUIRE(bench.wire.rtcp.size() == 6);
  for (const std::size_t track : {video, audio}) {
    const double rate = track == video ? 90'000 : 48'000;
    const auto& first = *bench.wire.rtcp[track].packet.report;
    for (const std::size_t i : {track + 2, track + 4}) {
      const auto& report = *bench.wire.rtcp[i].packet.report;
      const double wall = static_cast<double>(report.ntp - first.ntp) / 4294967296.0;
      const double ticks = distance(first.rtp_time, report.rtp_time);
      CHECK(std::abs(wall * rate - ticks) < rate / 500);  // 2 ms over a pause, as the clocks are read apart
    }
    CHECK(bench.wire.rtcp[track + 4].packet.report->packets == bench.wire.of(track).size());
  }
}

TEST_CASE("No memory is asked for a packet", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  if (!test::allocations()) {
    WARN("only a sanitizer counts");
    return;
  }
  REQUIRE(bench.play(order({}, {}, 1, 16)));
  bench.run_until([&] { return bench.wire.byes() == 2; });
  bench.wire.clear();
  // Now all segments are in the cache.
  REQUIRE(bench.play(order(0, {}, 1, 16)));
  const std::size_t before = *test::allocations();
  bench.run_until([&] { return bench.wire.byes() == 2; });
  const std::size_t asked = *test::allocations() - before;
  CAPTURE(bench.wire.rtp.size(), asked);
  CHECK(bench.wire.rtp.size() > 500);
  CHECK(asked < 120);  // some for each of ten segments and for the parsing of the reports in the test
}
