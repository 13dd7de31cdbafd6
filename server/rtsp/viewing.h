#pragma once

#include <functional>
#include <string_view>

#include "media/live/live_cursor.h"
#include "server/rtsp/pending_play.h"

namespace lectern::server {

/// How a session gets what it plays: packets of its own, or those that are sent to a group. Lives on one
/// loop.
class Viewing {
 public:
  /// Whose it is.
  class Host {
   public:
    virtual ~Host() = default;
    /// The player shows that it is there, or waits for us.
    virtual void alive(std::int64_t now_us) = 0;
    /// For the first time something is about to be played.
    virtual void begins_to_play() = 0;
    /// Media came to an end, or did not begin: a PLAY may begin anew.
    virtual void stopped() = 0;
    /// Nothing can be sent any more. May not destroy the viewing before the next turn.
    virtual void must_end(std::string_view why) = 0;
    [[nodiscard]] virtual bool over_udp() const = 0;
  };

  virtual ~Viewing() = default;

  /// Whether `track` could be played beside those that are set up: Errc::too_large, for the person at the
  /// player. What is played is taken by play().
  [[nodiscard]] virtual Status check_bandwidth(std::size_t track) const = 0;
  /// With RTCP BYE, where the track is sent to this viewer alone.
  virtual void tear_down(std::size_t track) = 0;

  /// Begins or goes on to play; media follows once start_sending() is called. `begun` is called on the loop;
  /// with Errc::end where there is nothing to play, or live media does not come in time.
  /// Errc::too_large, and all stays as it was, where there is not the bandwidth for it.
  virtual void play(const PlayOrder& order, Begun begun) = 0;
  /// A play has not begun yet; what would change it waits for its answer.
  [[nodiscard]] bool starting() const { return pending_.pending(); }
  /// The play that was about to begin will not: what was owed its beginning is destroyed untold.
  void forget_start() { pending_.take() = nullptr; }
  /// Runs `task` on the loop once no play is starting, or it has ended.
  void when_begun(std::function<void()> task) { pending_.when_begun(std::move(task)); }
  /// After the answer has left, so that it precedes the first packet.
  virtual void start_sending() = 0;
  /// The media time at which it stopped.
  virtual media::MediaTime pause() = 0;
  /// RTCP BYE for all streams of this viewer alone that were not closed by one already.
  virtual void say_bye(std::string_view reason) = 0;
  /// Nothing is sent any more.
  virtual void end() = 0;
  [[nodiscard]] virtual bool ended() const = 0;

  /// The player does not take what is due.
  [[nodiscard]] virtual bool stalled() const { return false; }
  /// Lets go of the media in memory until the player takes something again.
  virtual void rest() {}
  /// The player takes packets again.
  virtual void delivery_ready() {}

  [[nodiscard]] bool has_played() const { return started_us_ != 0; }
  /// Since it played for the first time.
  [[nodiscard]] std::int64_t played_us(std::int64_t now_us) const { return now_us - started_us_; }
  [[nodiscard]] virtual std::int64_t stalls() const { return 0; }
  /// What was skipped of live media.
  [[nodiscard]] virtual media::LiveLag lag() const { return {}; }

 protected:
  PendingPlay pending_;
  std::int64_t started_us_ = 0;  ///< when it played for the first time
};

}  // namespace lectern::server
