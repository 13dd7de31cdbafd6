#include "protocol/srtp/master_key.h"

#include <catch2/catch.hpp>

#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::srtp;
using namespace lectern::test;

TEST_CASE("srtp master key: holds key, salt and MKI", "[srtp]") {
  const ByteVector bytes(30, std::byte{7});
  const auto key = MasterKey::create(bytes, unhex("01020304"));
  REQUIRE(key.ok());
  CHECK(hex(key->key_and_salt()) == hex(bytes));
  CHECK(hex(key->mki()) == "01020304");
  CHECK(MasterKey::create(bytes)->mki().empty());
}

TEST_CASE("srtp master key: equal where every byte is", "[srtp]") {
  ByteVector bytes(30, std::byte{7});
  const MasterKey key = *MasterKey::create(bytes, unhex("0001"));
  CHECK(key == *MasterKey::create(bytes, unhex("0001")));
  CHECK(!(key == *MasterKey::create(bytes)));
  CHECK(!(key == *MasterKey::create(bytes, unhex("0002"))));
  CHECK(!(key == *MasterKey::create(bytes, unhex("000100"))));
  CHECK(!(key == *MasterKey::create(Bytes(bytes).first(29), unhex("0001"))));
  bytes.back() = std::byte{8};
  CHECK(!(key == *MasterKey::create(bytes, unhex("0001"))));
}

TEST_CASE("srtp master key: sizes have limits", "[srtp]") {
  CHECK(MasterKey::create({}).error().code == Errc::invalid);
  CHECK(MasterKey::create(ByteVector(46)).ok());
  CHECK(MasterKey::create(ByteVector(47)).error().code == Errc::too_large);
  CHECK(MasterKey::create(ByteVector(30), ByteVector(128)).ok());
  CHECK(MasterKey::create(ByteVector(30), ByteVector(129)).error().code == Errc::too_large);
}
