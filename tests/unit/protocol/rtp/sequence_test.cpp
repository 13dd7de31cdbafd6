#include "protocol/rtp/sequence.h"

#include <catch2/catch.hpp>

using namespace lectern::rtp;

TEST_CASE("sequence numbers compare around the circle", "[rtp]") {
  CHECK(sequence_less(1, 2));
  CHECK_FALSE(sequence_less(2, 1));
  CHECK_FALSE(sequence_less(7, 7));
  CHECK(sequence_less(0xffff, 0));
  CHECK_FALSE(sequence_less(0, 0xffff));
  CHECK(sequence_less(0, 0x7fff));
  CHECK_FALSE(sequence_less(0, 0x8000));
  CHECK_FALSE(sequence_less(0x8000, 0));
  CHECK(sequence_less(0x8001, 0));
  CHECK(sequence_distance(0xfffe, 3) == 5);
  CHECK(sequence_distance(3, 0xfffe) == -5);
}

TEST_CASE("sequence numbers unwrap next to the highest", "[rtp]") {
  SequenceUnwrapper unwrapper;
  CHECK_FALSE(unwrapper.highest());
  CHECK(unwrapper.unwrap(65534) == 65534);
  CHECK(unwrapper.unwrap(65535) == 65535);
  CHECK(unwrapper.unwrap(1) == 65537);
  CHECK(unwrapper.unwrap(65535) == 65535);
  CHECK(unwrapper.unwrap(0) == 65536);
  CHECK(unwrapper.highest() == 65537);
  for (int i = 0; i < 8; ++i) unwrapper.unwrap(static_cast<std::uint16_t>(1 + (i + 1) * 0x2000));
  CHECK(unwrapper.highest() == 2 * 65536 + 1);
}

TEST_CASE("a packet from before the first has a negative place", "[rtp]") {
  SequenceUnwrapper unwrapper;
  CHECK(unwrapper.unwrap(2) == 2);
  CHECK(unwrapper.unwrap(65535) == -1);
  CHECK(unwrapper.unwrap(3) == 3);
}
