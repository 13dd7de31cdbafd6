#include "protocol/payload/h265.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 2 -c:v libx265 -pix_fmt yuv420p
//   -x265-params keyint=9:bframes=0:qp=28:info=0 s.h265 (and -c copy s.mp4)
constexpr std::string_view key_unit =
    "0000000140010c01ffff01600000030090000003000003001e9280900000000142010101600000030090000003000003001ea042"
    "085964ab932bc05a020000030002000003000a10000000014401c171a1120000012801af7898a88e0d34692d3a8f7a5c7f838ce6"
    "bcd72968ea01fd1bde393f41483490cbbc33f043bc4848c6d9cedf4e1450689999f909f72e4837781606abaa9a0d90d144339c44"
    "78563f4e673106d7db3d87d34be7fffe7f016cc1296149233785554b47bd184edb7f3b7aa5c8324c6a6b3f6c40bf0eb1a121ddc0"
    "6dd9f822de1669d82f97935fd459e28b17f0c578584cb10b49f86d1e2696e522637b6d45101c52a0f726cdf3d4d2d519276db4ed"
    "45c05b7dc150ae54df75528f4108f267e6562d2ba4a3881d3c96a582a325991b415e5053f72671273151699afc585584bf784e4a"
    "161d956fe96bbdcf683b81c63c7dd9363260b79029e66ab62452c779849003d61ce6c8c5ae2f62bd6ee85f5c17e9157ac62d9408"
    "4c9d8b912d48c7d41f9a323e6e0e59d52b4d1fe6e7f4ba1e1886b1eb928416e122c7d5740b4307c903ab0b96c915d39081acb1dd"
    "d40e161705f4f802068400ded843e7598291049afe832c5ff2a6f07e5033f9bce4e266fd315455e953a23a359f6ae0c81690dce0"
    "83faa258d5a3902d2727891063de0137967027ed3c49f890b5d2ccf000";
constexpr std::string_view inter_unit =
    "0000010201d0097e10c64c2cfff5144f862798d0d3e508b2e4f0b3e3d437d6d909a1fffffffff9f1dbd3d911923ee1e240a3f789"
    "807884be6053f36eae";
constexpr std::string_view hvcc =
    "0101600000009000000000001ef000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003001e928090"
    "210001002842010101600000030090000003000003001ea042085964ab932bc05a020000030002000003000a1022000100064401"
    "c171a112";

// gst-launch-1.0 (1.22.0) filesrc location=s.h265 ! h265parse ! rtph265pay config-interval=0
// aggregate-mode=max
//   mtu=152 ! udpsink
const Packets gstreamer = {
    "6001001840010c01ffff01600000030090000003000003001e928090002842010101600000030090000003000003001ea0420859"
    "64ab932bc05a020000030002000003000a1000064401c171a112",
    "620194af7898a88e0d34692d3a8f7a5c7f838ce6bcd72968ea01fd1bde393f41483490cbbc33f043bc4848c6d9cedf4e14506899"
    "99f909f72e4837781606abaa9a0d90d144339c4478563f4e673106d7db3d87d34be7fffe7f016cc1296149233785554b47bd184e"
    "db7f3b7aa5c8324c6a6b3f6c40bf0eb1a121ddc06dd9f822de1669d82f97935fd459e28b",
    "62011417f0c578584cb10b49f86d1e2696e522637b6d45101c52a0f726cdf3d4d2d519276db4ed45c05b7dc150ae54df75528f41"
    "08f267e6562d2ba4a3881d3c96a582a325991b415e5053f72671273151699afc585584bf784e4a161d956fe96bbdcf683b81c63c"
    "7dd9363260b79029e66ab62452c779849003d61ce6c8c5ae2f62bd6ee85f5c17e9157ac6",
    "6201542d94084c9d8b912d48c7d41f9a323e6e0e59d52b4d1fe6e7f4ba1e1886b1eb928416e122c7d5740b4307c903ab0b96c915"
    "d39081acb1ddd40e161705f4f802068400ded843e7598291049afe832c5ff2a6f07e5033f9bce4e266fd315455e953a23a359f6a"
    "e0c81690dce083faa258d5a3902d2727891063de0137967027ed3c49f890b5d2ccf0 M",
    "0201d0097e10c64c2cfff5144f862798d0d3e508b2e4f0b3e3d437d6d909a1fffffffff9f1dbd3d911923ee1e240a3f789807884"
    "be6053f36eae M"};

