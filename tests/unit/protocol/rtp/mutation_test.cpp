#include <catch2/catch.hpp>

#include <algorithm>
#include <array>

#include "protocol/rtp/header.h"
#include "protocol/rtp/receiver_statistics.h"
#include "tests/support/hex.h"
#include "tests/support/mutation.h"

using namespace lectern;
using namespace lectern::test;

TEST_CASE("mutated RTP packets are refused, or read as they are written", "[rtp][mutation]") {
  const std::vector<std::string> seeds = {
      "80e01234000000050000000601020304",
      "b26000010000000200000003 0000000a0000000b bede000110aa0000 c0ffee 0003",
      "800007decbf14fe8d591199e36302f30363e53d7",
  };
  unsigned parsed = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    Random random(seed);
    const ByteVector bytes = mutated(unhex(seeds[seed % seeds.size()]), random);
    const auto packet = rtp::parse_packet(bytes);
    if (!packet.ok()) continue;
    ++parsed;
    std::array<std::byte, rtp::header_size> header{};
    rtp::write_header(packet->header, header);
    // All but the first octet, which tells of padding, extension and sources.
    if (!std::equal(header.begin() + 1, header.end(), bytes.begin() + 1)) FAIL("seed " << seed);
    const std::size_t parts = rtp::header_size + packet->csrcs.size() + packet->payload.size() +
                              (packet->has_extension ? 4 + packet->extension.size() : 0);
    const std::size_t padding = (u8(bytes[0]) & 0x20) != 0 ? u8(bytes.back()) : 0;
    if (parts + padding != bytes.size()) FAIL("seed " << seed);
  }
  CHECK(parsed > 5000);
  CHECK(parsed < 20000);
}

TEST_CASE("receiver statistics survive any sequence", "[rtp][mutation]") {
  Random random(7);
  rtp::ReceiverStatistics statistics(1, 90000);
  std::size_t accepted = 0;
  for (int i = 0; i < 50000; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i * (i % 3) + static_cast<int>(random.below(4)));
    const auto timestamp = static_cast<std::uint32_t>(random.below(std::size_t{1} << 32));
    const std::chrono::microseconds now(static_cast<std::int64_t>(random.below(1'000'000'000)));
    accepted += statistics.received({false, 96, sequence, timestamp, 1}, now) ? 1 : 0;
    const auto block = statistics.report(now);
    if (block.cumulative_lost > rtcp::max_cumulative_lost ||
        block.cumulative_lost < rtcp::min_cumulative_lost)
      FAIL("out of 24 bits: " << block.cumulative_lost);
  }
  CHECK(accepted > 0);
}
