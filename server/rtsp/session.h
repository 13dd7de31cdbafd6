#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/rtsp/state.h"
#include "server/access/access.h"
#include "server/rtsp/carried.h"
#include "server/rtsp/received_reports.h"
#include "server/rtsp/session_tracks.h"
#include "server/rtsp/udp_transport.h"
#include "server/rtsp/viewing.h"
#include "server/srtp/policy.h"

namespace lectern::server {

class Connection;
class RtspLoop;

enum class TransportKind : std::uint8_t { udp, interleaved, multicast };

/// One viewer of one presentation: who it is, how its media reach it, and what it
/// reports. Lives on one loop.
class Session final : public UdpTransport::Subscriber,
                      private Viewing::Host,
                      public Carried,
                      public std::enable_shared_from_this<Session> {
 public:
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

  [[nodiscard]] Status check_bandwidth(std::size_t track) const { return viewing_->check_bandwidth(track); }
  /// The stream of a track, made where it was not set up yet.
  SessionTrack& set_up(std::size_t track, std::string url, TransportKind kind, Connection* carrier,
                       std::optional<std::uint32_t> ssrc = std::nullopt);
  [[nodiscard]] SessionTrack* find_track(std::size_t track) { return tracks_.find(track); }
  [[nodiscard]] const SessionTracks::All& tracks() const { return tracks_.all(); }
  /// Without a word: its SETUP failed.
  void remove_track(std::size_t track) { tracks_.remove(track); }
  /// With RTCP BYE.
  void tear_down(std::size_t track);

  // What it plays: see Viewing.
  void play(const PlayOrder& order, Begun begun);
  [[nodiscard]] bool starting() const { return viewing_->starting(); }
  void when_begun(std::function<void()> task) { viewing_->when_begun(std::move(task)); }
  void start_sending() { viewing_->start_sending(); }
  media::MediaTime pause() { return viewing_->pause(); }
  void say_bye(std::string_view reason) { viewing_->say_bye(reason); }
  [[nodiscard]] bool stalled() const { return viewing_->stalled(); }
  void rest() { viewing_->rest(); }
  [[nodiscard]] bool has_played() const { return viewing_->has_played(); }

  /// Nothing is sent any more, and its ports are free, though a request that is
  /// under way may still hold it.
  void end();
  [[nodiscard]] bool ended() const { return viewing_->ended(); }

  /// Any sign of life of the player; CLOCK_MONOTONIC.
  void touch(std::int64_t now_us) { last_heard_us_ = now_us; }
  /// While a play starts the player waits for us, and need not say a word.
  [[nodiscard]] std::int64_t last_heard_us() const {
    return starting() ? EventLoop::now_us() : last_heard_us_;
  }

  void received_rtcp(const Endpoint& from, Bytes datagram) override;
  /// RTCP of the player's on an interleaved channel of its connection.
  void received_frame(std::uint8_t channel, Bytes frame) override;
  /// The carrier takes packets again.
  void delivery_ready() override;

 private:
  void alive(std::int64_t now_us) override { touch(now_us); }
  void begins_to_play() override { log_start(); }
  void stopped() override { state_ = rtsp::State::ready; }
  void must_end(std::string_view why) override;
  [[nodiscard]] bool over_udp() const override { return transport_ != TransportKind::interleaved; }

  /// A report of the player's about `track`.
  void received_report(const SessionTrack& track, const Endpoint& from, Bytes packet);
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
  std::int64_t last_heard_us_;
  ReceivedReports reports_;
  SessionTracks tracks_;
  std::shared_ptr<Viewing> viewing_;
};

}  // namespace lectern::server
