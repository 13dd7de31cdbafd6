#pragma once

#include <cstddef>

namespace lectern::payload {

/// The size of each fragment but the last when `size` bytes are cut into as few pieces of at most `most`
/// bytes as it takes, all equal but the last: a train of equal packets leaves in one system call
/// (UDP_SEGMENT), and equal pieces lose less to a small last one. `most` > 0; 0 for an empty unit.
std::size_t fragment_size(std::size_t size, std::size_t most);

}  // namespace lectern::payload
