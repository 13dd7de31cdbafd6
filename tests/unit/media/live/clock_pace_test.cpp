#include "media/live/clock_pace.h"

#include <catch2/catch.hpp>

using namespace lectern::media;

namespace {

constexpr MediaTime second = 1'000'000;

/// A unit each 40 ms, for so long, of a clock that goes at `pace`; begins where the one before ended.
struct Camera {
  void run(MediaTime time, double pace) {
    for (const MediaTime end = now + time; now < end; now += 40'000) {
      measured.observe(static_cast<MediaTime>(media), now);
      media += 40'000 * pace;
    }
  }
  ClockPace measured;
  MediaTime now = 100 * second;
  double media = 5e9;
};

}  // namespace

TEST_CASE("a clock that is right is left alone, be it a little fast or slow") {
  const double pace = GENERATE(1.0, 0.9, 1.1, 0.99, 1.3);
  Camera camera;
  camera.run(60 * second, pace);
  CHECK(camera.measured.factor() == 1);
}

TEST_CASE("a clock at another pace is found out within seconds") {
  const double pace = GENERATE(0.5, 2.0, 1.0 / 90, 90.0, 8.0 / 90, 0.1);
  Camera camera;
  camera.run(8 * second, pace);
  CHECK(camera.measured.factor() == 1);
  camera.run(3 * second, pace);
  CHECK(camera.measured.factor() * pace == Approx(1).epsilon(0.03));
}

TEST_CASE("neither bursts nor stalls nor jumps are taken for another pace") {
  Camera camera;
  // What was kept comes at once, then time goes on as it should; and a stall, of which all comes later.
  camera.run(second, 3);
  camera.run(10 * second, 1);
  camera.now += 2 * second;
  camera.run(2 * second, 2);
  camera.run(20 * second, 1);
  CHECK(camera.measured.factor() == 1);
  for (int i = 0; i < 20; ++i) {
    camera.media += i % 2 ? 3600e6 : -1800e6;
    camera.run(4 * second, 1);
  }
  CHECK(camera.measured.factor() == 1);
}

TEST_CASE("a clock that is set right again is taken as it is") {
  Camera camera;
  camera.run(12 * second, 0.5);
  CHECK(camera.measured.factor() == Approx(2).epsilon(0.02));
  camera.run(12 * second, 1);
  CHECK(camera.measured.factor() == 1);
}

TEST_CASE("a clock that stands still is no clock to be stretched") {
  Camera camera;
  camera.run(60 * second, 0);
  CHECK(camera.measured.factor() == 1);
}
