// A viewer of live media begins with the newest key frame, which is due at once, and leaves in steps all the
// same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "server/paths/live_presentation.h"
#include "tests/support/live_reading.h"
#include "tests/unit/server/rtsp/session_bench.h"

using namespace lectern;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

/// Live media of video alone: a key frame of so many packets, and pictures of so many behind it.
std::shared_ptr<media::Live> live_of(std::size_t key_frame, std::size_t picture, unsigned pictures) {
  const auto script = std::make_shared<FakeSource::Script>();
  script->tracks = {cut_track("video")};
  media::LiveOptions options;
  options.ring.bytes = 64 << 20;
  auto live = media::Live::create(std::make_unique<FakeSource>(script), options);
  script->give(live_unit(0, 0, true, 'K', key_frame * 1000));
  for (unsigned i = 1; i <= pictures; ++i) script->give(live_unit(0, i * 40'000, false, 'p', picture * 1000));
  REQUIRE(eventually([&] { return live->status().units == 1 + pictures; }));
  return live;
}

}  // namespace

TEST_CASE("The key frame that a viewer of live media begins with leaves in steps", "[session]") {
  constexpr std::size_t key_frame = 400, picture = 50;
  constexpr unsigned pictures = 4;
  const auto live = live_of(key_frame, picture, pictures);
  const auto told = description_of(*live);
  REQUIRE(told);
  SessionBench bench(std::make_shared<server::LivePresentation>(std::make_shared<media::LiveReader>(live),
                                                                told, media::LiveJoin::newest_point, 5s));
  bench.set_up_all();
  bench.run_for(200ms);  // until all of it is late, and only the burst holds it up
  REQUIRE(bench.play());
  constexpr std::size_t all = key_frame + pictures * picture;
  bench.run_until([&] { return bench.wire.rtp.size() >= all; });
  CHECK(bench.wire.rtp.size() == all);

  // A step ends with the train that reaches the burst, which may have begun one packet before it.
  constexpr std::size_t burst = 40, train = 32, most = burst - 1 + train;
  std::map<std::int64_t, std::size_t> steps;
  for (const Wire::Rtp& packet : bench.wire.rtp) ++steps[packet.turn_us];
  for (const auto& [turn_us, packets] : steps) CHECK(packets <= most);
  // A picture is there at once all the same.
  CHECK(steps.begin()->second >= train);
  const auto took = std::chrono::microseconds(bench.wire.rtp.back().at_us - bench.wire.rtp.front().at_us);
  CHECK(took >= (all / most) * 3500us);
}
