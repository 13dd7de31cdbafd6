#include "server/paths/live_presentation.h"

#include "media/description.h"

namespace lectern::server {

std::uint64_t LivePresentation::bit_rate(media::TrackMask wanted) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < tracks().size(); ++i)
    if ((wanted & media::TrackMask{1} << i) != 0) sum += tracks()[i].bit_rate;
  return sum;
}

sdp::SessionDescription LivePresentation::describe() const {
  return media::describe(*told_);
}

std::shared_ptr<media::Cursor> LivePresentation::open(ReaderHost& host, std::function<void()> wake) const {
  return std::make_shared<media::LiveCursor>(host.feed_of(reader_->live()), told_, join_, std::move(wake));
}

}  // namespace lectern::server
