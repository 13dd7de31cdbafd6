#pragma once

#include "media/live/live.h"
#include "media/live/live_cursor.h"
#include "server/paths/presentation.h"

namespace lectern::server {

/// Live media as one viewer was told of it. Keeps a source that runs on demand running.
class LivePresentation final : public Presentation {
 public:
  LivePresentation(std::shared_ptr<media::LiveReader> reader,
                   std::shared_ptr<const media::LiveDescription> told, media::LiveJoin join,
                   std::chrono::seconds start_timeout, std::shared_ptr<const MulticastGroup> group = nullptr)
      : reader_(std::move(reader)),
        told_(std::move(told)),
        join_(join),
        start_timeout_(start_timeout),
        group_(std::move(group)) {}

  [[nodiscard]] const std::vector<media::Track>& tracks() const override { return told_->tracks; }
  [[nodiscard]] std::size_t anchor() const override { return told_->anchor; }
  [[nodiscard]] bool live() const override { return true; }
  [[nodiscard]] media::MediaTime duration() const override { return 0; }
  [[nodiscard]] std::int64_t recorded_at() const override { return 0; }
  [[nodiscard]] std::int64_t origin_us() const override { return reader_->live()->origin_us(); }
  [[nodiscard]] std::chrono::seconds start_timeout() const override { return start_timeout_; }
  [[nodiscard]] std::uint64_t bit_rate(media::TrackMask tracks) const override;
  [[nodiscard]] std::shared_ptr<const media::SharedStreams> shared() const override { return told_->shared; }
  [[nodiscard]] std::shared_ptr<const MulticastGroup> multicast() const override { return group_; }
  [[nodiscard]] sdp::SessionDescription describe() const override;
  [[nodiscard]] std::shared_ptr<media::Cursor> open(ReaderHost& host,
                                                    std::function<void()> wake) const override;

 private:
  const std::shared_ptr<media::LiveReader> reader_;
  const std::shared_ptr<const media::LiveDescription> told_;
  const media::LiveJoin join_;
  const std::chrono::seconds start_timeout_;
  const std::shared_ptr<const MulticastGroup> group_;
};

}  // namespace lectern::server
