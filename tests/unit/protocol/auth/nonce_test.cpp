#include "protocol/auth/nonce.h"

#include <catch2/catch.hpp>
#include <set>

using namespace lectern;
using namespace lectern::auth;

TEST_CASE("a nonce is known again by who made it, for whom it was made", "[auth]") {
  const NonceMaker maker(ByteVector(32, std::byte{7}));
  const Nonce nonce{1234567, 42};
  const std::string text = maker.make(nonce, "192.0.2.1");
  CHECK(text.size() == 64);
  CHECK(text.substr(0, 32) == "000000000012d687000000000000002a");
  CHECK(maker.open(text, "192.0.2.1") == nonce);
  CHECK_FALSE(maker.open(text, "192.0.2.2"));
  CHECK_FALSE(NonceMaker(ByteVector(32, std::byte{8})).open(text, "192.0.2.1"));
  CHECK(maker.make(nonce, "192.0.2.1") == text);
  CHECK(maker.make({1234567, 43}, "192.0.2.1").substr(32) != text.substr(32));
}

TEST_CASE("a nonce in which anything was changed is none", "[auth]") {
  const NonceMaker maker(ByteVector(32, std::byte{7}));
  const std::string text = maker.make({1234567, 42}, "::1");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK_FALSE(maker.open(changed, "::1"));
  }
  for (const std::string& wrong : {std::string(), text.substr(1), text + "0", std::string(64, 'g')})
    CHECK_FALSE(maker.open(wrong, "::1"));
}
