#include "protocol/payload/nal_units.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

std::vector<std::string> units_of(std::string_view hex, NalFraming framing) {
  const ByteVector bytes = from_hex(hex);
  NalUnits units(bytes, framing);
  std::vector<std::string> all;
  while (const auto nal = units.next()) all.push_back(hex_encode(*nal));
  if (units.failed()) all.push_back("failed");
  return all;
}

using Units = std::vector<std::string>;

}  // namespace

TEST_CASE("Annex B start codes have three or more bytes", "[payload]") {
  CHECK(units_of("0000016742"
                 "0000000168ce"
                 "00000165",
                 NalFraming::annex_b) == Units{"6742", "68ce", "65"});
  CHECK(units_of("000000000001410203", NalFraming::annex_b) == Units{"410203"});
}

TEST_CASE("trailing zeroes and empty units of Annex B belong to nothing", "[payload]") {
  CHECK(units_of("00000141aa0000000000"
                 "000001"
                 "00000142",
                 NalFraming::annex_b) == Units{"41aa", "42"});
  CHECK(units_of("000001", NalFraming::annex_b).empty());
  CHECK(units_of("", NalFraming::annex_b).empty());
  CHECK(units_of("00000141000003010000020000", NalFraming::annex_b) == Units{"4100000301000002"});
}

TEST_CASE("Annex B must begin with a start code", "[payload]") {
  CHECK(units_of("41000001", NalFraming::annex_b) == Units{"failed"});
  CHECK(units_of("0001", NalFraming::annex_b) == Units{"failed"});
  CHECK(units_of("0000000000", NalFraming::annex_b) == Units{"failed"});
}

TEST_CASE("lengths of one, two and four bytes", "[payload]") {
  CHECK(units_of("0241aa0142", NalFraming::length_1) == Units{"41aa", "42"});
  CHECK(units_of("000241aa0000000142", NalFraming::length_2) == Units{"41aa", "42"});
  CHECK(units_of("0000000241aa0000000142", NalFraming::length_4) == Units{"41aa", "42"});
}

TEST_CASE("a length past the end fails", "[payload]") {
  CHECK(units_of("0000000241aa0000000242", NalFraming::length_4) == Units{"41aa", "failed"});
  CHECK(units_of("0000000241aa000000", NalFraming::length_4) == Units{"41aa", "failed"});
  CHECK(units_of("ffffffff41", NalFraming::length_4) == Units{"failed"});
}

TEST_CASE("Annex B in a track of lengths is told by lengths that do not hold", "[payload]") {
  const ByteVector start_codes = from_hex("0000000141aabb00000142");
  CHECK(check_nal_framing(start_codes, NalFraming::length_4).value() == NalFraming::annex_b);
  const ByteVector lengths = from_hex("0000000141");  // a unit of one byte, or a start code
  CHECK(check_nal_framing(lengths, NalFraming::length_4).value() == NalFraming::length_4);
  const ByteVector neither = from_hex("0000000541");
  CHECK(check_nal_framing(neither, NalFraming::length_4).error().code == Errc::invalid);
  CHECK(check_nal_framing(neither, NalFraming::annex_b).error().code == Errc::invalid);
}

TEST_CASE("lengths of three bytes are none", "[payload]") {
  CHECK(nal_framing_of_length_size(4).value() == NalFraming::length_4);
  CHECK(nal_framing_of_length_size(3).error().code == Errc::invalid);
}
