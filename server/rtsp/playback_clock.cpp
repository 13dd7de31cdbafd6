#include "server/rtsp/playback_clock.h"

#include <algorithm>
#include <cmath>

namespace lectern::server {
namespace {

constexpr std::int64_t second = 1'000'000;
/// For a unit whose length is not known: a tick at least, of any clock of the field.
constexpr std::int64_t shortest_unit = 1'000;
constexpr std::uint64_t seconds_1900_to_1970 = 2'208'988'800;

/// value * numerator / denominator without overflow, rounded to the nearest. The denominator is positive.
std::int64_t rescale(std::int64_t value, std::int64_t numerator, std::int64_t denominator) {
  const __int128 product = static_cast<__int128>(value) * numerator;
  const __int128 half = denominator / 2;
  return static_cast<std::int64_t>(product >= 0 ? (product + half) / denominator
                                                : -((-product + half) / denominator));
}

std::int64_t divide(std::int64_t value, double divisor) {
  return divisor == 1 ? value : std::llround(static_cast<double>(value) / divisor);
}

/// When `position` is shown: pictures are sent at their decoding time, which may be earlier.
std::int64_t shown_at(const PlaybackClock::Play& play) {
  return play.now_us + divide(play.position - play.due, play.scale * play.speed);
}

}  // namespace

void PlaybackClock::play(const Play& play) {
  if (started_) {
    // Between the instants at which the two positions are shown, so that one line maps RTP to wall time.
    const std::int64_t elapsed = shown_at(play) - shown_at(play_);
    const std::int64_t lead = divide(play.lead, std::abs(play.scale));
    presentation_us_ = std::max(presentation_us_ + elapsed, presented_us_ + lead);
  }
  started_ = true;
  play_ = play;
  delayed_us_ = 0;
  presented_us_ = presentation_us_;
}

std::int64_t PlaybackClock::send_time(media::MediaTime due) const {
  return play_.now_us + delayed_us_ + divide(due - play_.due, play_.scale * play_.speed);
}

std::int64_t PlaybackClock::base_ticks(std::uint32_t rate) const {
  return rescale(presentation_us_, rate, second);
}

std::int64_t PlaybackClock::rtp_ticks(std::int64_t pts_ticks, std::uint32_t rate) const {
  return base_ticks(rate) + divide(pts_ticks - rescale(play_.position, rate, second), play_.scale);
}

std::int64_t PlaybackClock::rtp_ticks_of(media::MediaTime time, std::uint32_t rate) const {
  return rtp_ticks(rescale(time, rate, second), rate);
}

std::int64_t PlaybackClock::rtp_ticks_at(std::int64_t now_us, std::uint32_t rate) const {
  const std::int64_t since_position =
      (now_us - shown_at(play_));  // µs by the clock; RTP time runs `speed` times as fast
  return base_ticks(rate) + rescale(divide(since_position, 1 / play_.speed), rate, second);
}

std::uint64_t PlaybackClock::ntp_of(std::int64_t rtp_ticks, std::uint32_t rate) const {
  // From ticks and not from microseconds: players compute presentation times out of the pair, to the tick.
  const std::int64_t position_wall = play_.wall_us + (shown_at(play_) - play_.now_us);
  const auto whole = static_cast<std::uint64_t>(position_wall / second) + seconds_1900_to_1970;
  const auto fraction = (static_cast<std::uint64_t>(position_wall % second) << 32) / second;
  const __int128 ticks = rtp_ticks - base_ticks(rate);
  const __int128 offset = (ticks << 32) / rate;
  const auto scaled =
      play_.speed == 1 ? offset : static_cast<__int128>(static_cast<double>(offset) / play_.speed);
  return ((whole << 32) | fraction) + static_cast<std::uint64_t>(static_cast<std::int64_t>(scaled));
}

void PlaybackClock::delay(std::int64_t by_us) {
  delayed_us_ += by_us;
}

void PlaybackClock::sent_until(media::MediaTime pts, media::MediaTime duration) {
  const std::int64_t end = presentation_us_ + divide(pts - play_.position, play_.scale) +
                           std::max(shortest_unit, divide(duration, std::abs(play_.scale)));
  presented_us_ = std::max(presented_us_, end);
}

}  // namespace lectern::server
