#pragma once

#include <cstdint>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::test {

/// xorshift64*: the same numbers on each machine, so that a failure comes again.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::size_t below(std::size_t limit) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::size_t>((state_ * 0x2545f4914f6cdd1dU) >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

/// A copy with one to four octets changed, doubled or removed, or with its end cut off.
inline ByteVector mutated(Bytes original, Random& random) {
  ByteVector bytes(original.begin(), original.end());
  for (std::size_t edits = 1 + random.below(4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = random.below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.below(6)) {
      case 0:
        *here = static_cast<std::byte>(random.below(256));
        break;
      case 1:
        *here ^= static_cast<std::byte>(1u << random.below(8));
        break;
      case 2:
        bytes.insert(here, *here);
        break;
      case 3:
        bytes.erase(here);
        break;
      case 4:
        *here = bytes[random.below(bytes.size())];
        break;
      default:
        if (random.below(4) == 0) bytes.resize(at);
        break;
    }
  }
  return bytes;
}

}  // namespace lectern::test
