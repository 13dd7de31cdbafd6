#include "server/paths/recording.h"

#include <algorithm>

#include "media/description.h"
#include "media/file_cursor.h"

namespace lectern::server {

std::uint64_t Recording::bit_rate(media::TrackMask wanted) const {
  std::uint64_t known = 0, asked = 0, unknown = 0, asked_unknown = 0;
  for (std::size_t i = 0; i < tracks().size(); ++i) {
    const std::uint64_t rate = tracks()[i].bit_rate;
    const bool is_asked = (wanted & media::TrackMask{1} << i) != 0;
    known += rate;
    if (is_asked) asked += rate;
    if (rate > 0) continue;
    ++unknown;
    if (is_asked) ++asked_unknown;
  }
  if (asked_unknown == 0 || duration() <= 0) return asked;
  const double of_file =
      static_cast<double>(asset_->file().identity().size) * 8 * 1e6 / static_cast<double>(duration());
  const double of_unknown = std::max(0.0, of_file - static_cast<double>(known));
  return asked + static_cast<std::uint64_t>(of_unknown * static_cast<double>(asked_unknown) /
                                            static_cast<double>(unknown));
}

sdp::SessionDescription Recording::describe() const {
  return media::describe(*asset_);
}

std::shared_ptr<media::Cursor> Recording::open(ReaderHost& host, std::function<void()> wake) const {
  return std::make_shared<media::FileCursor>(asset_, host.poster(), std::move(wake));
}

}  // namespace lectern::server
