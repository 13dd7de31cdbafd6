#include "media/live/fallback.h"

extern "C" {
#include <libavutil/time.h>
}

#include "media/live/card.h"
#include "media/live/looped_file.h"

namespace lectern::media {
namespace {

std::unique_ptr<Source> card_of(const FallbackWanted& wanted) {
  CardOptions options;
  options.codec = wanted.codec;
  if (wanted.width > 0 && wanted.height > 0) {
    options.width = wanted.width;
    options.height = wanted.height;
  }
  options.text = away_since(wanted.since_us, av_gettime());
  return std::make_unique<Card>(std::move(options));
}

}  // namespace

Fallback card_fallback() {
  return [](const FallbackWanted& wanted) {
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(card_of(wanted));
    return sources;
  };
}

Fallback file_fallback(std::string path) {
  return [path = std::move(path)](const FallbackWanted& wanted) {
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(std::make_unique<LoopedFile>(path));
    sources.push_back(card_of(wanted));
    return sources;
  };
}

}  // namespace lectern::media
