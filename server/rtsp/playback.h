#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/cursor.h"
#include "server/loop/pacer.h"
#include "server/paths/presentation.h"
#include "server/rtsp/bandwidth.h"
#include "server/rtsp/live_reading.h"
#include "server/rtsp/pending_play.h"
#include "server/rtsp/play_terms.h"
#include "server/rtsp/session_tracks.h"

namespace lectern::server {

class RtspLoop;

/// Reads the sealed packets of a presentation from a cursor and sends each when
/// it is due, over the deliveries of its tracks. Lives on one loop.
class Playback final : public Pacer::Task, public std::enable_shared_from_this<Playback> {
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
    /// Nothing can be sent any more. May not destroy the playback before the
    /// next turn.
    virtual void must_end(std::string_view why) = 0;
    [[nodiscard]] virtual bool over_udp() const = 0;
  };

  /// `host` outlives it, or calls end() before; `media_path` and `peer` are for
  /// the log.
  Playback(RtspLoop& owner, Host& host, std::shared_ptr<const Presentation> presentation,
           std::string media_path, const Endpoint& peer);

  [[nodiscard]] SessionTracks& tracks() { return tracks_; }
  [[nodiscard]] const SessionTracks& tracks() const { return tracks_; }
  /// Whether `track` could be played beside those that are set up:
  /// Errc::too_large, for the person at the player. What is played is taken by
  /// play().
  [[nodiscard]] Status check_bandwidth(std::size_t track) const;
  /// With RTCP BYE.
  void tear_down(std::size_t track);

  /// Begins or goes on to play; media follows once start_sending() is called.
  /// `begun` is called on the loop; with Errc::end where there is nothing to
  /// play, or live media does not come in time. Errc::too_large, and all stays
  /// as it was, where there is not the bandwidth for it.
  void play(const PlayOrder& order, Begun begun);
  /// A play has not begun yet; what would change it waits for its answer.
  [[nodiscard]] bool starting() const { return pending_.pending(); }
  /// Runs `task` on the loop once no play is starting, or it has ended.
  void when_begun(std::function<void()> task) { pending_.when_begun(std::move(task)); }
  /// After the answer has left, so that it precedes the first packet.
  void start_sending();
  /// The media time at which it stopped.
  media::MediaTime pause();
  /// RTCP BYE for all streams that were not closed by one already.
  void say_bye(std::string_view reason) const;
  /// Nothing is sent any more.
  void end();
  [[nodiscard]] bool ended() const { return flow_ == Flow::ended; }

  /// The player does not take what is due.
  [[nodiscard]] bool stalled() const { return flow_ == Flow::stalled; }
  /// Lets go of the media in memory until the player takes something again.
  void rest();
  /// The player takes packets again.
  void delivery_ready();

  [[nodiscard]] bool has_played() const { return played_; }
  /// Since it played for the first time.
  [[nodiscard]] std::int64_t played_us(std::int64_t now_us) const { return now_us - started_us_; }
  [[nodiscard]] std::int64_t stalls() const { return stalls_; }
  /// What was skipped of live media.
  [[nodiscard]] media::LiveLag lag() const { return live_ ? live_->lag() : media::LiveLag(); }

 private:
  enum class Flow : std::uint8_t { idle, starting, begun, sending, stalled, waiting, ending, ended };

  void due(std::int64_t now_us) override { pump(now_us); }
  void woken();
  void open();
  void started(const Result<media::ReadStart>& start);
  /// Where the start of that number is still waited for.
  void give_up(std::uint64_t start);
  void begin(const media::ReadStart& start, std::int64_t now_us);
  void run_waiting();
  [[nodiscard]] PlayBegun describe(const media::ReadStart& start) const;
  [[nodiscard]] bool playing() const { return flow_ >= Flow::begun && flow_ != Flow::ended; }
  [[nodiscard]] bool reads_all_tracks() const;
  /// Bits a second of what is set up, played like that.
  [[nodiscard]] std::uint64_t bit_rate_at(const PlayTerms& terms) const;

  /// Whatever fails in it ends this playback, and nothing else.
  void pump(std::int64_t now_us);
  void send_what_is_due(std::int64_t now_us);
  bool send_train(std::int64_t now_us);
  std::size_t send_packets(SessionTrack& track, const media::Train& train);
  [[nodiscard]] std::int64_t send_time(const media::Train& train);
  [[nodiscard]] std::int64_t tolerated_lateness() const;
  void wait_until(std::int64_t due_us);
  void stall(std::int64_t now_us);
  bool ended_by_spent_key();
  /// Sends nothing more, and has its host end it.
  void end_soon(std::string_view why);
  /// Of live media something was skipped, and so much that a player could not
  /// decrypt what follows.
  bool skipped_too_much();
  void end_of_media(std::int64_t now_us);
  /// Sends the rest of the units that were begun, as half a picture is of no
  /// use, and the pictures that are shown before one that was sent: both would
  /// be late when it goes on.
  void finish_units(std::int64_t now_us);
  void let_go_of_read();

  RtspLoop& owner_;
  Host& host_;
  const std::shared_ptr<const Presentation> presentation_;
  const std::string media_path_;
  const Endpoint peer_;
  SessionTracks tracks_;
  BandwidthShare bandwidth_;  ///< of what plays

  std::shared_ptr<media::Cursor> cursor_;
  std::optional<LiveReading> live_;  ///< of cursor_, where it reads live media
  PlaybackClock clock_;
  PendingPlay pending_;
  Flow flow_ = Flow::idle;
  bool played_ = false;    ///< something was played: a PLAY without Range goes on
  bool resting_ = false;   ///< stalled, with nothing of the media in memory
  bool finished_ = false;  ///< the end of the file was reached: it begins anew
  PlayTerms terms_;
  media::TrackMask read_tracks_ = 0;  ///< what the cursor was started with
  std::size_t train_packet_ = 0;      ///< packets of the current train that were sent
  std::int64_t unit_due_ = 0;         ///< media time of the first train of the current unit
  std::int64_t end_us_ = 0;           ///< when the last unit sent ends, and BYE is due
  std::int64_t started_us_ = 0;
  std::int64_t stalls_ = 0;
};

}  // namespace lectern::server
