#include "protocol/rtcp/compound.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

#include "tests/support/hex.h"
#include "tests/unit/protocol/rtcp/samples.h"

using namespace lectern;
using namespace lectern::rtcp;
using namespace lectern::test;

namespace {

struct Collector {
  std::vector<SenderReport> sender_reports;
  std::vector<ReceiverReport> receiver_reports;
  std::vector<std::string> items;
  std::vector<Bye> byes;
  std::vector<OtherPacket> others;

  void operator()(const SenderReport& packet) { sender_reports.push_back(packet); }
  void operator()(const ReceiverReport& packet) { receiver_reports.push_back(packet); }
  void operator()(const SourceDescription& packet) {
    packet.for_each_item([this](const SdesItem& item) {
      items.push_back(std::to_string(item.ssrc) + " " + std::to_string(static_cast<int>(item.type)) + " " +
                      std::string(item.text));
    });
  }
  void operator()(const Bye& packet) { byes.push_back(packet); }
  void operator()(const OtherPacket& packet) { others.push_back(packet); }
};

Collector collect(const ByteVector& bytes, CompoundRule rule = CompoundRule::full) {
  Collector collector;
  const auto compound = Compound::parse(bytes, rule);
  REQUIRE(compound.ok());
  compound->visit([&collector](const auto& packet) { collector(packet); });
  return collector;
}

std::string written(const auto& packet) {
  std::array<std::byte, 1024> buffer{};
  ByteWriter writer(buffer);
  write(writer, packet);
  REQUIRE_FALSE(writer.failed());
  return hex(writer.written());
}

void check_invalid(const std::string& text, CompoundRule rule = CompoundRule::full) {
  INFO(text);
  const ByteVector bytes = unhex(text);
  const auto compound = Compound::parse(bytes, rule);
  REQUIRE_FALSE(compound.ok());
  CHECK(compound.error().code == Errc::invalid);
}

}  // namespace

TEST_CASE("SR, SDES and BYE of FFmpeg are read", "[rtcp]") {
  const ByteVector bytes = unhex(samples::ffmpeg_bye);
  const Collector packets = collect(bytes);
  REQUIRE(packets.sender_reports.size() == 1);
  CHECK(packets.sender_reports[0] == SenderReport{0xc8feaa14, 0xeeaceccf2083126e, 0xc8bd2858, 8, 8000, {}});
  CHECK(packets.items == std::vector<std::string>{std::to_string(0xc8feaa14) + " 1 lectern@127.0.0.1"});
  CHECK(packets.byes == std::vector<Bye>{Bye{{0xc8feaa14}, ""}});
}

TEST_CASE("SR, SDES and BYE are written as FFmpeg writes them", "[rtcp]") {
  std::array<std::byte, 64> buffer{};
  const SenderReport report{0xc8feaa14, 0xeeaceccf2083126e, 0xc8bd2858, 8, 8000, {}};
  const auto size = write_compound(buffer, report, "lectern@127.0.0.1", "");
  REQUIRE(size.ok());
  CHECK(hex(Bytes(buffer).first(*size)) == samples::ffmpeg_bye);
  CHECK(*write_compound(buffer, report, "lectern@127.0.0.1") == 56);
  CHECK(write_compound(MutableBytes(buffer).first(63), report, "lectern@127.0.0.1", "").error().code ==
        Errc::too_large);
}

TEST_CASE("RR and SDES of GStreamer are read", "[rtcp]") {
  const ByteVector bytes = unhex(samples::gstreamer_receiver);
  const Collector packets = collect(bytes);
  REQUIRE(packets.receiver_reports.size() == 1);
  const ReportBlock block{0x11223344, 3, 7, 0x59d, 1, 0xee595919, 0x0001c287};
  CHECK(packets.receiver_reports[0] == ReceiverReport{0x2d5aeb09, {block}});
  const std::string ssrc = std::to_string(0x2d5aeb09);
  CHECK(packets.items ==
        std::vector<std::string>{ssrc + " 1 user467558560@host-d2802061", ssrc + " 6 GStreamer"});
  CHECK(written(packets.receiver_reports[0]) == std::string(samples::gstreamer_receiver).substr(0, 64));
}

TEST_CASE("SR and SDES of GStreamer are read", "[rtcp]") {
  const Collector packets = collect(unhex(samples::gstreamer_sender));
  CHECK(packets.sender_reports ==
        std::vector<SenderReport>{{0xcbc2990a, 0xeeacee52becffa7e, 0x61e82d80, 14, 14336, {}}});
  CHECK(written(packets.sender_reports[0]) == std::string(samples::gstreamer_sender).substr(0, 56));
}

TEST_CASE("cumulative loss is signed, in 24 bits", "[rtcp]") {
  const std::string start = "81c90007000000010000000200";
  const std::string end = "00000003000000040000000500000006";
  const auto lost = [&](const std::string& digits) {
    return collect(unhex(start + digits + end)).receiver_reports.at(0).reports[0].cumulative_lost;
  };
  const auto bytes = [](std::int32_t value) {
    ReportBlock block;
    block.cumulative_lost = value;
    return written(ReceiverReport{1, {block}}).substr(26, 6);
  };
  CHECK(lost("ffffff") == -1);
  CHECK(lost("800001") == -8388607);
  CHECK(lost("800000") == -8388608);
  CHECK(lost("7fffff") == 8388607);
  CHECK(bytes(-1) == "ffffff");
  CHECK(bytes(-8388607) == "800001");
  CHECK(bytes(8388607) == "7fffff");
  CHECK(bytes(8388608) == "7fffff");
  CHECK(bytes(-8388609) == "800000");
}

