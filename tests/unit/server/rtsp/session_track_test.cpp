#include "server/rtsp/session_track.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

class Nowhere final : public Delivery {
 public:
  std::size_t send(std::span<Gathered> packets) override { return packets.size(); }
  void send_rtcp(Bytes) override {}
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override {}
};

}  // namespace

TEST_CASE("A stream begins at random, or where it is to", "[session_track]") {
  media::Track described;
  described.format.clock_rate = 90000;
  const SessionTrack random(0, described, "rtsp://host/track1"), other(0, described, "rtsp://host/track1");
  CHECK(random.next_sequence() < 0x8000);
  CHECK((random.next_sequence() != other.next_sequence() || random.timestamp(0) != other.timestamp(0)));
  const SessionTrack given(0, described, "rtsp://host/track1", std::nullopt, {65535, 4294967295});
  CHECK(given.next_sequence() == 65535);
  CHECK(given.position().rollover == 0);
  CHECK(given.timestamp(0) == 4294967295);
  CHECK(given.timestamp(2) == 1);
}

TEST_CASE("What a player reports counts for the interval of our reports", "[session_track]") {
  media::Track described;
  described.format.clock_rate = 8000;
  described.bit_rate = 64'000;  // 400 octets of RTCP a second
  SessionTrack track(0, described, "rtsp://host/track1");
  track.set_delivery(std::make_unique<Nowhere>());
  PlaybackClock clock;
  clock.play({});
  constexpr std::int64_t second = 1'000'000;
  std::int64_t next = track.report_if_due(1, clock, "name");
  CHECK(next < 4 * second);
  next = track.report_if_due(next, clock, "name") - next;
  CHECK(next < 7 * second);
  rtcp::ReportBlock block;
  block.ssrc = track.ssrc() + 1;
  for (int i = 0; i < 200; ++i) track.received(block, 10'000, 0);
  const std::int64_t foreign = track.report_if_due(100 * second, clock, "name") - 100 * second;
  CHECK(foreign < 7 * second);
  block.ssrc = track.ssrc();
  for (int i = 0; i < 200; ++i) track.received(block, 10'000, 0);
  // 10,028 octets of two members at 400 a second are 50 s, which chance makes 20 to 62.
  const std::int64_t own = track.report_if_due(200 * second, clock, "name") - 200 * second;
  CHECK(own > 18 * second);
}
