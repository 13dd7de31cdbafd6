#pragma once

#include <memory>
#include <string>

#include "media/live/source.h"

namespace lectern::media {

/// A file as a live channel: read in real time, again and again; times go on over the loop. Errc::unsupported
/// where the container stores no times for pictures that are reordered (AVI with B-frames).
class LoopedFile final : public Source {
 public:
  explicit LoopedFile(std::string path) : path_(std::move(path)) {}

  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override { return path_; }

 private:
  class Playing;

  const std::string path_;
};

}  // namespace lectern::media
