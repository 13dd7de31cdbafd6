#include "protocol/rtsp/key_mgmt.h"

#include <catch2/catch.hpp>

#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::rtsp;
using namespace lectern::test;

namespace {

KeyMgmt only(std::string_view text) {
  const auto entries = parse_key_mgmt(text);
  INFO(text);
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 1);
  return entries->front();
}

}  // namespace

TEST_CASE("rtsp key management: what GStreamer sends", "[rtsp]") {
  constexpr std::string_view text =
      "prot=mikey;uri=\"rtsp://127.0.0.1:38555/a/stream=0\";data="
      "\"AQAFAN2apTkBAABWiQAeAAAAAAsA7rEFTIHYlIEKEENjXZb6iQ21qj2Hw9iFhRkBAAAAFQABAQEBEAIBAQMBCgcBAQgBAQoBAQAA"
      "ACIAI"
      "AAeNryQ3B6PdHwY4ZfKiPpeJBLgQJdxgyYVNNNbg+qEAA==\"";
  const KeyMgmt entry = only(text);
  CHECK(entry.protocol == "mikey");
  CHECK(entry.uri == "rtsp://127.0.0.1:38555/a/stream=0");
  CHECK(entry.data.size() == 112);
  CHECK(hex(entry.data).substr(0, 16) == "01000500dd9aa539");
  CHECK(serialize(entry) == text);
}

TEST_CASE("rtsp key management: live555 puts blanks, others leave parts out", "[rtsp]") {
  const KeyMgmt entry{"mikey", "rtsp://h/a", unhex("0100")};
  CHECK(only("prot=mikey; uri=\"rtsp://h/a\"; data=\"AQA=\"") == entry);
  CHECK(only(" PROT = MIKEY ;\turi = rtsp://h/a ; Data = AQA ").protocol == "MIKEY");
  CHECK(only("prot=mikey;uri=rtsp://h/a;data=AQA=") == entry);
  CHECK(only("prot=mikey;uri=\"\";data=\"AQA=\"") == KeyMgmt{"mikey", "", unhex("0100")});
  CHECK(only("prot=mikey;x=\"a;b,c\";data=\"AQA=\";") == KeyMgmt{"mikey", "", unhex("0100")});
  CHECK(serialize(KeyMgmt{"mikey", "", unhex("0100")}) == "prot=mikey;data=\"AQA=\"");
}

TEST_CASE("rtsp key management: several entries", "[rtsp]") {
  constexpr std::string_view text =
      "prot=mikey;uri=\"rtsp://h/a,b\";data=\"AQA=\",prot=other;uri=\"rtsp://h/c;d\";data=\"Ag==\"";
  const auto entries = parse_key_mgmt(text);
  REQUIRE(entries.ok());
  CHECK(*entries == std::vector<KeyMgmt>{{"mikey", "rtsp://h/a,b", unhex("0100")},
                                         {"other", "rtsp://h/c;d", unhex("02")}});
  CHECK(serialize(*entries) == text);
}

TEST_CASE("rtsp key management: malformed", "[rtsp]") {
  for (const char* bad :
       {"", " ", "mikey", "prot=mikey", "data=\"AQA=\"", "prot=;data=\"AQA=\"", "prot=mi key;data=\"AQA=\"",
        "prot=mikey;data=", "prot=mikey;data=\"\"", "prot=mikey;data=\"A\"", "prot=mikey;data=\"AQ*=\"",
        "prot=mikey;data=\"AQA=", "prot=mikey;data=\"AQA=\",", ",prot=mikey;data=\"AQA=\"",
        "prot=mikey;uri=a\"b;c\"d;data=\"AQA=\""}) {
    INFO(bad);
    const auto entries = parse_key_mgmt(bad);
    REQUIRE(!entries.ok());
    CHECK(entries.error().code == Errc::invalid);
  }
}

TEST_CASE("rtsp key management: limits", "[rtsp]") {
  const auto with_data = [](std::size_t size) {
    return serialize(KeyMgmt{"mikey", "", ByteVector(size, std::byte{1})});
  };
  CHECK(parse_key_mgmt(with_data(KeyMgmt::max_size)).ok());
  CHECK(parse_key_mgmt(with_data(KeyMgmt::max_size + 3)).error().code == Errc::too_large);
  std::vector<KeyMgmt> entries(KeyMgmt::max_entries, KeyMgmt{"mikey", "", unhex("01")});
  CHECK(parse_key_mgmt(serialize(entries)).ok());
  entries.push_back(entries.front());
  CHECK(parse_key_mgmt(serialize(entries)).error().code == Errc::too_large);
}
