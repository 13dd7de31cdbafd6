#include "protocol/payload/vp8.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 2 -c:v libvpx -g 9 -b:v 20k -qmin 40 s.ivf
constexpr std::string_view key_frame =
    "9006009d012a200020000607088585888584881d820275ba2233971ce09181a01cfec1ec03facdc046446b8f97ec699bddba9676"
    "51981929eca138360420fee505bd05d78e52b50d8995a2f1f9d1286932b65a62ae41fb2bb38d999ae40f3dfe7a251ccb66aa042c"
    "6071a48c36cb36addb4489c2558a543e019ef86f927e20e9ac7cf9fa8ff26f8597bf077b3dce8e3d55fe044e275a4586faf05db9"
    "34c4c63f4fb7728fc825bf79c72172da298272876c02f883c2805497dfb137daa9b9e31d0266fadb3d6d16a637f6fd962b2b52fb"
    "6377f2802ac60f0d895f8d7af170109d9cb7cced25648ce4f336a6a7ca78044c35bee231ed5d33292b87ff98fcb4a8fdddcfea51"
    "1530e6608c9ddfb5202098596a0d2bf4f451bafe3f4008bf8e1ea2c0d40ae1ea2c0d40afdb01ef81e0ffc3a37a1e6e6f41bcb6bd"
    "da24cba25eed11c0";
constexpr std::string_view inter_frame =
    "f101001810ec0018088af3fe048edc2e45a0dc93e20a5367017dd33f3dfece09b5306d06427dfd9fc7a73ee1b19defa5444ad4a8"
    "000000000914730000000000000000";

// gst-launch-1.0 (1.22.0) filesrc location=s.ivf ! ivfparse ! rtpvp8pay mtu=120 ! udpsink
const Packets gstreamer = {
    "109006009d012a200020000607088585888584881d820275ba2233971ce09181a01cfec1ec03facdc046446b8f97ec699bddba96"
    "7651981929eca138360420fee505bd05d78e52b50d8995a2f1f9d1286932b65a62ae41fb2bb38d999ae40f3dfe7a251ccb66aa04"
    "2c6071a4",
    "018c36cb36addb4489c2558a543e019ef86f927e20e9ac7cf9fa8ff26f8597bf077b3dce8e3d55fe044e275a4586faf05db934c4"
    "c63f4fb7728fc825bf79c72172da298272876c02f883c2805497dfb137daa9b9e31d0266fadb3d6d16a637f6fd962b2b52fb6377"
    "f2802ac6",
    "010f0d895f8d7af170109d9cb7cced25648ce4f336a6a7ca78044c35bee231ed5d33292b87ff98fcb4a8fdddcfea511530e6608c"
    "9ddfb5202098596a0d2bf4f451bafe3f4008bf8e1ea2c0d40ae1ea2c0d40afdb01ef81e0ffc3a37a1e6e6f41bcb6bdda24cba25e"
    "ed11c0 M",
    "10f101001810ec0018088af3fe048edc2e45a0dc93e20a5367017dd33f3dfece09b5306d06427dfd9fc7a73ee1b19defa5444ad4"
    "a8000000000914730000000000000000 M"};

}  // namespace

TEST_CASE("VP8 packets are those of GStreamer but for the partition index", "[payload][vp8]") {
  const auto packetizer = Vp8Format{}.make_packetizer(108);
  Packets packets = cut(*packetizer, key_frame, true);
  for (const std::string& packet : cut(*packetizer, inter_frame)) packets.push_back(packet);
  REQUIRE(packets.size() == gstreamer.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    CHECK(packets[i].substr(2) == gstreamer[i].substr(2));
    CHECK(packets[i].substr(0, 2) == (i == 0 || i == 3 ? "10" : "00"));
  }
}

TEST_CASE("a VP8 frame without a whole tag is refused", "[payload][vp8]") {
  const auto packetizer = Vp8Format{}.make_packetizer(100);
  CHECK(refused(*packetizer, "1001").code == Errc::invalid);
  CHECK(refused(*packetizer, "").code == Errc::invalid);
  CHECK(cut(*packetizer, "100102") == Packets{"10100102 M"});
}

TEST_CASE("broken VP8 ends in errors or packets within the limit", "[payload][vp8]") {
  survives_mutations(*Vp8Format{}.make_packetizer(60), key_frame, 60);
}
