#include "protocol/rtcp/reception_quality.h"

#include <algorithm>

#include "protocol/rtcp/ntp.h"

namespace lectern::rtcp {

bool ReceptionQuality::update(const ReportBlock& block, std::uint32_t now_mid32) {
  if (block.ssrc != ssrc_) return false;
  ++reports_;
  fraction_lost_ = block.fraction_lost;
  max_fraction_lost_ = std::max(max_fraction_lost_, fraction_lost_);
  cumulative_lost_ = block.cumulative_lost;
  extended_highest_sequence_ = block.extended_highest_sequence;
  if (clock_rate_ != 0)
    jitter_ = std::chrono::microseconds(std::int64_t{block.jitter} * 1'000'000 / clock_rate_);
  max_jitter_ = std::max(max_jitter_, jitter_);
  if (const auto way = round_trip(now_mid32, block.last_sr, block.delay_since_last_sr)) {
    round_trip_ = way;
    max_round_trip_ = std::max(max_round_trip_.value_or(*way), *way);
  }
  return true;
}

}  // namespace lectern::rtcp
