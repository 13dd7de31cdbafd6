#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "media/cursor.h"
#include "protocol/base/result.h"

namespace lectern::server {

/// What a PLAY asks for, its headers read. Times are media times.
struct PlayOrder {
  std::optional<media::MediaTime> from;  ///< absent: where it stopped
  std::optional<media::MediaTime> to;
  std::optional<double> scale;  ///< absent: 1 (RFC 2326 section 12.34)
  std::optional<double> speed;
};

/// How a play runs: what was asked for, as far as it can be had.
struct PlayTerms {
  double scale = 1;  ///< negative: backwards
  double speed = 1;
  std::optional<media::MediaTime> to;

  /// Those of `order`; without `scalable` video at scale 1, of `live` media at
  /// its own pace.
  static PlayTerms of(const PlayOrder& order, bool scalable, bool live);

  [[nodiscard]] bool random_access_points_only() const;
  /// How much faster than at normal speed media are sent.
  [[nodiscard]] double pace() const;
  [[nodiscard]] media::ReadRequest read_request(media::MediaTime from, media::TrackMask tracks) const;

  bool operator==(const PlayTerms&) const = default;
};

/// What was applied, for the answer.
struct PlayBegun {
  media::MediaTime from = 0;
  std::optional<media::MediaTime> to;
  double scale = 1;
  double speed = 1;
  struct Stream {
    std::string url;
    /// Absent where a stream is shared and its first packet for this viewer has
    /// not come yet.
    std::optional<std::uint16_t> sequence;
    std::uint32_t timestamp = 0;
  };
  std::vector<Stream> streams;  ///< in the order of SETUP
};

using Begun = std::function<void(const Result<PlayBegun>&)>;

}  // namespace lectern::server
