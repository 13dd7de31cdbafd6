#include "server/rtsp/publish/published_track.h"

#include <catch2/catch.hpp>

#include "protocol/rtcp/compound.h"
#include "protocol/rtp/header.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;

namespace {

media::AnnouncedTrack announced() {
  media::AnnouncedTrack track;
  track.control = "t1";
  track.payload_type = 111;
  track.clock_rate = 48'000;
  track.served = true;
  track.inner_payload_type = 96;
  track.inner_ssrc = 7;
  return track;
}

/// What goes out is kept.
class Kept final : public Delivery {
 public:
  explicit Kept(std::vector<std::string>& reports) : reports_(reports) {}
  std::size_t send(std::span<Gathered>) override { return 0; }
  void send_rtcp(Bytes compound) override { reports_.emplace_back(as_text(compound)); }
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override {}

 private:
  std::vector<std::string>& reports_;
};

struct Bench {
  media::PacketQueue queue{1 << 16};
  PublishedTrack track{announced(), std::nullopt};
  std::vector<std::string> reports;
  std::int64_t now_us = 1'000'000;

  Bench() { track.connect(0, 1, std::make_unique<Kept>(reports), nullptr); }

  static std::string packet(rtp::Header header, const std::string& payload = "payload") {
    std::string bytes(rtp::header_size, '\0');
    rtp::write_header(header, std::as_writable_bytes(std::span(bytes)).first<rtp::header_size>());
    return bytes + payload;
  }
  std::optional<Flaw> take(std::uint16_t sequence, std::uint32_t ssrc = 0xcafe) {
    return track.received_rtp(as_bytes(packet({false, 111, sequence, sequence * 960u, ssrc})), queue,
                              now_us += 20'000);
  }
  std::optional<Flaw> take_report(std::uint32_t ssrc) {
    rtcp::SenderReport report;
    report.ssrc = ssrc;
    report.ntp = 0x1234'5678'9abc'def0;
    report.rtp_timestamp = 55;
    std::array<std::byte, 256> memory;
    const auto size = rtcp::write_compound(memory, report, "somebody");
    return track.received_rtcp(Bytes(memory).first(*size), queue, now_us);
  }
  /// The next that was handed over; empty where there is none.
  std::string next() {
    const std::string bytes(as_text(queue.front(0ms)));
    if (!bytes.empty()) queue.pop();
    return bytes;
  }
  std::vector<unsigned> sequences() {
    std::vector<unsigned> found;
    for (std::string bytes = next(); !bytes.empty(); bytes = next())
      if (const auto parsed = rtp::parse_packet(as_bytes(bytes))) found.push_back(parsed->header.sequence);
    return found;
  }
};

using Sequences = std::vector<unsigned>;

}  // namespace

TEST_CASE("a packet goes on as the demuxer knows its track", "[publish]") {
  Bench bench;
  const std::string sent = Bench::packet({true, 111, 9, 1234, 0xcafe}, "12345");
  CHECK_FALSE(bench.track.received_rtp(as_bytes(sent), bench.queue, 1));
  const std::string got = bench.next();
  const auto parsed = rtp::parse_packet(as_bytes(got));
  REQUIRE(parsed.ok());
  CHECK(parsed->header == rtp::Header{true, 96, 9, 1234, 7});
  CHECK(as_text(parsed->payload) == "12345");
  CHECK(bench.track.packets() == 1);
  CHECK(bench.track.octets() == 5);
}

TEST_CASE("what is no packet of the track is dropped and counted, each by its kind", "[publish]") {
  Bench bench;
  CHECK_FALSE(bench.take(1));
  CHECK_FALSE(bench.take(2));
  const auto drop = [&](const std::string& bytes) {
    return bench.track.received_rtp(as_bytes(bytes), bench.queue, bench.now_us);
  };
  CHECK(drop("") == Flaw::malformed_rtp);
  CHECK(drop(std::string(11, '\x80')) == Flaw::malformed_rtp);
  CHECK(drop(std::string(40, '\0')) == Flaw::malformed_rtp);  // version 0
  CHECK(drop(Bench::packet({false, 96, 3, 0, 0xcafe})) == Flaw::payload_type);
  CHECK(drop(Bench::packet({false, 111, 3, 0, 0xcafe}, std::string(20'000, 'x'))) == Flaw::too_long);
  CHECK(bench.take(20'000) == Flaw::sequence);
  CHECK_FALSE(bench.take(3));
  for (const std::string_view junk : {"", "\x80\xc8", "nonsense"})
    CHECK(bench.track.received_rtcp(as_bytes(junk), bench.queue, 1) == Flaw::malformed_rtcp);
  CHECK(bench.track.received_rtcp(as_bytes(std::string(4000, 'x')), bench.queue, 1) == Flaw::too_long);
  CHECK(bench.sequences() == Sequences{1, 2, 3});
  CHECK(bench.track.flaws(Flaw::malformed_rtp) == 3);
  CHECK(bench.track.flaws(Flaw::malformed_rtcp) == 3);
  CHECK(bench.track.flaws(Flaw::too_long) == 2);
  CHECK(bench.track.flaws(Flaw::payload_type) == 1);
  CHECK(bench.track.flaws(Flaw::sequence) == 1);
  CHECK(bench.track.packets() == 3);
}

TEST_CASE("a queue that is full costs packets, which are counted", "[publish]") {
  Bench bench;
  std::uint16_t sequence = 0;
  while (!bench.take(sequence)) ++sequence;
  CHECK(sequence > 1000);
  CHECK(bench.track.flaws(Flaw::queue_full) == 1);
}

TEST_CASE("numbers go on where the sender begins anew, and gaps and reordering stay", "[publish]") {
  Bench bench;
  for (const unsigned sequence : {65'534u, 65'535u, 0u, 1u, 5u, 4u})
    CHECK_FALSE(bench.take(static_cast<std::uint16_t>(sequence)));
  CHECK(bench.sequences() == Sequences{65'534, 65'535, 0, 1, 5, 4});
  // Far back: believed with the second of them.
  CHECK(bench.take(40'000) == Flaw::sequence);
  CHECK_FALSE(bench.take(40'001));
  CHECK_FALSE(bench.take(40'003));
  CHECK(bench.sequences() == Sequences{6, 8});
  // Another source.
  CHECK_FALSE(bench.take(100, 0xbeef));
  CHECK_FALSE(bench.take(101, 0xbeef));
  CHECK(bench.sequences() == Sequences{9, 10});
}

TEST_CASE("a sender report goes on, not before the media that it is of", "[publish]") {
  Bench bench;
  CHECK_FALSE(bench.take_report(0xcafe));
  CHECK(bench.next().empty());
  CHECK_FALSE(bench.take(1));
  CHECK(bench.next().size() == 19);
  const std::string report = bench.next();
  const auto compound = rtcp::Compound::parse(as_bytes(report));
  REQUIRE(compound.ok());
  compound->visit([](const auto& each) {
    if constexpr (requires { each.ntp; }) {
      CHECK(each.ssrc == 7);
      CHECK(each.ntp == 0x1234'5678'9abc'def0);
      CHECK(each.rtp_timestamp == 55);
    }
  });
  CHECK_FALSE(bench.take_report(0xbeef));  // of somebody else
  CHECK(bench.next().empty());
  CHECK_FALSE(bench.take_report(0xcafe));
  CHECK(bench.next().size() == 28);
}

TEST_CASE("receiver reports tell of loss, and when they are due", "[publish]") {
  Bench bench;
  bench.track.report_if_due(1, "lectern");
  CHECK(bench.reports.empty());  // nothing to report on
  for (const unsigned sequence : {1u, 2u, 3u, 7u})
    CHECK_FALSE(bench.take(static_cast<std::uint16_t>(sequence)));
  CHECK_FALSE(bench.take_report(0xcafe));
  bench.track.report_if_due(bench.now_us, "lectern");
  bench.track.report_if_due(bench.now_us + 1, "lectern");
  REQUIRE(bench.reports.size() == 1);
  const auto compound = rtcp::Compound::parse(as_bytes(bench.reports[0]));
  REQUIRE(compound.ok());
  compound->visit([&](const auto& each) {
    if constexpr (std::is_same_v<std::decay_t<decltype(each)>, rtcp::ReceiverReport>) {
      CHECK(each.ssrc == bench.track.ssrc());
      REQUIRE(each.reports.size() == 1);
      CHECK(each.reports[0].ssrc == 0xcafe);
      CHECK(each.reports[0].cumulative_lost == 3);
      CHECK(each.reports[0].extended_highest_sequence == 7);
      CHECK(each.reports[0].last_sr == 0x5678'9abc);
    }
  });
  CHECK(bench.track.lost() == 3);
  bench.track.report_if_due(bench.now_us + 10'000'000, "lectern");
  CHECK(bench.reports.size() == 2);
}

TEST_CASE("SRTP of a publisher is taken off, and what is not authentic is dropped", "[publish][srtp]") {
  const SrtpKeys ours = {srtp::Suite::aes_cm_128_hmac_sha1_80,
                         srtp::MasterKey::create(ByteVector(30, std::byte{1})).value()};
  const SrtpKeys theirs = {srtp::Suite::aes_cm_128_hmac_sha1_80,
                           srtp::MasterKey::create(ByteVector(30, std::byte{2})).value()};
  Bench bench;
  bench.track.connect(0, 1, std::make_unique<Kept>(bench.reports),
                      Protection::create(ours, theirs, {bench.track.ssrc(), 0}).value());
  auto sender = srtp::Session::create(srtp::Direction::outbound, theirs.suite, theirs.key).value();
  std::string sent = Bench::packet({false, 111, 1, 0, 0xcafe}) + std::string(sender.rtp_overhead(), '\0');
  const MutableBytes bytes = std::as_writable_bytes(std::span(sent));
  REQUIRE(sender.protect_rtp(bytes, bytes.size() - sender.rtp_overhead()).ok());
  CHECK_FALSE(bench.track.received_rtp(bytes, bench.queue, 1));
  CHECK(as_text(rtp::parse_packet(as_bytes(bench.next()))->payload).size() == 7);
  CHECK(bench.track.received_rtp(bytes, bench.queue, 1) == Flaw::srtp);  // once more
  CHECK(bench.track.received_rtp(as_bytes(Bench::packet({false, 111, 2, 0, 0xcafe})), bench.queue, 1) ==
        Flaw::srtp);
  CHECK(bench.take_report(0xcafe) == Flaw::srtp);
  CHECK(bench.next().empty());
}
