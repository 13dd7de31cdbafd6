#include "media/ffmpeg/allocation_limit.h"

#include <cstddef>
#include <mutex>

extern "C" {
#include <libavutil/mem.h>
}

namespace lectern::media {

void limit_allocations() {
  static std::once_flag once;
  std::call_once(once, [] { av_max_alloc(std::size_t{256} * 1024 * 1024); });
}

}  // namespace lectern::media
