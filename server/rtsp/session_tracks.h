#pragma once

#include <memory>
#include <vector>

#include "media/cursor.h"
#include "server/paths/presentation.h"
#include "server/rtsp/session_track.h"

namespace lectern::server {

/// The tracks of a presentation that were set up.
class SessionTracks {
 public:
  using All = std::vector<std::unique_ptr<SessionTrack>>;

  explicit SessionTracks(std::shared_ptr<const Presentation> presentation)
      : presentation_(std::move(presentation)) {}

  [[nodiscard]] const All& all() const { return all_; }
  [[nodiscard]] SessionTrack* find(std::size_t track) const;
  /// The one there is, or a new one.
  SessionTrack& add(std::size_t track, std::string url, std::optional<std::uint32_t> ssrc,
                    const rtp::StreamStart& start);
  /// Without a word.
  void remove(std::size_t track);
  void clear() { all_.clear(); }

  /// Those that play at `scale`: sound has no meaning at another than 1.
  [[nodiscard]] media::TrackMask at_scale(double scale) const;
  void flush() const;
  void say_bye(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
               std::string_view reason) const;
  /// The sender reports that are due; when the next one is, at `latest` at the
  /// latest.
  [[nodiscard]] std::int64_t report(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
                                    std::int64_t latest) const;
  /// How much before the position of `start` the first unit of a track begins.
  [[nodiscard]] media::MediaTime lead_of(const media::ReadStart& start) const;
  [[nodiscard]] bool any_key_spent() const;

  /// What was sent, also by tracks that were removed.
  [[nodiscard]] std::uint64_t packets() const;
  [[nodiscard]] std::uint64_t octets() const;

 private:
  const std::shared_ptr<const Presentation> presentation_;
  All all_;
  std::uint64_t removed_packets_ = 0, removed_octets_ = 0;
};

}  // namespace lectern::server
