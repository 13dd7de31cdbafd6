#include "protocol/payload/h264.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 2 -c:v libx264 -pix_fmt yuv420p -bf 0
//   -x264-params keyint=9:scenecut=0:qp=28:slices=1 -bsf:v filter_units=remove_types=6 s.h264 (and -c copy
//   s.mp4)
constexpr std::string_view key_unit =
    "000000016764000aacb212d808800000030080000005078913240000000168ebc24b22c00000016588843fd9674c47d777a0b4dc"
    "9b07599d810e76066ca6dbbc4cbe5f7aa4b9a6629a0b4fe2dc5db7862e58fc64f243521c1a866deb0592a457e690462f23081708"
    "453a989cf6d569c04572233c691101222730e3c3cb52851b6c8b4ccfdc18ddd3d3653451c9a35b12c35cb2599d42cce44df44076"
    "d7ba3fce519f14aa1443473318dfe11fe8c2be698d79aaf628526c928a62e6b145b73d4090f1cee692b263c1a81135ce98cacf7c"
    "00d5d5b059e440af5d53e1765874ed787f5415c5a557a48e44c8263f72697dac09f88278f172fc65133e9efa10acd17a0935fdc1"
    "294e6e3c3b4d14f500bf1a4e9eee4747a9b9e697679ec14c6ae0eb0f4e40af9fb993273ab222acb9fecdf297f50db9b77d772f3d"
    "f26a1d71ec1566ec2dd6a38d2fb9db98f09732db75810bdc626a84237e77b12ff3fea665416d7a42f86f6645b3b776616d812822"
    "65fd0ff962d208d3f1515edea1396407ff08bed681acf05f08fc7e78e75f70a303810e21937d5213ae9f3bc10bbf2a8f44774b03"
    "f7fea4290aa6f2dd96c710b19d9fc4825c5fd8a191e64a8f5c3e8ac65121f890657301ee69df2b8077f3eb95f2fd2af236a1fd8"
    "1";
constexpr std::string_view inter_unit =
    "00000001419a3b1fbb66cdb8a5d8275f20f23691a57e4c2ea3ed918c77f8d487977fb254afcbe13b01987271fa6fbd60cab64dec"
    "47d149813a9ff2dfa56c413c2838";
constexpr std::string_view avcc =
    "0164000affe100166764000aacb212d8088000000300800000050789132401000668ebc24b22c0fdf8f800";

// gst-launch-1.0 (1.22.0) filesrc location=s.h264 ! h264parse ! rtph264pay config-interval=0
//   aggregate-mode=max-stap mtu=121 ! udpsink
const Packets gstreamer = {"7800166764000aacb212d80880000003008000000507891324000668ebc24b22c0",
                           "7c8588843fd9674c47d777a0b4dc9b07599d810e76066ca6dbbc4cbe5f7aa4b9a6629a0b4fe2dc5db"
                           "7862e58fc64f243521c1a866deb0592a457e690462f23081708453a989cf6d569c04572233c691101"
                           "222730e3c3cb52851b6c8b4ccfdc18ddd3d3653451c9a35b12c35cb2",
                           "7c05599d42cce44df44076d7ba3fce519f14aa1443473318dfe11fe8c2be698d79aaf628526c928a6"
                           "2e6b145b73d4090f1cee692b263c1a81135ce98cacf7c00d5d5b059e440af5d53e1765874ed787f54"
                           "15c5a557a48e44c8263f72697dac09f88278f172fc65133e9efa10ac",
                           "7c05d17a0935fdc1294e6e3c3b4d14f500bf1a4e9eee4747a9b9e697679ec14c6ae0eb0f4e40af9fb"
                           "993273ab222acb9fecdf297f50db9b77d772f3df26a1d71ec1566ec2dd6a38d2fb9db98f09732db75"
                           "810bdc626a84237e77b12ff3fea665416d7a42f86f6645b3b776616d",
                           "7c4581282265fd0ff962d208d3f1515edea1396407ff08bed681acf05f08fc7e78e75f70a303810e2"
                           "1937d5213ae9f3bc10bbf2a8f44774b03f7fea4290aa6f2dd96c710b19d9fc4825c5fd8a191e64a8f"
                           "5c3e8ac65121f890657301ee69df2b8077f3eb95f2fd2af236a1fd81 M",
                           "419a3b1fbb66cdb8a5d8275f20f23691a57e4c2ea3ed918c77f8d487977fb254afcbe13b01987271f"
                           "a6fbd60cab64dec47d149813a9ff2dfa56c413c2838 M"};

