#include "server/net/byte_arena.h"

namespace lectern::server {

MutableBytes ByteArena::take(std::size_t size) {
  if (size > kBlock) return {};
  if (!blocks_.empty() && used_ + size > kBlock) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<std::byte[]>(kBlock));
  const MutableBytes taken(blocks_[block_].get() + used_, size);
  used_ += size;
  return taken;
}

void ByteArena::clear() {
  block_ = 0;
  used_ = 0;
}

}  // namespace lectern::server
