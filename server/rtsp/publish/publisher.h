#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/live/published_source.h"
#include "protocol/rtsp/state.h"
#include "protocol/rtsp/url.h"
#include "server/paths/publish_slot.h"
#include "server/rtsp/carried.h"
#include "server/rtsp/publish/published_track.h"
#include "server/rtsp/session.h"
#include "server/rtsp/udp_transport.h"
#include "server/srtp/policy.h"

namespace lectern::server {

/// What a publisher has announced, and where.
struct PublishOrder {
  rtsp::Url url;                             ///< of the ANNOUNCE
  std::shared_ptr<PublishSlot> slot;         ///< of its path, where nobody else publishes
  std::shared_ptr<media::Live> live;         ///< of its path
  std::uint64_t root = 0;                    ///< Served::numbers of its path
  std::chrono::seconds read_timeout{10};     ///< how long nothing may come
  std::chrono::seconds session_timeout{60};  ///< how long it may be silent before
  std::string media_path;                    ///< for the log
  SrtpPolicy srtp;
  media::Announcement announcement;
  std::vector<std::optional<AnnouncedKeys>> keys;  ///< of each track
  Endpoint peer;
  std::string client;  ///< User-Agent, fit for the log
  Grant grant;
  Connection* connection = nullptr;
};

/// The session of a publisher (RFC 2326 sections 10.3 and 10.11): takes RTP in and hands it to the live
/// media of its path. Lives on one loop.
class Publisher final : public UdpTransport::Subscriber, public Carried {
 public:
  Publisher(RtspLoop& owner, std::string id, PublishOrder order);
  ~Publisher() override;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& media_path() const { return order_.media_path; }
  [[nodiscard]] const SrtpPolicy& srtp() const { return order_.srtp; }
  [[nodiscard]] const Endpoint& peer() const { return order_.peer; }
  [[nodiscard]] const std::string& user() const { return order_.grant.user; }
  [[nodiscard]] const PublishOrder& order() const { return order_; }
  [[nodiscard]] rtsp::State state() const { return state_; }

  /// What `url` names: one track, or all, which of a single track is the same; nullopt for anything else.
  struct Match {
    bool whole = false;
    std::optional<std::size_t> track;
  };
  [[nodiscard]] std::optional<Match> match(const rtsp::Url& url) const;

  [[nodiscard]] std::vector<std::unique_ptr<PublishedTrack>>& tracks() { return tracks_; }
  [[nodiscard]] bool all_set_up() const;
  [[nodiscard]] const std::optional<TransportKind>& transport() const { return transport_; }
  /// The connection that carries its media; nullptr for UDP, and before it is set up.
  [[nodiscard]] Connection* carrier() const { return carrier_; }
  /// A track was connected.
  void set_up(TransportKind kind, Connection* carrier);

  /// Begins, or goes on, to hand over what comes.
  void record();
  /// What comes is passed over.
  void pause();
  /// Nothing is taken any more, its ports are free, and the path is. `why` is for the log.
  void end(std::string_view why);

  /// It ends with its connection: the one that carries its media, or that controls what is not recorded, as
  /// nothing else would show that it is still there.
  [[nodiscard]] bool depends_on(const Connection& connection) const;
  /// A connection that it has used is gone.
  void forget(const Connection& connection);
  /// Where it was controlled last; nullptr where that has gone.
  [[nodiscard]] Connection* connection() const { return connection_; }
  void set_connection(Connection* connection) { connection_ = connection; }

  /// A sign of life; CLOCK_MONOTONIC.
  void touch(std::int64_t now_us) { last_heard_us_ = now_us; }
  [[nodiscard]] std::int64_t last_heard_us() const { return last_heard_us_; }
  void report_if_due(std::int64_t now_us);

  void received_rtp(const Endpoint& from, Bytes datagram, bool truncated) override;
  void received_rtcp(const Endpoint& from, Bytes datagram) override;
  void received_frame(std::uint8_t channel, Bytes frame) override;
  void delivery_ready() override {}

 private:
  void note(std::optional<Flaw> flaw);
  void log_start() const;
  void log_end(std::string_view why) const;

  RtspLoop& owner_;
  const std::string id_;
  const PublishOrder order_;
  const std::string base_;  ///< what a URL of the whole names
  rtsp::State state_ = rtsp::State::init;
  std::vector<std::unique_ptr<PublishedTrack>> tracks_;
  std::optional<TransportKind> transport_;
  Connection *carrier_ = nullptr, *connection_;
  std::shared_ptr<media::Publication> publication_;  ///< once it has begun to record
  std::int64_t last_heard_us_, started_us_ = 0;
  bool ended_ = false;
};

}  // namespace lectern::server
