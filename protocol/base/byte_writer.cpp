#include "protocol/base/byte_writer.h"

#include <algorithm>

namespace lectern {

MutableBytes ByteWriter::claim(std::size_t size) {
  if (failed_ || size > left()) {
    failed_ = true;
    return {};
  }
  const MutableBytes claimed = bytes_.subspan(position_, size);
  position_ += size;
  return claimed;
}

ByteWriter& ByteWriter::big_endian(std::uint64_t value, std::size_t size) {
  const MutableBytes to = claim(size);
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
  return *this;
}

ByteWriter& ByteWriter::bytes(Bytes bytes) {
  const MutableBytes to = claim(bytes.size());
  std::copy_n(bytes.begin(), to.size(), to.begin());
  return *this;
}

ByteWriter& ByteWriter::zeros(std::size_t count) {
  const MutableBytes to = claim(count);
  std::fill(to.begin(), to.end(), std::byte{0});
  return *this;
}

}  // namespace lectern
