#include "protocol/payload/fragments.h"

namespace lectern::payload {

std::size_t fragment_size(std::size_t size, std::size_t most) {
  if (size == 0) return 0;
  const std::size_t pieces = (size + most - 1) / most;
  return (size + pieces - 1) / pieces;
}

}  // namespace lectern::payload
