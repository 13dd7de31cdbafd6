#include "media/live/shared_streams.h"

#include <algorithm>
#include <set>

#include "protocol/base/base64.h"
#include "tests/unit/media/live/shared_receiver.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("shared streams: each track has a key, an ssrc and numbers of its own", "[live][srtp]") {
  for (const srtp::SuiteInfo& info : srtp::suites) {
    const auto made = SharedStreams::create(protection_of(info.suite), 3);
    REQUIRE(made.ok());
    const SharedStreams& streams = **made;
    CHECK(streams.suite() == info.suite);
    REQUIRE(streams.size() == 3);
    std::set<std::uint32_t> ssrcs, bases;
    for (std::size_t i = 0; i < 3; ++i) {
      const SharedStream& stream = streams.stream(i);
      CHECK(stream.key.key_and_salt().size() == srtp::key_and_salt_size(info.suite));
      CHECK(stream.key.mki().empty());
      CHECK(!(stream.key == streams.stream((i + 1) % 3).key));
      ssrcs.insert(stream.ssrc);
      bases.insert(stream.timestamp_base);
      CHECK(streams.next_index(i) < 0x8000);
      CHECK(streams.next_index(i) > 0);
      CHECK(streams.join_index(i) == streams.next_index(i));
    }
    CHECK(ssrcs.size() == 3);
    CHECK(bases.size() == 3);
    // 96 bits in base64.
    CHECK(streams.cname().size() == 16);
    CHECK(base64_decode(streams.cname()).ok());
  }
}

TEST_CASE("shared streams: the first sequence number is in the lower half", "[live][srtp]") {
  LiveProtection protection;
  protection.random = [](MutableBytes bytes) { std::ranges::fill(bytes, std::byte{0xff}); };
  const auto made = SharedStreams::create(protection, 1);
  REQUIRE(made.ok());
  CHECK((*made)->next_index(0) == 0x7fff);
  CHECK((*made)->stream(0).ssrc == 0xffffffff);
}

TEST_CASE("shared streams: they may begin where they are to", "[live][srtp]") {
  LiveProtection protection = protection_of();
  protection.start = {65535, 4294967295};
  const auto made = SharedStreams::create(protection, 2);
  REQUIRE(made.ok());
  for (std::size_t track = 0; track < 2; ++track) {
    CHECK((*made)->next_index(track) == 65535);
    CHECK((*made)->join_index(track) == 65535);
    CHECK((*made)->stream(track).timestamp_base == 4294967295);
  }
}

TEST_CASE("shared streams: a generator that repeats itself is refused", "[live][srtp]") {
  LiveProtection protection;
  protection.random = [](MutableBytes bytes) { std::ranges::fill(bytes, std::byte{5}); };
  const auto made = SharedStreams::create(protection, 2);
  REQUIRE(!made.ok());
  CHECK(made.error().code == Errc::internal);
  CHECK(made.error().message == "the random generator repeats itself");
}

TEST_CASE("shared streams: the rollover counter is the upper part of an index", "[live][srtp]") {
  CHECK(roc_of(0xffff) == 0);
  CHECK(roc_of(0x10000) == 1);
  CHECK(roc_of(0xfffffffeabcd) == 0xfffffffe);
}
