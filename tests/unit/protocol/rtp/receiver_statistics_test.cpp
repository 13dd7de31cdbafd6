#include "protocol/rtp/receiver_statistics.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace std::chrono_literals;
using rtp::ReceiverStatistics;

namespace {

constexpr std::uint32_t ssrc = 0x11223344;

rtp::Header header(unsigned sequence, std::uint32_t timestamp = 0) {
  return {false, 0, static_cast<std::uint16_t>(sequence), timestamp, ssrc};
}

// A PCMU packet every 20 ms, on time.
bool receive(ReceiverStatistics& statistics, unsigned sequence) {
  return statistics.received(header(sequence, sequence * 160), 20ms * sequence);
}

}  // namespace

TEST_CASE("a source is on probation until two packets come in order", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  CHECK_FALSE(receive(statistics, 10));
  CHECK_FALSE(receive(statistics, 50));
  CHECK_FALSE(statistics.valid());
  CHECK(statistics.report(0us) == rtcp::ReportBlock{ssrc, 0, 0, 0, 0, 0, 0});
  CHECK(receive(statistics, 51));
  CHECK(statistics.valid());
  CHECK(statistics.packets_received() == 1);
  CHECK(statistics.report(0us) == rtcp::ReportBlock{ssrc, 0, 0, 51, 0, 0, 0});
}

TEST_CASE("loss is told for the interval and for all time", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  receive(statistics, 99);
  for (unsigned i = 100; i < 108; ++i)
    if (i != 103 && i != 105) CHECK(receive(statistics, i));
  // Two of eight: 64/256.
  auto block = statistics.report(0us);
  CHECK(block.fraction_lost == 64);
  CHECK(block.cumulative_lost == 2);
  CHECK(block.extended_highest_sequence == 107);
  for (unsigned i = 108; i < 112; ++i) receive(statistics, i);
  block = statistics.report(0us);
  CHECK(block.fraction_lost == 0);
  CHECK(block.cumulative_lost == 2);
  // Nothing came: nothing is said of an empty interval.
  CHECK(statistics.report(0us).fraction_lost == 0);
}

TEST_CASE("duplicates make the cumulative loss negative", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  receive(statistics, 1);
  receive(statistics, 2);
  for (int i = 0; i < 3; ++i) receive(statistics, 2);
  const auto block = statistics.report(0us);
  CHECK(block.cumulative_lost == -3);
  CHECK(block.fraction_lost == 0);
}

TEST_CASE("a lost interval is 255/256 at most", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  receive(statistics, 1);
  receive(statistics, 2);
  (void)statistics.report(0us);
  receive(statistics, 2900);
  // 2897 of 2898 lost.
  CHECK(statistics.report(0us).fraction_lost == 255);
}

TEST_CASE("sequence numbers wrap into the upper half", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  receive(statistics, 65534);
  receive(statistics, 65535);
  receive(statistics, 65536);
  receive(statistics, 65538);
  receive(statistics, 65537);
  const auto block = statistics.report(0us);
  CHECK(block.extended_highest_sequence == 0x10002);
  CHECK(block.cumulative_lost == 0);
}

TEST_CASE("a jump is refused once, and a restart when it goes on", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  receive(statistics, 1);
  receive(statistics, 2);
  CHECK_FALSE(receive(statistics, 30000));
  CHECK(receive(statistics, 3));
  CHECK_FALSE(receive(statistics, 40000));
  CHECK(receive(statistics, 40001));
  CHECK(statistics.report(0us).extended_highest_sequence == 40001);
  CHECK(statistics.packets_received() == 1);
}

TEST_CASE("late packets within the misorder are counted", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  for (unsigned i = 200; i < 301; ++i) receive(statistics, i);
  CHECK(receive(statistics, 201));
  CHECK_FALSE(receive(statistics, 200));
}

TEST_CASE("jitter is the smoothed difference of transit times", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  std::uint16_t sequence = 0;
  // Alternately on time and 16 ms late, which is 128 ticks: after n differences 128 (1 - (15/16)^n).
  for (int i = 0; i < 3; ++i) {
    statistics.received(header(sequence, sequence * 160u), 20ms * sequence + (i % 2 ? 16ms : 0ms));
    ++sequence;
  }
  CHECK(statistics.jitter() == 8);
  for (int i = 0; i < 400; ++i) {
    statistics.received(header(sequence, sequence * 160u), 20ms * sequence + (i % 2 ? 0ms : 16ms));
    ++sequence;
  }
  CHECK(statistics.jitter() >= 127);
  CHECK(statistics.jitter() <= 128);
}

TEST_CASE("a timestamp that wraps, at any time of the clock, is no jitter", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 90000);
  const auto start = std::chrono::microseconds(std::int64_t{1} << 53);
  for (unsigned i = 0; i < 10; ++i)
    statistics.received(header(i, 0xffffffff - 9000 + i * 1800), start + 20ms * i);
  CHECK(statistics.jitter() == 0);
}

TEST_CASE("a clock rate of 0 is no division", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 0);
  for (unsigned i = 0; i < 10; ++i) receive(statistics, i);
  CHECK(statistics.jitter() == 0);
}

TEST_CASE("a report answers the last sender report", "[rtp]") {
  ReceiverStatistics statistics(ssrc, 8000);
  CHECK(statistics.report(1s).last_sr == 0);
  statistics.received_sender_report(0xb7052000, 10s);
  // RFC 3550 figure 2: 5.250 s is 0x00054000.
  const auto block = statistics.report(15250ms);
  CHECK(block.last_sr == 0xb7052000);
  CHECK(block.delay_since_last_sr == 0x00054000);
  CHECK(statistics.report(9s).delay_since_last_sr == 0);
  CHECK(statistics.report(10s + 24h).delay_since_last_sr == 0xffffffff);
}
