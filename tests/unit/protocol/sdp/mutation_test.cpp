#include <catch2/catch.hpp>

#include <array>

#include "protocol/sdp/description.h"
#include "protocol/sdp/fmtp.h"
#include "protocol/sdp/rtpmap.h"
#include "tests/support/mutation.h"
#include "tests/unit/protocol/sdp/samples.h"

using namespace lectern;
using namespace lectern::test;

namespace {

template <typename T, typename Parse>
bool survives(const T& value, Parse&& parse) {
  const auto again = parse(serialize(value));
  return again.ok() && *again == value;
}

}  // namespace

TEST_CASE("a mutated SDP is refused, or read again as it was read", "[sdp][mutation]") {
  constexpr std::array seeds = {sdp::samples::ffmpeg, sdp::samples::ffmpeg_audio, sdp::samples::live555,
                                sdp::samples::axis_multicast, sdp::samples::ip_camera};
  unsigned parsed = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const ByteVector bytes = mutated(as_bytes(seeds[seed % seeds.size()]), random);
    const auto description = sdp::parse(as_text(bytes));
    if (!description.ok()) continue;
    ++parsed;
    if (!survives(*description, [](const std::string& text) { return sdp::parse(text); }))
      FAIL("seed " << seed << "\n" << as_text(bytes));
    for (const sdp::Media& media : description->media) {
      for (const sdp::Attribute& attribute : media.attributes) {
        const auto rtpmap = sdp::parse_rtpmap(attribute.value);
        if (rtpmap.ok() && !survives(*rtpmap, [](const std::string& t) { return sdp::parse_rtpmap(t); }))
          FAIL("seed " << seed << " " << attribute.value);
        const auto fmtp = sdp::parse_fmtp(attribute.value);
        if (fmtp.ok() && !survives(*fmtp, [](const std::string& t) { return sdp::parse_fmtp(t); }))
          FAIL("seed " << seed << " " << attribute.value);
      }
    }
  }
  CHECK(parsed > 1000);
  CHECK(parsed < 3000);
}
