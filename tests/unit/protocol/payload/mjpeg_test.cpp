#include "protocol/payload/mjpeg.h"

#include "protocol/payload/jpeg_frame.h"
#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using namespace lectern::payload;

namespace {

using Packets = std::vector<std::string>;

// ffmpeg -f lavfi -i testsrc2=size=32x32:rate=5 -frames:v 1 -c:v mjpeg -huffman default -pix_fmt yuvj420p
// -q:v 25
//   -f image2 s.jpg
const std::string picture =
    "ffd8ffe000104a46494600010200000100010000fffe00104c61766335392e33372e31303000ffdb0043000832323b323b444444"
    "444444514b51545454515151515454545a5a5a6a6a6a5a5a5a54545a5a64646a6a7376736d6d6a6d76767d7d7d96968f8fafafb5"
    "d7d7ffffc401a20000010501010101010100000000000000000102030405060708090a0b01000301010101010101010100000000"
    "00000102030405060708090a0b100002010303020403050504040000017d01020300041105122131410613516107227114328191"
    "a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a63"
    "6465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3"
    "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa11000201020404030407050404000102"
    "77000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26272829"
    "2a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495"
    "969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3"
    "f4f5f6f7f8f9faffc00011080020002003012200021100031100ffda000c03010002110311003f00f2ef98b103fa5760b24c0e33"
    "db3d17a7ae7a564aff0018ea4ede3d71d6ba018d9b71cf5dbed9ce3f2fc6bc6ab53da3d57dfadae7bb282e6d7a5edfe479a7cc84"
    "76fcaba64924e707f95576e3cb1f74824e0ff0e4e466aea73e60fbc49078ef83ce2be89d49357bfe3e76bfebb9c6e29c5c7a76fc"
    "7fad0e71bef7f9f4ab22ab37deff003e956457cff426aff11fcff367382b5c5640ad715f5ace07f0b3ffd9";

// gst-launch-1.0 (1.22.0) filesrc location=s.jpg ! jpegparse ! rtpjpegpay mtu=309 ! udpsink; what it sends
// after this packet is EOI, which receivers add themselves.
constexpr std::string_view gstreamer =
    "0000000001ff0404000000800832323b323b444444444444514b51545454515151515454545a5a5a6a6a6a5a5a5a54545a5a6464"
    "6a6a7376736d6d6a6d76767d7d7d96968f8fafafb5d7d7ff0832323b323b444444444444514b51545454515151515454545a5a5a"
    "6a6a6a5a5a5a54545a5a64646a6a7376736d6d6a6d76767d7d7d96968f8fafafb5d7d7fff2ef98b103fa5760b24c0e33db3d17a7"
    "ae7a564aff0018ea4ede3d71d6ba018d9b71cf5dbed9ce3f2fc6bc6ab53da3d57dfadae7bb282e6d7a5edfe479a7cc8476fcaba6"
    "4924e707f95576e3cb1f74824e0ff0e4e466aea73e60fbc49078ef83ce2be89d49357bfe3e76bfebb9c6e29c5c7a76fc7fad0e71"
    "bef7f9f4ab22ab37deff003e956457cff426aff11fcff367382b5c5640ad715f5ace07f0b3";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string without_huffman(std::string text) {
  for (std::size_t at = text.find("ffc4"); at != std::string::npos; at = text.find("ffc4")) {
    text.erase(at, 4 + 2 * std::stoul(text.substr(at + 4, 4), nullptr, 16));
  }
  return text;
}

std::string reason(std::string_view jpeg) {
  const Error error = refused(*MjpegFormat{}.make_packetizer(400), jpeg);
  return (error.code == Errc::unsupported ? "unsupported: " : "invalid: ") + error.message;
}

}  // namespace

TEST_CASE("the JPEG packet is that of GStreamer", "[payload][mjpeg]") {
  CHECK(cut(*MjpegFormat{}.make_packetizer(320), picture) == Packets{std::string(gstreamer) + " M"});
}

TEST_CASE("JPEG without Huffman tables, as in AVI, means the standard ones", "[payload][mjpeg]") {
  CHECK(without_huffman(picture).size() < picture.size());
  CHECK(cut(*MjpegFormat{}.make_packetizer(320), without_huffman(picture)) ==
        Packets{std::string(gstreamer) + " M"});
}