H264Format format_of(std::string_view extradata) {
  return H264Format::from_extradata(from_hex(extradata)).value();
}

std::string with_lengths(std::string_view annex_b) {
  const ByteVector bytes = from_hex(annex_b);
  NalUnits units(bytes, NalFraming::annex_b);
  ByteVector all;
  while (const auto nal = units.next()) {
    for (const int shift : {24, 16, 8, 0}) all.push_back(std::byte(nal->size() >> shift & 0xff));
    all.insert(all.end(), nal->begin(), nal->end());
  }
  return hex_encode(all);
}

}  // namespace

TEST_CASE("H.264 packets are those of GStreamer", "[payload][h264]") {
  const auto packetizer = format_of("").make_packetizer(109);
  Packets packets = cut(*packetizer, key_unit, true);
  for (const std::string& packet : cut(*packetizer, inter_unit)) packets.push_back(packet);
  CHECK(packets == gstreamer);
}

TEST_CASE("H.264 of an MP4 file gives the same packets: its parameter sets come from avcC",
          "[payload][h264]") {
  const auto packetizer = format_of(avcc).make_packetizer(109);
  const std::string whole = with_lengths(key_unit);
  const std::string idr_only = whole.substr(whole.find("6588") - 8);
  CHECK(cut(*packetizer, whole) == Packets(gstreamer.begin(), gstreamer.end() - 1));
  CHECK(cut(*packetizer, idr_only) == Packets(gstreamer.begin(), gstreamer.end() - 1));
  CHECK(cut(*packetizer, with_lengths(inter_unit)) == Packets{gstreamer.back()});
  CHECK(cut(*packetizer, inter_unit) == Packets{gstreamer.back()});  // Annex B where lengths are due
}

TEST_CASE("H.264 fmtp is that of FFmpeg's rtp muxer", "[payload][h264]") {
  constexpr auto expected =
      "packetization-mode=1;sprop-parameter-sets=Z2QACqyyEtgIgAAAAwCAAAAFB4kTJA==,aOvCSyLA;profile-level-id="
      "64000A";
  CHECK(format_of(avcc).fmtp() == expected);
  CHECK(format_of(key_unit).fmtp() == expected);
  CHECK(format_of("").fmtp() == "packetization-mode=1");
}

TEST_CASE("H.264 extradata that is neither form is refused", "[payload][h264]") {
  for (const std::string_view bad : {"02", "6764000a", "0164000affe1", "0164000affe10020aa", "01"}) {
    INFO(bad);
    CHECK(H264Format::from_extradata(from_hex(bad)).error().code == Errc::invalid);
  }
  CHECK(H264Format::from_extradata(from_hex("0164000afee000")).error().code ==
        Errc::invalid);  // lengths of 3
  CHECK(format_of("0164000afde000").framing == NalFraming::length_2);
}

TEST_CASE("small H.264 units go together, with the greatest NRI and any F", "[payload][h264]") {
  const auto packetizer = format_of("").make_packetizer(16);
  CHECK(cut(*packetizer,
            "000001"
            "010203"
            "000001"
            "410405") == Packets{"58"
                                 "0003010203"
                                 "0003410405"
                                 " M"});
  CHECK(cut(*packetizer,
            "000001"
            "810203"
            "000001"
            "210405") == Packets{"b8"
                                 "0003810203"
                                 "0003210405"
                                 " M"});
  // 1 + 5 + 5 + 5 is 16; one unit left alone is no aggregate.
  CHECK(cut(*packetizer,
            "000001"
            "410203"
            "000001"
            "410405"
            "000001"
            "410607"
            "000001"
            "410809") == Packets{"58"
                                 "0003410203"
                                 "0003410405"
                                 "0003410607",
                                 "410809"
                                 " M"});
}

TEST_CASE("H.264 units that RTP has no use for are dropped", "[payload][h264]") {
  const auto packetizer = format_of("").make_packetizer(100);
  CHECK(cut(*packetizer,
            "00000109f0"
            "0000014101"
            "000001"
            "0cffff80"
            "0000010a"
            "0000010b"
            "0000015801"
            "0000010001") == Packets{"4101"
                                     " M"});
  CHECK(cut(*packetizer, "00000109f0").empty());
  CHECK(cut(*packetizer, "").empty());
}

