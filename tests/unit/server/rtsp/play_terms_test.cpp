#include "server/rtsp/play_terms.h"

#include <catch2/catch.hpp>

namespace lectern::server {
namespace {

constexpr media::MediaTime second = 1'000'000;

PlayOrder order(std::optional<double> scale, std::optional<double> speed,
                std::optional<media::MediaTime> to = std::nullopt) {
  return {std::nullopt, to, scale, speed};
}

}  // namespace

TEST_CASE("Scale and Speed are applied as far as they can be had", "[play_terms]") {
  CHECK(PlayTerms::of(order({}, {}), true, false) == PlayTerms());
  CHECK(PlayTerms::of(order(1000, 0.01), true, false) == PlayTerms{64, 0.1, {}});
  CHECK(PlayTerms::of(order(-0.1, 99), true, false) == PlayTerms{-0.5, 16, {}});
  // Without video, and of live media, at the pace of the media.
  CHECK(PlayTerms::of(order(4, 2), false, false) == PlayTerms{1, 2, {}});
  CHECK(PlayTerms::of(order(4, 2), false, true) == PlayTerms{1, 1, {}});
}

TEST_CASE("An end that was meant for the other direction does not hold", "[play_terms]") {
  CHECK(PlayTerms::of(order(-1, {}, second), true, false).to == second);
  CHECK(PlayTerms::of(order(-1, {}, second), false, false).to == std::nullopt);
  CHECK(PlayTerms::of(order(2, {}, second), false, false).to == second);
}

TEST_CASE("Beyond double and half the scale random access points alone are read, spaced", "[play_terms]") {
  const PlayTerms all{2, 1, 5 * second};
  CHECK_FALSE(all.read_request(second, 3).random_access_points_only);
  CHECK(all.read_request(second, 3).from == second);
  CHECK(all.read_request(second, 3).to == 5 * second);
  CHECK(all.read_request(second, 3).tracks == 3);

  const media::ReadRequest backwards = PlayTerms{-8, 1, {}}.read_request(second, 1);
  CHECK(backwards.random_access_points_only);
  CHECK(backwards.backwards);
  CHECK(backwards.spacing == 800'000);
}

TEST_CASE("What a play takes of the bandwidth", "[play_terms]") {
  CHECK(PlayTerms{2, 3, {}}.pace() == 6);
  CHECK(PlayTerms{-64, 1, {}}.pace() == 2);
}

}  // namespace lectern::server
