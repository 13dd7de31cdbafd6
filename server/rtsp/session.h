#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/cursor.h"
#include "protocol/rtsp/range.h"
#include "protocol/rtsp/state.h"
#include "server/access/access.h"
#include "server/loop/pacer.h"
#include "server/paths/presentation.h"
#include "server/rtsp/bandwidth.h"
#include "server/rtsp/live_reading.h"
#include "server/rtsp/received_reports.h"
#include "server/rtsp/session_track.h"
#include "server/rtsp/udp_transport.h"
#include "server/srtp/policy.h"

namespace lectern::server {

class Connection;
class RtspLoop;

enum class TransportKind : std::uint8_t { udp, interleaved };

/// What a PLAY asks for, its headers read. Times are media times.
struct PlayOrder {
  std::optional<media::MediaTime> from;  ///< absent: where it stopped
  std::optional<media::MediaTime> to;
  std::optional<double> scale;  ///< absent: 1 (RFC 2326 section 12.34)
  std::optional<double> speed;
};

/// What was applied, for the answer.
struct PlayBegun {
  media::MediaTime from = 0;
  std::optional<media::MediaTime> to;
  double scale = 1;
  double speed = 1;
  struct Stream {
    std::string url;
    /// Absent where a stream is shared and its first packet for this viewer has not come yet.
    std::optional<std::uint16_t> sequence;
    std::uint32_t timestamp = 0;
  };
  std::vector<Stream> streams;  ///< in the order of SETUP
};

/// One viewer of one file: reads sealed packets from its cursor and sends each when it is due. Lives on one
/// loop.
class Session final : public Pacer::Task,
                      public UdpTransport::Subscriber,
                      public std::enable_shared_from_this<Session> {
 public:
  using Begun = std::function<void(Result<PlayBegun>)>;

  Session(RtspLoop& owner, std::string id, std::shared_ptr<const Presentation> presentation,
          std::string media_path, const SrtpPolicy& srtp, const Endpoint& peer, std::string client);
  ~Session() override;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const Presentation& presentation() const { return *presentation_; }
  /// The path of the file in URLs, encoded, without a slash at the end.
  [[nodiscard]] const std::string& media_path() const { return media_path_; }
  [[nodiscard]] const SrtpPolicy& srtp() const { return srtp_; }
  [[nodiscard]] const Endpoint& peer() const { return peer_; }
  /// Whose it is; empty where it was set up without logging in.
  [[nodiscard]] const std::string& user() const { return grant_.user; }
  void set_user(const std::string& user) { grant_.user = user; }
  [[nodiscard]] const Grant& grant() const { return grant_; }
  void set_grant(Grant grant) { grant_ = std::move(grant); }
  /// Served::numbers of what it plays; 0: of no configuration.
  [[nodiscard]] std::uint64_t root() const { return root_; }
  void set_root(std::uint64_t number) { root_ = number; }
  /// How long it may be silent: what the player was told, whatever is configured since.
  [[nodiscard]] std::chrono::seconds timeout() const { return timeout_; }
  void set_timeout(std::chrono::seconds timeout) { timeout_ = timeout; }
  [[nodiscard]] rtsp::State state() const { return state_; }
  void set_state(rtsp::State state) { state_ = state; }
  [[nodiscard]] const std::optional<TransportKind>& transport() const { return transport_; }
  /// The connection that carries its media; nullptr for UDP.
  [[nodiscard]] Connection* carrier() const { return carrier_; }

  /// Whether `track` could be played beside those that are set up: Errc::too_large, for the person at the
  /// player. What is played is taken by play().
  [[nodiscard]] Status check_bandwidth(std::size_t track) const;
  /// The stream of a track, made where it was not set up yet.
  SessionTrack& set_up(std::size_t track, std::string url, TransportKind kind, Connection* carrier,
                       std::optional<std::uint32_t> ssrc = std::nullopt);
  [[nodiscard]] SessionTrack* find_track(std::size_t track);
  [[nodiscard]] const std::vector<std::unique_ptr<SessionTrack>>& tracks() const { return tracks_; }
  /// Without a word: its SETUP failed.
  void remove_track(std::size_t track);
  /// With RTCP BYE.
  void tear_down(std::size_t track);

  /// Begins or goes on to play; media follows once start_sending() is called. `begun` is called on the loop;
  /// with Errc::end where there is nothing to play, or live media does not come in time.
  /// Errc::too_large, and all stays as it was, where there is not the bandwidth for it.
  void play(const PlayOrder& order, Begun begun);
  /// A play has not begun yet; what would change it waits for its answer.
  [[nodiscard]] bool starting() const { return begun_ != nullptr; }
  /// Runs `task` on the loop once no play is starting, or the session has ended.
  void when_begun(std::function<void()> task) { waiting_.push_back(std::move(task)); }
  /// After the answer has left, so that it precedes the first packet.
  void start_sending();
  /// The media time at which it stopped.
  media::MediaTime pause();
  /// RTCP BYE for all streams that were not closed by one already.
  void say_bye(std::string_view reason);
  /// Nothing is sent any more, and its ports are free, though a request that is under way may still hold it.
  void end();
  [[nodiscard]] bool ended() const { return flow_ == Flow::ended; }

  /// The player does not take what is due.
  [[nodiscard]] bool stalled() const { return flow_ == Flow::stalled; }
  /// Lets go of the media in memory until the player takes something again.
  void rest();
  [[nodiscard]] bool has_played() const { return played_; }
  /// Any sign of life of the player; CLOCK_MONOTONIC.
  void touch(std::int64_t now_us) { last_heard_us_ = now_us; }
  /// While a play starts the player waits for us, and need not say a word.
  [[nodiscard]] std::int64_t last_heard_us() const {
    return starting() ? EventLoop::now_us() : last_heard_us_;
  }

  void received_rtcp(const Endpoint& from, Bytes datagram) override;
  /// RTCP of the player's on an interleaved channel of its connection.
  void received_frame(std::uint8_t channel, Bytes frame);
  /// The carrier takes packets again.
  void delivery_ready();

 private:
  /// A report of the player's about `track`.
  void received_report(const SessionTrack& track, const Endpoint& from, Bytes packet);

  enum class Flow : std::uint8_t { idle, starting, begun, sending, stalled, waiting, ending, ended };

  void due(std::int64_t now_us) override;
  /// Whatever fails in it ends the session, and nothing else.
  void pump(std::int64_t now_us);
  void send_what_is_due(std::int64_t now_us);
  bool send_train(std::int64_t now_us);
  void stall(std::int64_t now_us);
  bool ended_by_spent_key();
  /// Sends nothing more, and ends the session in the next turn.
  void end_soon(std::string_view why);
  /// Of live media something was skipped, and so much that a player could not decrypt what follows.
  bool skipped_too_much();
  [[nodiscard]] PlayBegun::Stream describe_shared(const SessionTrack& track, media::MediaTime position) const;
  /// The sender reports that are due; when the next one is.
  std::int64_t report(std::int64_t now_us);
  void wait_until(std::int64_t due_us);
  void woken();
  void end_of_media(std::int64_t now_us);
  void begin(const media::ReadStart& start, std::int64_t now_us);
  void started(const Result<media::ReadStart>& start);
  void let_go_of_read();
  /// Sends the rest of the units that were begun, as half a picture is of no use, and the pictures that are
  /// shown before one that was sent: both would be late when it goes on.
  void finish_units(std::int64_t now_us);
  [[nodiscard]] bool amid_unit() const;
  [[nodiscard]] bool amid_reordering() const;
  [[nodiscard]] std::int64_t tolerated_lateness() const;
  [[nodiscard]] bool reads_all_tracks() const;
  /// How much before the position of `start` the first unit of a track begins.
  [[nodiscard]] media::MediaTime lead_of(const media::ReadStart& start) const;
  void run_waiting();
  /// Where the start of that number is still waited for.
  void give_up(std::uint64_t start);
  [[nodiscard]] std::int64_t send_time(const media::Train& train);
  [[nodiscard]] PlayBegun describe_play(const media::ReadStart& start) const;
  [[nodiscard]] media::TrackMask tracks_at(double scale) const;
  /// Bits a second of what is set up, played like that.
  [[nodiscard]] std::uint64_t bit_rate_at(double scale, double speed) const;
  [[nodiscard]] media::ReadRequest read_request(media::MediaTime from) const;
  [[nodiscard]] bool random_access_points_only() const;
  void log_start() const;
  void log_end() const;

  RtspLoop& owner_;
  const std::string id_;
  const std::shared_ptr<const Presentation> presentation_;
  const std::string media_path_;
  const SrtpPolicy srtp_;
  const Endpoint peer_;
  const std::string client_;  ///< User-Agent, fit for the log
  Grant grant_;
  std::uint64_t root_ = 0;
  std::chrono::seconds timeout_{60};
  rtsp::State state_ = rtsp::State::init;
  std::optional<TransportKind> transport_;
  Connection* carrier_ = nullptr;
  std::vector<std::unique_ptr<SessionTrack>> tracks_;
  std::int64_t last_heard_us_;
  BandwidthShare bandwidth_;  ///< of what plays

  std::shared_ptr<media::Cursor> cursor_;
  std::optional<LiveReading> live_;  ///< of cursor_, where it reads live media
  PlaybackClock clock_;
  Begun begun_;               ///< owed while a play starts
  std::uint64_t starts_ = 0;  ///< numbers them
  std::vector<std::function<void()>> waiting_;
  Flow flow_ = Flow::idle;
  bool played_ = false;    ///< something was played: a PLAY without Range goes on
  bool resting_ = false;   ///< stalled, with nothing of the media in memory
  bool finished_ = false;  ///< the end of the file was reached: it begins anew
  double scale_ = 1, speed_ = 1;
  std::optional<media::MediaTime> to_;
  media::TrackMask read_tracks_ = 0;  ///< what the cursor was started with
  std::size_t train_packet_ = 0;      ///< packets of the current train that were sent
  std::int64_t unit_due_ = 0;         ///< media time of the first train of the current unit
  std::int64_t end_us_ = 0;           ///< when the last unit sent ends, and BYE is due
  std::int64_t started_us_ = 0;
  std::int64_t stalls_ = 0;
  ReceivedReports reports_;
  std::uint64_t forgotten_packets_ = 0, forgotten_octets_ = 0;  ///< of tracks that were torn down
};

}  // namespace lectern::server
