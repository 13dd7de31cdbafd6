#include "media/ffmpeg/options.h"

#include <utility>

extern "C" {
#include <libavutil/dict.h>
}

namespace lectern::media {

Options::~Options() {
  av_dict_free(&dictionary_);
}

Options::Options(Options&& other) noexcept : dictionary_(std::exchange(other.dictionary_, nullptr)) {}

void Options::set(const std::string& key, const std::string& value) {
  av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0);
}

}  // namespace lectern::media
