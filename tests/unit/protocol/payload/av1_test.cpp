#include "protocol/payload/av1.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 2 -c:v libaom-av1 -cpu-used 8 -b:v 10k s.mp4
//   (and -c copy s.obu)
constexpr std::string_view av1c = "81000c000a0a0000000227fe6d7c8020";
constexpr std::string_view key_unit =
    "12000a0a0000000227fe6d7c8020328802140022400000802ba0d182c4766e86a3fd02c22b369efb8171b8fbfcead211b1541c25"
    "7e02c81069eaebb1513547371aad15faba20cf0ed588a3c419dd6714fca63f79e9989334fe3999cd562eddd0ad930305886ccdbd"
    "041ec79cd1655ac0ab03dca29d6b71e97a3f5f0740008c846bdecc6aa7d1f0115146434108b8370772c26f76fe4237b324ef3d6f"
    "0720398cf9dd40bd238f0a96f7729dfaf92cc2232ac5d346e84c7350562cf3ca31ecd81a5c386c912175fbd94fcdf63daa951bb1"
    "c613e186f328512e2f7182969eb25b8714fee90ac0585593c2677d2dc7cbaffb0b7f6d4d807b9a587b499cdc35637a2160a1e71d"
    "2ab616e7bbc412c75ff75eeae5d83c02e194613cd0";
constexpr std::string_view inter_unit =
    "1200322f3201e0400000235b00208100125d7100cf4f2a68f7061653cd37371ed76cb9260f8b02bcfce6b340938e61b31257d0";

constexpr std::string_view temporal_delimiter = "1200";
constexpr std::string_view sequence_header = "0a0a0000000227fe6d7c8020";

Av1Format format_of(std::string_view extradata) {
  return Av1Format::from_extradata(from_hex(extradata)).value();
}

/// A receiver by section 4.4 of the payload format: the OBUs, without their sizes.
std::vector<std::string> obus_of(const Packets& packets) {
  std::vector<std::string> obus;
  for (const std::string& packet : packets) {
    const ByteVector bytes = from_hex(packet.substr(0, packet.find(' ')));
    const unsigned header = u8(bytes.at(0)), count = header >> 4 & 3;
    std::size_t at = 1;
    for (unsigned i = 1; at < bytes.size(); ++i) {
      std::size_t size = 0;
      if (count != 0 && i == count) {
        size = bytes.size() - at;
      } else {
        for (unsigned shift = 0;; shift += 7) {
          const unsigned part = u8(bytes.at(at++));
          size |= std::size_t{part & 0x7f} << shift;
          if ((part & 0x80) == 0) break;
        }
      }
      REQUIRE(at + size <= bytes.size());
      const std::string element = hex_encode(Bytes(bytes).subspan(at, size));
      if (i == 1 && (header & 0x80) != 0) {
        obus.back() += element;
      } else {
        obus.push_back(element);
      }
      at += size;
    }
  }
  return obus;
}

}  // namespace

TEST_CASE("AV1 headers count elements and start a coded video sequence", "[payload][av1]") {
  const auto packetizer = format_of("").make_packetizer(1388);
  const std::string frame(key_unit.substr(key_unit.find("328802") + 6));
  // 0x28 is also what Chrome sends first: W = 2, N = 1
  CHECK(cut(*packetizer, key_unit) == Packets{"28"
                                              "0b"
                                              "080000000227fe6d7c8020"
                                              "30" +
                                              frame + " M"});
  CHECK(cut(*packetizer, inter_unit) == Packets{"10"
                                                "30" +
                                                std::string(inter_unit.substr(8)) + " M"});
}

TEST_CASE("AV1 OBUs are cut across packets of equal size", "[payload][av1]") {
  const auto packetizer = format_of("").make_packetizer(100);
  const Packets packets = cut(*packetizer, key_unit);
  REQUIRE(packets.size() == 3);
  CHECK(packets[0].substr(0, 4) == "680b");  // Y = 1, W = 2, N = 1
  CHECK(packets[1].substr(0, 2) == "d0");    // Z = 1, Y = 1, W = 1
  CHECK(packets[2].substr(0, 2) == "90");    // Z = 1, W = 1
  CHECK(packets[0].size() == packets[1].size());
  CHECK(obus_of(packets) ==
        std::vector<std::string>{"080000000227fe6d7c8020", "30" + std::string(key_unit.substr(34))});
}