TEST_CASE("a BYE carries a reason, padded to a word", "[rtcp]") {
  CHECK(written(Bye{{1, 2}, "end"}) == "82cb0003000000010000000203656e64");
  CHECK(written(Bye{{1}, "over"}) == "81cb000300000001046f766572000000");
  CHECK(written(Bye{}) == "80cb0000");
  const std::string empty_report = "80c9000100000009";
  const ByteVector bytes = unhex(empty_report + "81cb000300000001046f766572000000");
  CHECK(collect(bytes).byes == std::vector<Bye>{Bye{{1}, "over"}});
  std::array<std::byte, 600> buffer{};
  CHECK(*write_compound(buffer, ReceiverReport{9, {}}, "", std::string(300, 'x')) == 8 + 12 + 8 + 256);
}

TEST_CASE("a CNAME ends in one to four null octets", "[rtcp]") {
  const auto cname = [](std::string_view text) {
    std::array<std::byte, 300> buffer{};
    ByteWriter writer(buffer);
    write_cname(writer, 1, text);
    return hex(writer.written());
  };
  CHECK(cname("") ==
        "81ca000200000001"
        "01000000");
  CHECK(cname("a") ==
        "81ca000200000001"
        "01016100");
  CHECK(cname("ab") ==
        "81ca000300000001"
        "0102616200000000");
  CHECK(cname(std::string(300, 'a')).size() == 2 * (8 + 2 + 255 + 3));
}

TEST_CASE("a description may have many chunks, empty ones and no last null", "[rtcp]") {
  const std::string report = "80c9000100000009";
  CHECK(collect(unhex(report + "83ca0006"
                               "00000001"
                               "01016100"
                               "00000002"
                               "00000000"
                               "00000003"
                               "01026263"))
            .items == std::vector<std::string>{"1 1 a", "3 1 bc"});
  CHECK(collect(unhex(report + "80ca0000")).items.empty());
}

TEST_CASE("feedback and what is unknown is kept as it is", "[rtcp]") {
  const std::string pli = "81ce00020000000100000002";
  const ByteVector bytes = unhex("80c9000100000009" + pli + "85cc00020000000161626364");
  const Collector packets = collect(bytes);
  REQUIRE(packets.others.size() == 2);
  CHECK(packets.others[0].type == PacketType::payload_feedback);
  CHECK(packets.others[0].count == 1);
  CHECK(hex(packets.others[0].body) == "0000000100000002");
  CHECK(packets.others[1].type == PacketType::application);
  CHECK(packets.others[1].count == 5);
  CHECK(written(packets.others[0]) == pli);
  check_invalid(pli);
  CHECK(collect(unhex(pli), CompoundRule::reduced_size).others.size() == 1);
}

TEST_CASE("padding is taken off the last packet only", "[rtcp]") {
  const Collector packets =
      collect(unhex("80c9000100000009"
                    "a1ce00030000000100000002"
                    "00000004"));
  REQUIRE(packets.others.size() == 1);
  CHECK(packets.others[0].body.size() == 8);
  check_invalid(
      "a0c900020000000900000004"
      "81cb000100000009");
  check_invalid("a0c900020000000900000000");
  check_invalid("a0c900020000000900000003");
  check_invalid("a0c90002000000090000000c");
  check_invalid("a0c90000");
}

TEST_CASE("a profile's extension of a report is skipped", "[rtcp]") {
  const Collector packets =
      collect(unhex("80c9000200000009"
                    "deadbeef"));
  CHECK(packets.receiver_reports == std::vector<ReceiverReport>{{9, {}}});
}

TEST_CASE("malformed RTCP is invalid as a whole", "[rtcp]") {
  check_invalid("");
  check_invalid("80c900");
  check_invalid("40c9000100000009");    // version 1
  check_invalid("80c9000200000009");    // length past the end
  check_invalid("80c9000100000009ff");  // a rest that is no packet
  check_invalid(
      "80c9000100000009"
      "00cb0000");                    // version 0 in the second
  check_invalid("80c90000");          // RR without ssrc
  check_invalid("81c9000100000009");  // a block announced, none there
  check_invalid("80c8000100000009");  // SR without sender info
  check_invalid("80ca0000");          // SDES first
  check_invalid(
      "80c9000100000009"
      "81ca0000");  // chunk missing
  check_invalid(
      "80c9000100000009"
      "81ca000200000001"
      "01036162");  // item past the end
  check_invalid(
      "80c9000100000009"
      "82cb000100000001");  // second ssrc missing
  check_invalid(
      "80c9000100000009"
      "81cb000200000001"
      "04616263");  // reason past the end
  check_invalid(
      "80000001"
      "00000009",
      CompoundRule::reduced_size);                                 // RTP
  check_invalid("80c9020000000009" + std::string(2 * 2044, '0'));  // larger than any report
}

TEST_CASE("a report holds 31 blocks", "[rtcp]") {
  ReceiverReport report{1, {}};
  for (std::uint32_t i = 0; i < 31; ++i) CHECK(report.reports.push_back({i, 0, 0, 0, 0, 0, 0}));
  CHECK_FALSE(report.reports.push_back({}));
  std::array<std::byte, 1024> buffer{};
  const auto size = write_compound(buffer, report, "c");
  REQUIRE(size.ok());
  CHECK(*size == 8 + 31 * 24 + 12);
  CHECK(hex(Bytes(buffer).first(4)) == "9fc900bb");
  CHECK(collect(ByteVector(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)))
            .receiver_reports.at(0) == report);
}
