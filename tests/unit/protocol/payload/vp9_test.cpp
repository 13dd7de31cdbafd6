#include "protocol/payload/vp9.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 2 -c:v libvpx-vp9 -g 9 -b:v 10k -lag-in-frames 0
//   -qmin 40 s.ivf
constexpr std::string_view key_frame =
    "824983420001f001f60438241c19400000306000007c825fc6a531c34632559d10be1700ff923312e3c8629d7665e5fcd825130c"
    "f614798ee05353b502559b0d7e747bb1e3749154c40d5332b08af46ead0afdaf7ef593b7f32e1c6c6af5f4777ea03634157dd124"
    "ce1e9edb4aab51db52c283df35376f41c844279da4fd6d8c9fffdadada41f7413cd48f66f0824b7ee0323bd2eb2cb8f01b576675"
    "d458e89822ee4e5cf99341d63eb90b1c95a98c7c29ef6c7410301b66dad50e110832c47c98bacb44c4c84660040d78089224916c"
    "032ad4ec27009b543f22b1d304cba7c20106ce1dce58de040184b679a98f843853b8c000";
constexpr std::string_view inter_frame =
    "860040929c1854e000032000007fdb9b61bfdf6079cbfa78cea8845f9d49e86e3636c9ceb21600";

// gst-launch-1.0 (1.22.0) filesrc location=s.ivf ! ivfparse ! vp9parse ! rtpvp9pay mtu=152 ! udpsink
constexpr std::string_view gstreamer_inter =
    "4c860040929c1854e000032000007fdb9b61bfdf6079cbfa78cea8845f9d49e86e3636c9ceb21600 M";
// Its first packet of the key frame; its scalability structure also has a group of one picture (G, N_G = 1).
constexpr std::string_view gstreamer_key_descriptor =
    "0a"
    "18"
    "0020"
    "0020"
    "010401";

}  // namespace

TEST_CASE("a VP9 picture that is predicted has the packet of GStreamer", "[payload][vp9]") {
  CHECK(cut(*Vp9Format{}.make_packetizer(140), inter_frame) == Packets{std::string(gstreamer_inter)});
}

TEST_CASE("a VP9 key frame says its size in the first packet", "[payload][vp9]") {
  const Packets packets = cut(*Vp9Format{}.make_packetizer(140), key_frame);
  REQUIRE(packets.size() == 2);
  const std::string data(key_frame);
  CHECK(packets[0] ==
        "0a"
        "10"
        "0020"
        "0020" +
            data.substr(0, 240));
  CHECK(packets[1] == "04" + data.substr(240) + " M");
  // As GStreamer has it, but for G and what follows from it.
  CHECK(packets[0].substr(0, 2) == gstreamer_key_descriptor.substr(0, 2));
  CHECK(packets[0].substr(4, 8) == gstreamer_key_descriptor.substr(4, 8));
}

TEST_CASE("VP9 sizes follow the color configuration of the profile", "[payload][vp9]") {
  const auto packetizer = Vp9Format{}.make_packetizer(100);
  // 10 0 0 0 | 0 0 1 0 (key frame, shown), sync code, color space 1, range 0, 639, 359
  CHECK(cut(*packetizer,
            "82"
            "498342"
            "20"
            "27f0"
            "1670") == Packets{"0e"
                               "10"
                               "0280"
                               "0168"
                               "82498342"
                               "20"
                               "27f01670 M"});
  // Profile 1: two bits of subsampling and a reserved one more
  CHECK(cut(*packetizer,
            "a2"
            "498342"
            "20"
            "04fe"
            "02ce"
            "00") == Packets{"0e"
                             "10"
                             "0280"
                             "0168"
                             "a2498342"
                             "20"
                             "04fe02ce00 M"});
}

TEST_CASE("a shown existing VP9 frame is sent as predicted", "[payload][vp9]") {
  CHECK(cut(*Vp9Format{}.make_packetizer(100), "88") == Packets{"4c88 M"});
}

TEST_CASE("VP9 fmtp has the profile where it is known", "[payload][vp9]") {
  CHECK(Vp9Format{}.fmtp().empty());
  CHECK(Vp9Format{.profile = 2}.fmtp() == "profile-id=2");
}

TEST_CASE("VP9 without marker or sync code is refused", "[payload][vp9]") {
  const auto packetizer = Vp9Format{}.make_packetizer(100);
  for (const std::string_view bad : {"", "42498342", "82498341200000", "824983", "82498342"}) {
    INFO(bad);
    CHECK(refused(*packetizer, bad).code == Errc::invalid);
  }
}

TEST_CASE("broken VP9 ends in errors or packets within the limit", "[payload][vp9]") {
  survives_mutations(*Vp9Format{}.make_packetizer(60), key_frame, 60);
}