H265Format format_of(std::string_view extradata) {
  return H265Format::from_extradata(from_hex(extradata)).value();
}

}  // namespace

TEST_CASE("H.265 packets are those of GStreamer", "[payload][h265]") {
  const auto packetizer = format_of("").make_packetizer(140);
  Packets packets = cut(*packetizer, key_unit, true);
  for (const std::string& packet : cut(*packetizer, inter_unit)) packets.push_back(packet);
  CHECK(packets == gstreamer);
}

TEST_CASE("H.265 parameter sets of hvcC go before a picture without", "[payload][h265]") {
  const auto packetizer = format_of(hvcc).make_packetizer(140);
  CHECK(cut(*packetizer, "000000042601abcd") == Packets{gstreamer[0] + "00042601abcd M"});  // IDR_W_RADL
  CHECK(cut(*packetizer, "000000042a01abcd") == Packets{gstreamer[0] + "00042a01abcd M"});  // CRA
  CHECK(cut(*packetizer, "000000040201abcd") == Packets{"0201abcd M"});
}

TEST_CASE("H.265 fmtp is that of FFmpeg's rtp muxer", "[payload][h265]") {
  constexpr auto expected =
      "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwAekoCQ;"
      "sprop-sps=QgEBAWAAAAMAkAAAAwAAAwAeoEIIWWSrkyvAWgIAAAMAAgAAAwAKEA==;sprop-pps=RAHBcaES";
  CHECK(format_of(hvcc).fmtp() == expected);
  CHECK(format_of(key_unit).fmtp() == expected);
  CHECK(format_of("").fmtp().empty());
}

TEST_CASE("H.265 extradata that is neither form is refused", "[payload][h265]") {
  for (const std::string_view bad :
       {"02", "42010101", "01", "0101600000009000000000001ef000fcfdf8f800000f03200001"}) {
    INFO(bad);
    CHECK(H265Format::from_extradata(from_hex(bad)).error().code == Errc::invalid);
  }
}

TEST_CASE("H.265 aggregates have the lowest layer and temporal id", "[payload][h265]") {
  const auto packetizer = format_of("").make_packetizer(40);
  // TemporalId plus 1 of 3 and 2; layers 1 and 0
  CHECK(cut(*packetizer,
            "000001"
            "0203aa"
            "000001"
            "0202bb") == Packets{"6002"
                                 "00030203aa"
                                 "00030202bb"
                                 " M"});
  CHECK(cut(*packetizer,
            "000001"
            "0209aa"
            "000001"
            "020abb") == Packets{"6009"
                                 "00030209aa"
                                 "0003020abb"
                                 " M"});
  CHECK(cut(*packetizer,
            "000001"
            "0309aa"
            "000001"
            "020abb") == Packets{"6009"
                                 "00030309aa"
                                 "0003020abb"
                                 " M"});
}

TEST_CASE("H.265 fragments keep layer and temporal id", "[payload][h265]") {
  const auto packetizer = format_of("").make_packetizer(16);
  CHECK(cut(*packetizer,
            "000001"
            "030a"
            "0102030405060708090a0b0c0d0e0f1011") == Packets{"630a81"
                                                             "010203040506070809",
                                                             "630a41"
                                                             "0a0b0c0d0e0f1011"
                                                             " M"});
}

TEST_CASE("H.265 units that RTP has no use for are dropped", "[payload][h265]") {
  const auto packetizer = format_of("").make_packetizer(100);
  // AUD, slice, EOS, EOB, filler, Dolby Vision RPU (62), a unit without a whole header
  CHECK(cut(*packetizer,
            "000001460110"
            "0000010201aa"
            "0000014801"
            "0000014a01"
            "0000014c01ff80"
            "0000017c01aa"
            "00000102") == Packets{"0201aa M"});
}

TEST_CASE("an H.265 unit with a length past its end gives nothing", "[payload][h265]") {
  CHECK(refused(*format_of(hvcc).make_packetizer(100),
                "000000032601aa"
                "000000050201")
            .code == Errc::invalid);
}

TEST_CASE("broken H.265 ends in errors or packets within the limit", "[payload][h265]") {
  survives_mutations(*format_of("").make_packetizer(60), key_unit, 60);
  for_each_mutation(hvcc, [](Bytes extradata) {
    const auto format = H265Format::from_extradata(extradata);
    if (format) CHECK((format->fmtp().empty() || format->fmtp().starts_with("sprop-")));
  });
}