TEST_CASE("parameter sets go before IDR, recovery point and flagged units that lack them",
          "[payload][h264]") {
  const auto packetizer = format_of(
                              "00000001674d001e9a"
                              "0000000168ce")
                              .make_packetizer(100);
  const std::string sets =
      "78"
      "0005674d001e9a"
      "000268ce";
  CHECK(cut(*packetizer, "000001658801") == Packets{sets + "0003658801 M"});
  CHECK(cut(*packetizer,
            "000001060501aa80"
            "000001060601c480"
            "000001419a") == Packets{sets + "0005060501aa80"
                                            "0005060601c480"
                                            "0002419a M"});
  CHECK(cut(*packetizer,
            "000001060501aa80"
            "000001419a") == Packets{"58"
                                     "0005060501aa80"
                                     "0002419a M"});
  CHECK(cut(*packetizer, "000001419a", true) == Packets{sets + "0002419a M"});
  CHECK(cut(*packetizer, "000001419a") == Packets{"419a M"});
}

TEST_CASE("the newest H.264 parameter sets are the ones repeated", "[payload][h264]") {
  const auto packetizer = format_of(
                              "00000001674d001e9a"
                              "0000000168ce")
                              .make_packetizer(100);
  // An SPS with the same id in a unit that has no PPS: the known PPS follows it.
  CHECK(cut(*packetizer,
            "000001674d001f9b"
            "000001658801") == Packets{"78"
                                       "0005674d001f9b"
                                       "000268ce"
                                       "0003658801 M"});
  CHECK(cut(*packetizer,
            "00000168cf"
            "000001419a") == Packets{"78"
                                     "000268cf"
                                     "0002419a M"});
  CHECK(cut(*packetizer, "000001658801") == Packets{"78"
                                                    "0005674d001f9b"
                                                    "000268cf"
                                                    "0003658801 M"});
}

TEST_CASE("an H.264 unit with a length past its end gives nothing", "[payload][h264]") {
  const auto packetizer = format_of(avcc).make_packetizer(100);
  CHECK(refused(*packetizer,
                "000000026588"
                "0000000341aa")
            .code == Errc::invalid);
  CHECK(refused(*format_of("").make_packetizer(100), "6588").code == Errc::invalid);
  CHECK(cut(*packetizer, "00000002419a") == Packets{"419a M"});
}

TEST_CASE("broken H.264 ends in errors or packets within the limit", "[payload][h264]") {
  survives_mutations(*format_of("").make_packetizer(60), key_unit, 60);
  survives_mutations(*format_of(avcc).make_packetizer(60), with_lengths(key_unit), 60);
  for_each_mutation(avcc, [](Bytes extradata) {
    const auto format = H264Format::from_extradata(extradata);
    if (format) CHECK(format->fmtp().starts_with("packetization-mode=1"));
  });
}

TEST_CASE("H.264 takes the parameter sets that come in the middle, and sends the old ones no more",
          "[payload][h264]") {
  const auto packetizer = format_of(avcc).make_packetizer(1000);
  std::string changed(avcc);
  changed.replace(changed.find("b22c0"), 5, "b22d0");  // another picture parameter set
  const std::string idr = with_lengths(key_unit.substr(key_unit.find("0000016588")));
  const auto sent = [&](Bytes configuration) {
    HexSink sink;
    const ByteVector unit = from_hex(idr);
    REQUIRE(
        packetizer->packetize({.data = unit, .random_access = true, .configuration = configuration}, sink));
    return sink.packets[0];
  };
  CHECK(sent({}).find("68ebc24b22c0") != std::string::npos);
  const ByteVector configuration = from_hex(changed);
  for (const Bytes each : {Bytes(configuration), Bytes()}) {
    const std::string packet = sent(each);
    CHECK(packet.find("68ebc24b22d0") != std::string::npos);
    CHECK(packet.find("68ebc24b22c0") == std::string::npos);
  }
  // What cannot be read changes nothing.
  const ByteVector broken = from_hex("0164");
  CHECK(sent(broken).find("68ebc24b22d0") != std::string::npos);
}

TEST_CASE("H.264 parameter sets of absurd size are not repeated", "[payload][h264]") {
  H264Format format;
  const std::string large = "68" + std::string(2, '8') + std::string(2 * 70'000, '5');
  format.sets.remember({1, 0}, from_hex(large));
  CHECK(format.sets.size() > most_parameter_set_bytes);
  format.sets.remember({1, 0}, from_hex("68ebc2"));
  CHECK(format.sets.size() == 3);
  format.sets.remember({1, 0}, from_hex(large));
  const auto packetizer = format.make_packetizer(1000);
  CHECK(cut(*packetizer, "00000001" + std::string("6588843f"), true).size() == 1);
}
