#pragma once

#include <optional>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::payload {

/// How the NAL units of an access unit are told apart: by start codes (ITU-T H.264 and H.265, Annex B), or by
/// a length of 1, 2 or 4 bytes before each (ISO/IEC 14496-15).
enum class NalFraming : std::uint8_t { annex_b = 0, length_1 = 1, length_2 = 2, length_4 = 4 };

/// Errc::invalid for sizes other than 1, 2 and 4.
Result<NalFraming> nal_framing_of_length_size(unsigned size);

/// True for data that begins with a start code, of any number of zeroes.
bool starts_with_start_code(Bytes data);

/// Walks the NAL units of an access unit without copying. Empty units are skipped; trailing zeroes belong to
/// no unit of Annex B.
class NalUnits {
 public:
  NalUnits(Bytes data, NalFraming framing);

  /// nullopt at the end, or where a length runs past it: then failed().
  std::optional<Bytes> next();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::optional<Bytes> next_annex_b();
  std::optional<Bytes> next_length_prefixed();

  Bytes rest_;
  std::size_t length_size_;
  bool failed_ = false;
};

/// The framing that `data` really has, every unit of it checked: `expected`, or Annex B where the lengths do
/// not hold but a start code begins it, as some muxers write it into MP4. Errc::invalid where neither holds.
Result<NalFraming> check_nal_framing(Bytes data, NalFraming expected);

}  // namespace lectern::payload
