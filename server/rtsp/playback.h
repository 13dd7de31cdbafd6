#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/cursor.h"
#include "server/loop/pacer.h"
#include "server/paths/presentation.h"
#include "server/rtsp/bandwidth.h"
#include "server/rtsp/live_reading.h"
#include "server/rtsp/session_tracks.h"
#include "server/rtsp/viewing.h"

namespace lectern::server {

class RtspLoop;

/// Reads the sealed packets of a presentation from a cursor and sends each when
/// it is due, over the deliveries of its tracks. Lives on one loop.
class Playback final : public Viewing, public Pacer::Task, public std::enable_shared_from_this<Playback> {
 public:
  /// `host` and `tracks` outlive it, or end() is called before; `media_path` and `peer` are for the log.
  Playback(RtspLoop& owner, Host& host, SessionTracks& tracks,
           std::shared_ptr<const Presentation> presentation, std::string media_path, const Endpoint& peer);

  [[nodiscard]] Status check_bandwidth(std::size_t track) const override;
  void tear_down(std::size_t track) override;
  void play(const PlayOrder& order, Begun begun) override;
  void start_sending() override;
  media::MediaTime pause() override;
  void say_bye(std::string_view reason) override;
  void end() override;
  [[nodiscard]] bool ended() const override { return flow_ == Flow::ended; }
  [[nodiscard]] bool stalled() const override { return flow_ == Flow::stalled; }
  void rest() override;
  void delivery_ready() override;
  [[nodiscard]] std::int64_t stalls() const override { return stalls_; }
  [[nodiscard]] media::LiveLag lag() const override { return live_ ? live_->lag() : media::LiveLag(); }

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
  [[nodiscard]] bool goes_with_picture(std::int64_t early_us) const;
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
  SessionTracks& tracks_;
  BandwidthShare bandwidth_;  ///< of what plays

  std::shared_ptr<media::Cursor> cursor_;
  std::optional<LiveReading> live_;  ///< of cursor_, where it reads live media
  PlaybackClock clock_;
  Flow flow_ = Flow::idle;
  bool resting_ = false;   ///< stalled, with nothing of the media in memory
  bool finished_ = false;  ///< the end of the file was reached: it begins anew
  PlayTerms terms_;
  media::TrackMask read_tracks_ = 0;  ///< what the cursor was started with
  std::size_t train_packet_ = 0;      ///< packets of the current train that were sent
  std::int64_t unit_due_ = 0;         ///< media time of the first train of the current unit
  std::int64_t end_us_ = 0;           ///< when the last unit sent ends, and BYE is due
  std::int64_t stalls_ = 0;
  std::optional<std::int64_t> lagging_since_us_;  ///< when live media were skipped for the first time
};

}  // namespace lectern::server
