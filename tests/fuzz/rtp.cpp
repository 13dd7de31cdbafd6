#include <array>
#include <chrono>

#include "protocol/base/byte_writer.h"
#include "protocol/rtcp/compound.h"
#include "protocol/rtcp/interval.h"
#include "protocol/rtcp/reception_quality.h"
#include "protocol/rtp/header.h"
#include "protocol/rtp/receiver_statistics.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

void packet(Bytes input) {
  const auto packet = rtp::parse_packet(input);
  if (!packet) return;
  std::array<std::byte, rtp::header_size> header{};
  rtp::write_header(packet->header, header);
  // All but the first octet, which tells of padding, extension and sources.
  ensure(std::equal(header.begin() + 1, header.end(), input.begin() + 1),
         "the header is written as it was read");
  const std::size_t parts = rtp::header_size + packet->csrcs.size() + packet->payload.size() +
                            (packet->has_extension ? 4 + packet->extension.size() : 0);
  const std::size_t padding = (u8(input[0]) & 0x20) != 0 ? u8(input.back()) : 0;
  ensure(parts + padding == input.size(), "the parts are the whole");
}

ByteVector rewritten(const rtcp::Compound& compound) {
  std::array<std::byte, 2 * rtcp::max_compound_size> buffer{};
  ByteWriter writer(buffer);
  compound.visit([&writer](const auto& each) { rtcp::write(writer, each); });
  ensure(!writer.failed(), "what was read is not longer when written");
  return {writer.written().begin(), writer.written().end()};
}

/// The first byte: the rule.
void compound(Bytes input) {
  if (input.empty()) return;
  const auto rule = u8(input[0]) % 2 == 0 ? rtcp::CompoundRule::full : rtcp::CompoundRule::reduced_size;
  const auto compound = rtcp::Compound::parse(input.subspan(1), rule);
  if (!compound) return;
  const ByteVector once = rewritten(*compound);
  const auto again = rtcp::Compound::parse(once, rule);
  ensure(again && rewritten(*again) == once, "a compound reads back the same");
  compound->visit([](const auto& each) {
    if constexpr (std::is_same_v<std::decay_t<decltype(each)>, rtcp::SourceDescription>) (void)each.cname();
  });
}

void report(Bytes input) {
  ByteReader reader(input);
  std::array<std::byte, rtcp::max_compound_size> buffer{};
  rtcp::SenderReport report{.ssrc = reader.u32(), .ntp = reader.u64(), .rtp_timestamp = reader.u32()};
  for (std::size_t count = reader.u8() % 33; count > 0; --count)
    report.reports.push_back(
        {.ssrc = reader.u32(), .cumulative_lost = static_cast<std::int32_t>(reader.u32())});
  const std::string_view cname = as_text(take_piece(reader));
  const std::size_t room = reader.u16() % buffer.size();
  const auto size =
      rtcp::write_compound(MutableBytes(buffer).first(room), report, cname, as_text(reader.rest()));
  if (!size) return;
  const auto read = rtcp::Compound::parse(Bytes(buffer).first(*size));
  ensure(read.ok(), "a report of ours is one that we take");
}

/// A source as it likes: 13 bytes a packet, the first of which says what comes.
void statistics(Bytes input) {
  using std::chrono::microseconds;
  ByteReader reader(input);
  rtp::ReceiverStatistics statistics(1, reader.u32());
  rtcp::ReceptionQuality quality(1, 90'000);
  std::int64_t now = 0;
  while (reader.left() >= 13) {
    const unsigned what = reader.u8();
    const rtp::Header header{false, 96, reader.u16(), reader.u32(), 1};
    now += reader.u16();
    now += std::int64_t{reader.u32()} << (what >> 4);
    if (what % 4 == 3) {
      statistics.received_sender_report(header.timestamp, microseconds(now));
    } else if (what % 4 == 2) {
      const auto block = statistics.report(microseconds(now));
      ensure(block.cumulative_lost <= rtcp::max_cumulative_lost &&
                 block.cumulative_lost >= rtcp::min_cumulative_lost,
             "the count of losses has 24 bits");
      (void)quality.update(block, header.timestamp);
      ensure(quality.fraction_lost() <= quality.max_fraction_lost() && quality.max_fraction_lost() <= 1,
             "0 to 1");
    } else {
      (void)statistics.received(header, microseconds(now));
    }
  }
}

void interval(Bytes input) {
  ByteReader reader(input);
  const rtcp::IntervalState state{.members = reader.u32(),
                                  .senders = reader.u32(),
                                  .bandwidth = reader.u32() / 8.0,
                                  .average_size = reader.u32() / 16.0,
                                  .we_sent = reader.u8() % 2 != 0,
                                  .initial = reader.u8() % 2 != 0};
  const double random = reader.u16() / 65536.0;
  ensure(rtcp::deterministic_interval(state) >= rtcp::min_interval / 2,
         "reports come no oftener than they may");
  ensure(rtcp::transmission_interval(state, random) > std::chrono::microseconds(0), "nor at once");
}

constexpr std::array targets{
    Target{"rtp_packet", packet},         Target{"rtcp_compound", compound}, Target{"rtcp_report", report},
    Target{"rtp_statistics", statistics}, Target{"rtcp_interval", interval},
};

}  // namespace

std::span<const Target> rtp_targets() {
  return targets;
}

}  // namespace lectern::fuzz