TEST_CASE("JPEG fragments say where they belong; the tables go with the first", "[payload][mjpeg]") {
  std::string scan;
  for (int i = 0; i < 500; ++i) scan += "ab";
  const std::string big = replaced(picture, gstreamer.substr(gstreamer.size() - 20), scan);
  const Packets packets = cut(*MjpegFormat{}.make_packetizer(320), big);
  const std::string headers(gstreamer.substr(2 * 8, 2 * 132));
  const std::size_t scan_size = 157 - 10 + 500;  // 157 bytes in the packet above
  const std::size_t most = 260;                  // ceil((132 + 647) / 3)
  REQUIRE(packets.size() == 3);
  CHECK(packets[0].substr(0, 2 * 140) == "0000000001ff0404" + headers);
  CHECK(packets[0].size() == 2 * (8 + most));
  CHECK(packets[1].substr(0, 16) == "0000008001ff0404");  // 260 - 132
  CHECK(packets[1].size() == 2 * (8 + most));
  CHECK(packets[2].substr(0, 16) == "0000018401ff0404");
  CHECK(packets[2].size() == 2 * (8 + scan_size - 2 * most + 132) + 2);
}

TEST_CASE("JPEG with restart markers has a restart header in each packet", "[payload][mjpeg]") {
  const std::string restarts = replaced(picture, "ffda", "ffdd00040005ffda");
  const Packets packets = cut(*MjpegFormat{}.make_packetizer(320), restarts);
  CHECK(packets == Packets{"0000000041ff0404"
                           "0005ffff" +
                           std::string(gstreamer.substr(16)) + " M"});
}

TEST_CASE("JPEG of 4:2:2 is type 0, and sizes are rounded up to blocks", "[payload][mjpeg]") {
  const std::string other = replaced(picture, "0800200020030122", "08043801de030121");
  CHECK(cut(*MjpegFormat{}.make_packetizer(320), other)[0].substr(0, 16) == "0000000000ff3c87");
  CHECK(read_jpeg_frame(from_hex(other))->width == 478);
}

TEST_CASE("JPEG that RFC 2435 has no form for is refused with the reason", "[payload][mjpeg]") {
  CHECK(reason(replaced(picture, "ffc0", "ffc2")) ==
        "unsupported: RTP carries no JPEG progressive coding (RFC 2435)");
  CHECK(reason(replaced(picture, "ffc0", "ffc9")) ==
        "unsupported: RTP carries no JPEG arithmetic coding (RFC 2435)");
  CHECK(reason(replaced(picture, "ffc0", "ffc1")) ==
        "unsupported: RTP carries no JPEG coding other than baseline (RFC 2435)");
  CHECK(reason(replaced(picture, "0800200020", "0800200800")) ==
        "unsupported: RTP carries no JPEG of 2048x32, over 2040 (RFC 2435)");
  CHECK(reason(replaced(picture, "0800200020030122", "0800200020030111")) ==
        "unsupported: RTP carries no JPEG sampling other than 4:2:2 and 4:2:0 (RFC 2435)");
  CHECK(reason(replaced(picture, "0001050101", "0001050100")) ==
        "unsupported: RTP carries no JPEG Huffman tables other than the standard ones (RFC 2435)");
  CHECK(reason(replaced(picture, "ffdb004300", "ffdb004310")) ==
        "unsupported: RTP carries no JPEG quantization tables of 16 bits (RFC 2435)");
}

TEST_CASE("JPEG that is cut short is refused", "[payload][mjpeg]") {
  CHECK(reason("") == "invalid: JPEG does not begin with SOI");
  CHECK(reason("ffd8") == "invalid: JPEG has no marker where one is due");
  CHECK(reason("ffd8ffd9") == "invalid: JPEG has no scan");
  CHECK(reason(replaced(picture, "ffdb", "ffe5")) == "invalid: JPEG lacks a quantization table");
  CHECK(reason(picture.substr(0, picture.find("ffda") + 12)) == "invalid: JPEG segment is cut short");
}

TEST_CASE("JPEG without EOI is sent whole, what follows EOI is not", "[payload][mjpeg]") {
  const auto packetizer = MjpegFormat{}.make_packetizer(320);
  CHECK(cut(*packetizer, picture.substr(0, picture.size() - 4)) == Packets{std::string(gstreamer) + " M"});
  CHECK(cut(*packetizer, picture + "0000" + picture) == Packets{std::string(gstreamer) + " M"});
}

TEST_CASE("broken JPEG ends in errors or packets within the limit", "[payload][mjpeg]") {
  survives_mutations(*MjpegFormat{}.make_packetizer(320), picture, 320);
  survives_mutations(*MjpegFormat{}.make_packetizer(320), without_huffman(picture), 320);
}
