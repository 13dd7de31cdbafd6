#include "protocol/payload/parameter_sets.h"

#include <algorithm>

#include "protocol/base/base64.h"

namespace lectern::payload {

void ParameterSets::remember(ParameterSetKey key, Bytes set) {
  ByteVector& kept = sets_[key];
  // Streams repeat their sets with each random access point: only a change costs a copy.
  if (!std::ranges::equal(kept, set)) {
    size_ += set.size() - kept.size();
    kept.assign(set.begin(), set.end());
  }
  kinds_ |= 1U << key.kind;
}

std::string ParameterSets::sprop(std::uint8_t kind) const {
  std::string text;
  for (const auto& [key, set] : sets_) {
    if (key.kind != kind) continue;
    if (!text.empty()) text += ',';
    text += base64_encode(set);
  }
  return text;
}

}  // namespace lectern::payload
