#include <catch2/catch.hpp>

#include <array>

#include "protocol/rtcp/compound.h"
#include "tests/support/hex.h"
#include "tests/support/mutation.h"
#include "tests/unit/protocol/rtcp/samples.h"

using namespace lectern;
using namespace lectern::test;

namespace {

std::string rewritten(const rtcp::Compound& compound) {
  std::array<std::byte, 2 * rtcp::max_compound_size> buffer{};
  ByteWriter writer(buffer);
  compound.visit([&writer](const auto& packet) { rtcp::write(writer, packet); });
  REQUIRE_FALSE(writer.failed());
  return hex(writer.written());
}

}  // namespace

TEST_CASE("a mutated compound is refused, or read again as it was read", "[rtcp][mutation]") {
  const std::vector<std::string> seeds = {
      std::string(rtcp::samples::ffmpeg_bye),
      std::string(rtcp::samples::gstreamer_receiver),
      std::string(rtcp::samples::gstreamer_sender),
      "80c9000100000009 81ce00020000000100000002 81cb000300000001046f766572000000",
      "80c9000100000009 a1ce0003000000010000000200000004",
  };
  unsigned parsed = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    Random random(seed);
    const ByteVector bytes = mutated(unhex(seeds[seed % seeds.size()]), random);
    const auto rule = seed % 2 == 0 ? rtcp::CompoundRule::full : rtcp::CompoundRule::reduced_size;
    const auto compound = rtcp::Compound::parse(bytes, rule);
    if (!compound.ok()) continue;
    ++parsed;
    const std::string once = rewritten(*compound);
    const ByteVector again = unhex(once);
    const auto second = rtcp::Compound::parse(again, rule);
    if (!second.ok() || rewritten(*second) != once) FAIL("seed " << seed << " " << hex(bytes));
  }
  CHECK(parsed > 2000);
  CHECK(parsed < 20000);
}
