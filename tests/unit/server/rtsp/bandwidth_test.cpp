#include "server/rtsp/bandwidth.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "tests/unit/server/rtsp/session_bench.h"

using namespace lectern;
using namespace lectern::server;
using lectern::test::SessionBench;

TEST_CASE("What viewers take is counted together, and given back", "[bandwidth]") {
  Bandwidth bandwidth(1000, 600);
  BandwidthShare one(bandwidth), two(bandwidth);
  REQUIRE(one.take(600));
  CHECK(bandwidth.taken() == 600);
  const auto refused = two.take(401);
  CHECK(refused.error().code == Errc::too_large);
  CHECK(bandwidth.taken() == 600);
  CHECK_FALSE(bandwidth.check(401));
  CHECK(bandwidth.check(400));
  CHECK(two.take(400));
  CHECK(bandwidth.taken() == 1000);
  one.release();
  one.release();
  CHECK(bandwidth.taken() == 400);
  {
    BandwidthShare three(bandwidth);
    CHECK(three.take(600));
  }
  CHECK(bandwidth.taken() == 400);
}

TEST_CASE("One viewer has its limit, and keeps what it had where more is refused", "[bandwidth]") {
  Bandwidth bandwidth(0, 3'000'000);
  BandwidthShare share(bandwidth);
  REQUIRE(share.take(2'000'000));
  CHECK(share.take(4'500'000).error().message == "it takes 4.5 Mbit/s, and one viewer has 3 Mbit/s at most");
  CHECK(bandwidth.taken() == 2'000'000);
  CHECK(share.take(1'000'000));
  CHECK(bandwidth.taken() == 1'000'000);
  share.keep(2'000'000);  // more than it has
  CHECK(bandwidth.taken() == 1'000'000);
  share.keep(500'000);
  CHECK(bandwidth.taken() == 500'000);
}

TEST_CASE("The reason names what others have taken", "[bandwidth]") {
  Bandwidth bandwidth(10'000'000, 0);
  BandwidthShare one(bandwidth), two(bandwidth);
  REQUIRE(one.take(7'000'000));
  CHECK(two.take(4'000'000).error().message ==
        "it takes 4 Mbit/s, and 7 Mbit/s of 10 Mbit/s are taken by other viewers");
  CHECK(one.take(10'000'000));  // its own are not those of others
}

TEST_CASE("Without limits any amount is taken", "[bandwidth]") {
  Bandwidth bandwidth(0, 0);
  BandwidthShare share(bandwidth);
  CHECK(share.take(1'000'000'000'000));
}

TEST_CASE("Loops that take at once never take more than there is", "[bandwidth]") {
  constexpr std::uint64_t most = 50;
  Bandwidth bandwidth(most, 0);
  std::atomic<bool> over = false;
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i)
    loops.emplace_back([&] {
      BandwidthShare share(bandwidth);
      for (int round = 0; round < 5000; ++round) {
        if (share.take(1 + static_cast<std::uint64_t>(round) % 30) && bandwidth.taken() > most) over = true;
        share.release();
      }
    });
  for (auto& loop : loops) loop.join();
  CHECK_FALSE(over);
  CHECK(bandwidth.taken() == 0);
}

TEST_CASE("A session takes bandwidth while it plays, as fast as it plays", "[bandwidth][session]") {
  SessionBench bench("lecture.mp4");
  const Bandwidth& bandwidth = bench.owner().context().bandwidth;
  const std::uint64_t video = bench.recording().bit_rate(0b01), both = bench.recording().bit_rate(0b11);
  const auto play = [&](double scale, double speed) {
    PlayOrder order;
    order.from = 0;
    order.scale = scale;
    order.speed = speed;
    REQUIRE(bench.play(order));
    return bandwidth.taken();
  };
  bench.set_up_all();
  CHECK(bench.session().check_bandwidth(0));
  CHECK(bandwidth.taken() == 0);
  CHECK(play(1, 1) == both);
  CHECK(play(1, 2) == 2 * both);
  CHECK(play(2, 1) == 2 * video);    // without sound
  CHECK(play(-16, 1) == 2 * video);  // some pictures a second
  CHECK(play(1, 1) == both);
  bench.pause();
  CHECK(bandwidth.taken() == 0);
  REQUIRE(bench.play());
  CHECK(bandwidth.taken() == both);
  bench.session().tear_down(1);
  CHECK(bandwidth.taken() == video);
  bench.owner().end_session(bench.session().id());
  CHECK(bandwidth.taken() == 0);
}

TEST_CASE("At the end of the media the bandwidth is free again", "[bandwidth][session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  PlayOrder last;
  last.from = 9'500'000;
  REQUIRE(bench.play(last));
  const Bandwidth& bandwidth = bench.owner().context().bandwidth;
  CHECK(bandwidth.taken() > 0);
  bench.run_until([&] { return bench.wire.byes() == 2; });
  CHECK(bandwidth.taken() == 0);
}
