#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::payload {

/// Which parameter set a NAL unit is. Sets are sent in the order of their kinds: those of a lower kind are
/// what those of a higher one refer to.
struct ParameterSetKey {
  std::uint8_t kind = 0;  ///< 0 to 2, numbered by the format
  std::uint32_t id = 0;
  auto operator<=>(const ParameterSetKey&) const = default;
};

/// All parameter sets of a stream together are no larger: real ones are a hundred bytes or so, and they are
/// sent with each random access point.
inline constexpr std::size_t most_parameter_set_bytes = 64 * 1024;

/// The newest parameter set of each kind and id.
class ParameterSets {
 public:
  void remember(ParameterSetKey key, Bytes set);
  [[nodiscard]] const std::map<ParameterSetKey, ByteVector>& all() const { return sets_; }
  /// Bytes of all sets together.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// One bit a kind that there is a set of.
  [[nodiscard]] unsigned kinds() const { return kinds_; }
  /// The sets of one kind in base64, separated by commas, as the sprop parameters of an SDP have them.
  [[nodiscard]] std::string sprop(std::uint8_t kind) const;

 private:
  std::map<ParameterSetKey, ByteVector> sets_;
  unsigned kinds_ = 0;
  std::size_t size_ = 0;
};

}  // namespace lectern::payload
