#pragma once

#include <cstdint>

#include "media/unit.h"

namespace lectern::server {

/// Maps media time to the loop's clock, to RTP time and to the wall clock, over one play after the other.
/// RTP time runs on over seeks and pauses with the wall clock (RFC 2326 appendix B), so that it never falls.
class PlaybackClock {
 public:
  struct Play {
    std::int64_t now_us = 0;        ///< CLOCK_MONOTONIC
    std::int64_t wall_us = 0;       ///< the same instant since the Unix epoch
    media::MediaTime position = 0;  ///< what Range answers: RTP-Info's times stand for it
    media::MediaTime due = 0;       ///< the media time that is sent at `now_us`
    double scale = 1;               ///< negative: backwards
    double speed = 1;
    media::MediaTime lead = 0;  ///< so long before `position` the first unit of a track begins
  };

  void play(const Play& play);

  /// When what is due at `due` (media time) is to be sent, by CLOCK_MONOTONIC.
  [[nodiscard]] std::int64_t send_time(media::MediaTime due) const;
  /// Ticks of a clock of `rate` since the session began, of a presentation time given in ticks.
  [[nodiscard]] std::int64_t rtp_ticks(std::int64_t pts_ticks, std::uint32_t rate) const;
  /// The same of a media time.
  [[nodiscard]] std::int64_t rtp_ticks_of(media::MediaTime time, std::uint32_t rate) const;
  /// The same for what Range names.
  [[nodiscard]] std::int64_t rtp_ticks_of_position(std::uint32_t rate) const { return base_ticks(rate); }
  /// The same for the instant `now_us`.
  [[nodiscard]] std::int64_t rtp_ticks_at(std::int64_t now_us, std::uint32_t rate) const;
  /// When the instant of `rtp_ticks` is on the wall, as a 64-bit NTP time (RFC 3550 section 4).
  [[nodiscard]] std::uint64_t ntp_of(std::int64_t rtp_ticks, std::uint32_t rate) const;

  /// The wall clock of the play's beginning turns out to be another: live media is told its capture time
  /// anew.
  void correct_wall(std::int64_t wall_us) { play_.wall_us = wall_us; }
  /// Everything is sent `by_us` later from now on: the viewer or the disk was slow. RTP time and wall clock
  /// stay as they are to each other: FFmpeg and live555 date pictures by that, and would see a gap.
  void delay(std::int64_t by_us);
  /// RTP time was sent up to here; the next play begins after it.
  void sent_until(media::MediaTime pts, media::MediaTime duration);

  [[nodiscard]] double scale() const { return play_.scale; }
  [[nodiscard]] double speed() const { return play_.speed; }

 private:
  [[nodiscard]] std::int64_t base_ticks(std::uint32_t rate) const;

  Play play_;
  std::int64_t delayed_us_ = 0;  ///< how much later than `play_` says all is sent by now
  bool started_ = false;
  std::int64_t presentation_us_ =
      0;                           ///< RTP time of `play_.position`, in microseconds since the session began
  std::int64_t presented_us_ = 0;  ///< the end of what was sent, in the same measure
};

}  // namespace lectern::server
