#include "server/rtsp/received_reports.h"

#include <catch2/catch.hpp>

#include "protocol/base/byte_writer.h"
#include "server/srtp/key_offer.h"
#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;

namespace {

/// A receiver report about one stream, that lost 7 packets of it.
ByteVector report_about(std::uint32_t ssrc) {
  ByteVector report = unhex("81c90007 00000001 00000000 00000007 00000000 00000000 00000000 00000000");
  ByteWriter(MutableBytes(report).subspan(8)).u32(ssrc);
  return report;
}

struct Bench {
  Bench() {
    described.format.clock_rate = 90'000;
    for (std::size_t i = 0; i < 2; ++i)
      tracks.push_back(std::make_unique<SessionTrack>(i, described, "rtsp://host/track"));
  }
  void protect(std::size_t track) {
    tracks[track]->protect(Protection::create(keys, keys, tracks[track]->position()).value());
  }
  ByteVector protected_report(std::uint32_t about) {
    ByteVector packet = report_about(about);
    const std::size_t size = packet.size();
    packet.resize(size + player.rtcp_overhead());
    REQUIRE(player.protect_rtcp(packet, size));
    return packet;
  }
  Status take(Bytes packet, std::size_t track) { return reports.take(packet, *tracks[track], tracks, 0); }
  [[nodiscard]] auto lost(std::size_t track) const { return tracks[track]->quality().cumulative_lost(); }

  media::Track described;
  std::vector<std::unique_ptr<SessionTrack>> tracks;
  const SrtpKeys keys = new_stream(srtp::Suite::aes_cm_128_hmac_sha1_80).keys;
  srtp::Session player = srtp::Session::create(srtp::Direction::outbound, keys.suite, keys.key).value();
  ReceivedReports reports;
};

}  // namespace

TEST_CASE("a report counts for the stream that it is about, whichever way it came", "[reports]") {
  Bench bench;
  CHECK(bench.take(report_about(bench.tracks[0]->ssrc()), 1));
  CHECK(bench.lost(0) == 7);
  CHECK(bench.lost(1) == 0);
  CHECK(bench.take(report_about(bench.tracks[0]->ssrc() + 1), 0));  // a stream that is none of ours
  CHECK(bench.tracks[0]->quality().reports() == 1);
  CHECK(bench.reports.malformed() == 0);
}

TEST_CASE("what is no RTCP is dropped and counted", "[reports]") {
  Bench bench;
  const ByteVector good = report_about(bench.tracks[0]->ssrc());
  for (const std::size_t size : {0u, 1u, 4u, 31u}) CHECK_FALSE(bench.take(Bytes(good).first(size), 0));
  CHECK(bench.reports.malformed() == 4);
  CHECK(bench.reports.refused() == 0);
  CHECK(bench.lost(0) == 0);
}

TEST_CASE("a protected track takes SRTCP of its key once, and nothing in the clear", "[reports][srtp]") {
  Bench bench;
  bench.protect(0);
  const std::uint32_t ssrc = bench.tracks[0]->ssrc();
  const ByteVector good = bench.protected_report(ssrc);
  CHECK(bench.take(report_about(ssrc), 0).error().code == Errc::denied);
  ByteVector tampered = good;
  tampered[20] ^= std::byte{1};
  CHECK(bench.take(tampered, 0).error().code == Errc::denied);
  CHECK(bench.lost(0) == 0);
  CHECK(bench.take(good, 0));
  CHECK(bench.lost(0) == 7);
  CHECK(bench.take(good, 0).error().code == Errc::end);
  CHECK(bench.take(Bytes(good).first(9), 0).error().code == Errc::invalid);
  CHECK(bench.take(ByteVector(2049), 0).error().code == Errc::too_large);
  CHECK(bench.reports.refused() == 5);
  // Right by its key, and no RTCP for all that.
  ByteVector junk = report_about(ssrc);
  junk[1] = std::byte{0x10};
  const std::size_t size = junk.size();
  junk.resize(size + bench.player.rtcp_overhead());
  REQUIRE(bench.player.protect_rtcp(junk, size));
  CHECK_FALSE(bench.take(junk, 0));
  CHECK(bench.reports.malformed() == 1);
  CHECK(bench.reports.refused() == 5);
}
