#include "protocol/payload/nal_units.h"

#include "protocol/base/byte_reader.h"

namespace lectern::payload {
namespace {

/// The offset of the next 00 00 01, or the size of the data.
std::size_t find_start_code(Bytes data) {
  std::size_t i = 0;
  while (i + 3 <= data.size()) {
    const std::uint8_t third = u8(data[i + 2]);
    if (third > 1) {
      i += 3;
    } else if (third == 1 && u8(data[i]) == 0 && u8(data[i + 1]) == 0) {
      return i;
    } else {
      ++i;
    }
  }
  return data.size();
}

Bytes without_trailing_zeros(Bytes nal) {
  while (!nal.empty() && u8(nal.back()) == 0) nal = nal.first(nal.size() - 1);
  return nal;
}

}  // namespace

Result<NalFraming> nal_framing_of_length_size(unsigned size) {
  if (size != 1 && size != 2 && size != 4)
    return invalid("NAL unit lengths of " + std::to_string(size) + " bytes");
  return static_cast<NalFraming>(size);
}

bool starts_with_start_code(Bytes data) {
  std::size_t zeros = 0;
  while (zeros < data.size() && u8(data[zeros]) == 0) ++zeros;
  return zeros >= 2 && zeros < data.size() && u8(data[zeros]) == 1;
}

NalUnits::NalUnits(Bytes data, NalFraming framing)
    : rest_(data), length_size_(static_cast<std::size_t>(framing)) {
  if (framing != NalFraming::annex_b) return;
  failed_ = !data.empty() && !starts_with_start_code(data);
  rest_ = failed_ ? Bytes{} : data.subspan(find_start_code(data));
}

std::optional<Bytes> NalUnits::next() {
  return length_size_ == 0 ? next_annex_b() : next_length_prefixed();
}

std::optional<Bytes> NalUnits::next_annex_b() {
  while (!rest_.empty()) {
    const Bytes after = rest_.subspan(3);  // rest_ is empty or begins with a start code
    const std::size_t end = find_start_code(after);
    const Bytes nal = without_trailing_zeros(after.first(end));
    rest_ = after.subspan(end);
    if (!nal.empty()) return nal;
  }
  return std::nullopt;
}

std::optional<Bytes> NalUnits::next_length_prefixed() {
  while (!rest_.empty()) {
    ByteReader reader(rest_);
    std::size_t size = 0;
    for (std::size_t i = 0; i < length_size_; ++i) size = size << 8 | reader.u8();
    const Bytes nal = reader.take(size);
    failed_ = reader.failed();
    rest_ = failed_ ? Bytes{} : reader.rest();
    if (failed_) return std::nullopt;
    if (!nal.empty()) return nal;
  }
  return std::nullopt;
}

Result<NalFraming> check_nal_framing(Bytes data, NalFraming expected) {
  NalUnits units(data, expected);
  while (units.next()) {
  }
  if (!units.failed()) return expected;
  if (starts_with_start_code(data)) return NalFraming::annex_b;
  if (expected == NalFraming::annex_b) return invalid("access unit begins with no start code");
  return invalid("NAL unit length runs past the end of the access unit");
}

}  // namespace lectern::payload
