#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace lectern::server {

/// Which counts (nc) of which nonce were used: none is taken twice (RFC 7616 section 5.12). Used from all
/// loops. Of each nonce the highest count is kept, and which of the 63 below it came: requests of two
/// connections may overtake each other.
class NonceCounts {
 public:
  explicit NonceCounts(std::size_t most) : most_(most) {}

  /// False for a count that was used or is too far behind, and for a nonce so old that its counts were
  /// given up for those of others.
  bool use(std::uint64_t serial, std::uint32_t nc);

 private:
  struct Seen {
    std::uint32_t highest = 0;
    std::uint64_t window = 0;  ///< bit n: highest - n was used
  };
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::uint64_t, Seen> seen_;
  std::uint64_t given_up_ = 0;  ///< the highest serial that was forgotten
};

}  // namespace lectern::server
