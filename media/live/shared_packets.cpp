#include "media/live/shared_packets.h"

namespace lectern::media {

std::size_t SharedReports::memory() const {
  std::size_t bytes = sizeof *this + reports_.capacity() * sizeof(ByteVector);
  for (const ByteVector& report : reports_) bytes += report.capacity();
  return bytes;
}

}  // namespace lectern::media
