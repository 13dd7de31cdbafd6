#include "tests/bench/load/stream_check.h"

#include <algorithm>

#include "protocol/base/byte_reader.h"
#include "protocol/rtp/header.h"

namespace lectern::bench {
namespace {

/// Behind the newest units there may be ones that are presented earlier and have not come yet.
constexpr std::size_t reordering = 16;
/// Who plays for days is measured for the first hour.
constexpr std::size_t most_units = 1 << 17;

}  // namespace

void StreamCheck::received(Bytes header, std::size_t size, std::int64_t arrival_us, Totals& totals) {
  ByteReader reader(header);
  const std::uint8_t version = reader.u8();
  reader.skip(1);
  const std::uint16_t sequence = reader.u16();
  const std::uint32_t timestamp = reader.u32();
  const std::uint32_t ssrc = reader.u32();
  if (reader.failed() || version >> 6 != 2 || (first_arrival_us_ && ssrc != ssrc_)) {
    ++totals.malformed;
    return;
  }
  ++totals.packets;
  totals.bytes += size;
  longest_silence_us_ = longest_silence_us(arrival_us);
  last_arrival_us_ = arrival_us;
  if (!first_arrival_us_) {
    first_arrival_us_ = arrival_us;
    ssrc_ = ssrc;
    first_ = next_ = sequence;
    if (announced_) announced(*announced_, totals);
  }
  const auto ahead = static_cast<std::int16_t>(sequence - next_);
  if (ahead < 0) {
    ++totals.duplicates;
    return;
  }
  if (ahead > 0) {
    ++totals.gaps;
    totals.lost += static_cast<std::uint64_t>(ahead);
  }
  next_ = static_cast<std::uint16_t>(sequence + 1);
  if ((units_.empty() || timestamp != timestamp_) && units_.size() < most_units)
    note_unit(timestamp, arrival_us);
}

void StreamCheck::announced(std::uint16_t first_sequence, Totals& totals) {
  announced_ = first_sequence;
  if (!first_arrival_us_ || first_ == first_sequence) return;
  ++totals.gaps;
  totals.lost += static_cast<std::uint16_t>(first_ - first_sequence);
}

void StreamCheck::expected(std::int64_t now_us) {
  if (!last_arrival_us_) last_arrival_us_ = now_us;
}

std::int64_t StreamCheck::longest_silence_us(std::int64_t until_us) const {
  return std::max(longest_silence_us_, silence_us(until_us));
}

std::int64_t StreamCheck::silence_us(std::int64_t until_us) const {
  return last_arrival_us_ ? until_us - *last_arrival_us_ : 0;
}

void StreamCheck::note_unit(std::uint32_t timestamp, std::int64_t arrival_us) {
  const std::int64_t before = units_.empty() ? 0 : units_.back().ticks;
  const auto step = units_.empty() ? 0 : static_cast<std::int32_t>(timestamp - timestamp_);
  timestamp_ = timestamp;
  units_.push_back({arrival_us, before + step});
}

void StreamCheck::append_lateness(std::int64_t from_us, std::int64_t to_us,
                                  std::vector<std::int64_t>& lateness) const {
  if (units_.size() <= reordering || clock_rate_ == 0) return;
  std::vector<std::int64_t> ticks;
  ticks.reserve(units_.size());
  for (const Unit& unit : units_) ticks.push_back(unit.ticks);
  std::sort(ticks.begin(), ticks.end());
  const std::size_t begin = lateness.size();
  for (std::size_t i = 0; i + reordering < units_.size(); ++i)
    if (units_[i].arrival_us >= from_us && units_[i].arrival_us < to_us)
      lateness.push_back(units_[i].arrival_us - ticks[i] * 1'000'000 / clock_rate_);
  const auto own = lateness.begin() + static_cast<std::ptrdiff_t>(begin);
  if (own == lateness.end()) return;
  const std::int64_t least = *std::min_element(own, lateness.end());
  std::for_each(own, lateness.end(), [least](std::int64_t& value) { value -= least; });
}

}  // namespace lectern::bench