TEST_CASE("more than three AV1 OBUs in a packet all have lengths", "[payload][av1]") {
  const auto packetizer = format_of("").make_packetizer(100);
  // Metadata OBUs (type 5): with a size, with an extension, the last without a size
  CHECK(cut(*packetizer,
            "2a01aa"
            "2e0801bb"
            "2a01cc"
            "28dd") == Packets{"00"
                               "0228aa"
                               "032c08bb"
                               "0228cc"
                               "0228dd"
                               " M"});
  CHECK(cut(*packetizer,
            "2a01aa"
            "2e0801bb"
            "28dd") == Packets{"30"
                               "0228aa"
                               "032c08bb"
                               "28dd"
                               " M"});
}

TEST_CASE("AV1 OBUs that RTP has no use for are dropped", "[payload][av1]") {
  const auto packetizer = format_of("").make_packetizer(100);
  CHECK(cut(*packetizer,
            "1200"
            "2a01aa"
            "4201bb"
            "7a01cc") == Packets{"10"
                                 "28aa"
                                 " M"});
  CHECK(cut(*packetizer, temporal_delimiter).empty());
}

TEST_CASE("the AV1 sequence header of av1C goes before a key frame without", "[payload][av1]") {
  const auto packetizer = format_of(av1c).make_packetizer(1388);
  const std::string frame_obu(key_unit.substr(key_unit.find("328802")));
  CHECK(cut(*packetizer, frame_obu) == cut(*format_of("").make_packetizer(1388), key_unit));
  CHECK(cut(*packetizer, inter_unit, true)[0].substr(0, 2) == "10");  // no key frame, whatever the flag says
  // Without one there is nothing to start a sequence with.
  CHECK(cut(*format_of("").make_packetizer(1388), frame_obu)[0].substr(0, 4) == "1030");
}

TEST_CASE("AV1 fmtp has profile, level and tier", "[payload][av1]") {
  CHECK(format_of(av1c).fmtp() == "profile=0;level-idx=0;tier=0");
  CHECK(format_of(sequence_header).fmtp() == "profile=0;level-idx=0;tier=0");
  CHECK(format_of("812d8c00").fmtp() == "profile=1;level-idx=13;tier=1");
  CHECK(format_of("").fmtp().empty());
}

TEST_CASE("AV1 extradata and units that are cut short are refused", "[payload][av1]") {
  for (const std::string_view bad : {"81", "81000c", "81000c000a0a00", "0a0100", "00"}) {
    INFO(bad);
    CHECK(Av1Format::from_extradata(from_hex(bad)).error().code == Errc::invalid);
  }
  const auto packetizer = format_of("").make_packetizer(100);
  CHECK(refused(*packetizer,
                "2a01aa"
                "2a02aa")
            .code == Errc::invalid);
  CHECK(refused(*packetizer, "aa01aa").code == Errc::invalid);
}

TEST_CASE("any cut of AV1 gives its OBUs back", "[payload][av1]") {
  const std::string many =
      "2a03aabbcc"
      "2a01aa"
      "2e080411223344"
      "2a01cc"
      "3208"
      "1122334455667788"
      "2a00"
      "2a02ddee";
  const std::vector<std::string> obus = {"28aabbcc",           "28aa", "2c0811223344", "28cc",
                                         "301122334455667788", "28",   "28ddee"};
  const std::vector<std::string> of_key_unit = obus_of(cut(*format_of("").make_packetizer(2000), key_unit));
  for (std::size_t most = 16; most < 300; ++most) {
    const auto packetizer = format_of("").make_packetizer(most);
    INFO(most);
    CHECK(obus_of(cut(*packetizer, many)) == obus);
    CHECK(obus_of(cut(*packetizer, key_unit)) == of_key_unit);
  }
}

TEST_CASE("broken AV1 ends in errors or packets within the limit", "[payload][av1]") {
  survives_mutations(*format_of("").make_packetizer(60), key_unit, 60);
  for_each_mutation(av1c, [](Bytes extradata) {
    const auto format = Av1Format::from_extradata(extradata);
    if (format) CHECK((extradata.empty() || format->fmtp().starts_with("profile=")));
  });
}
