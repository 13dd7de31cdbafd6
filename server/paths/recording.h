#pragma once

#include "media/asset.h"
#include "server/paths/presentation.h"

namespace lectern::server {

/// A file.
class Recording final : public Presentation {
 public:
  explicit Recording(std::shared_ptr<media::Asset> asset) : asset_(std::move(asset)) {}

  [[nodiscard]] const std::vector<media::Track>& tracks() const override { return asset_->tracks(); }
  [[nodiscard]] std::size_t anchor() const override { return asset_->anchor(); }
  [[nodiscard]] bool live() const override { return false; }
  [[nodiscard]] media::MediaTime duration() const override { return asset_->duration(); }
  [[nodiscard]] std::int64_t recorded_at() const override { return asset_->recorded_at(); }
  [[nodiscard]] std::int64_t origin_us() const override { return 0; }
  [[nodiscard]] std::chrono::seconds start_timeout() const override { return {}; }
  /// Where the container names no rate of a track: its part of the size of the file.
  [[nodiscard]] std::uint64_t bit_rate(media::TrackMask tracks) const override;
  [[nodiscard]] sdp::SessionDescription describe() const override;
  [[nodiscard]] std::shared_ptr<media::Cursor> open(ReaderHost& host,
                                                    std::function<void()> wake) const override;

 private:
  const std::shared_ptr<media::Asset> asset_;
};

}  // namespace lectern::server
