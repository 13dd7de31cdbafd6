#include "server/srtp/key_offer.h"

#include <catch2/catch.hpp>
#include <set>

using namespace lectern;
using namespace lectern::server;
using srtp::Suite;

namespace {

constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;

bool same(const OfferedStream& a, const OfferedStream& b) {
  return a.ssrc == b.ssrc && a.keys == b.keys;
}

}  // namespace

TEST_CASE("key offer: each stream has a key of its suite's size and an ssrc of its own", "[srtp]") {
  std::set<std::uint32_t> ssrcs;
  std::set<std::string> keys;
  for (const srtp::SuiteInfo& info : srtp::suites)
    for (int i = 0; i < 50; ++i) {
      const OfferedStream stream = new_stream(info.suite);
      CHECK(stream.keys.suite == info.suite);
      CHECK(stream.keys.key.key_and_salt().size() == info.key_size + info.salt_size);
      CHECK(stream.keys.key.mki().empty());
      ssrcs.insert(stream.ssrc);
      keys.emplace(as_text(stream.keys.key.key_and_salt()));
    }
  CHECK(ssrcs.size() == srtp::suites.size() * 50);
  CHECK(keys.size() == srtp::suites.size() * 50);
}

TEST_CASE("key offer: a stream is for the one session that takes it", "[srtp]") {
  KeyOffers offers;
  const KeyOffer offer = offers.make("/a", 2, suite, true);
  REQUIRE(offer.tracks.size() == 2);
  CHECK(offer.sdes);
  CHECK_FALSE(same(offer.tracks[0].stream, offer.tracks[1].stream));
  // Asked for, it is not taken yet: the SETUP may be refused.
  for (int i = 0; i < 2; ++i) CHECK(same(offers.stream_for("/a", 0, suite), offer.tracks[0].stream));
  offers.take("/a", 0, offer.tracks[0].stream.ssrc + 1);
  CHECK(same(offers.stream_for("/a", 0, suite), offer.tracks[0].stream));
  offers.take("/a", 0, offer.tracks[0].stream.ssrc);
  const OfferedStream other = offers.stream_for("/a", 0, suite);
  CHECK(other.ssrc != offer.tracks[0].stream.ssrc);
  CHECK_FALSE(other.keys == offer.tracks[0].stream.keys);
  CHECK(same(offers.stream_for("/a", 1, suite), offer.tracks[1].stream));
}

TEST_CASE("key offer: what was not offered gets a new stream", "[srtp]") {
  KeyOffers offers;
  const KeyOffer offer = offers.make("/a", 1, suite, false);
  CHECK_FALSE(same(offers.stream_for("/a", 1, suite), offer.tracks[0].stream));
  CHECK_FALSE(same(offers.stream_for("/b", 0, suite), offer.tracks[0].stream));
  CHECK(offers.stream_for("/b", 0, Suite::aead_aes_256_gcm).keys.suite == Suite::aead_aes_256_gcm);
  offers.take("/b", 0, 1);
  offers.take("/a", 1, 1);
  CHECK(offers.find("/b") == nullptr);
}

TEST_CASE("key offer: the last of a path counts, and of many paths the last four", "[srtp]") {
  KeyOffers offers;
  const KeyOffer first = offers.make("/a", 1, suite, true);
  const KeyOffer second = offers.make("/a", 1, suite, false);
  CHECK_FALSE(same(first.tracks[0].stream, second.tracks[0].stream));
  CHECK(same(offers.stream_for("/a", 0, suite), second.tracks[0].stream));
  CHECK_FALSE(offers.find("/a")->sdes);
  for (std::size_t i = 1; i < KeyOffers::most; ++i) offers.make("/" + std::to_string(i), 1, suite, false);
  CHECK(offers.find("/a") != nullptr);
  offers.make("/one more", 1, suite, false);
  CHECK(offers.find("/a") == nullptr);
  CHECK(offers.find("/1") != nullptr);
  CHECK(offers.find("/one more") != nullptr);
}
