#include "media/live/live_description.h"

#include <catch2/catch.hpp>

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("viewers go on with the same tracks in the same formats, and with other parameter sets of video") {
  const std::vector<Track> before{cut_track("video"), cut_track("audio", "track2")};
  CHECK(goes_on_with(before, before));
  auto after = before;
  after[0].format.fmtp = "packetization-mode=1;sprop-parameter-sets=Z0IAHukBQHsg,aM44gA==";
  CHECK(goes_on_with(before, after));
  after[1].format.fmtp = "config=1210";
  CHECK(!goes_on_with(before, after));
  after = before;
  after[1].format.clock_rate = 44100;
  CHECK(!goes_on_with(before, after));
  after = before;
  after[0].format.encoding = "H265";
  CHECK(!goes_on_with(before, after));
  after = before;
  after[1].format.channels = 6;
  CHECK(!goes_on_with(before, after));
  after = before;
  after[0].payload_type = 97;
  CHECK(!goes_on_with(before, after));
  after = before;
  after.pop_back();
  CHECK(!goes_on_with(before, after));
}
