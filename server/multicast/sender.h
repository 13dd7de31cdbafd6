#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/multicast/group.h"
#include "server/multicast/member.h"
#include "server/multicast/transport.h"
#include "server/rtsp/playback.h"
#include "server/rtsp/received_reports.h"

namespace lectern::server {

/// Sends one live path to its group, each packet once, as long as somebody listens. Lives on one loop.
class MulticastSender final : private Viewing::Host, public std::enable_shared_from_this<MulticastSender> {
 public:
  /// Opens its sockets. Errc::io, for the log, where the system has no way to the group. `media_path` is for
  /// the log, `finished` is called when nobody listens any more, and must not destroy it before the next
  /// turn.
  static Result<std::shared_ptr<MulticastSender>> create(RtspLoop& owner,
                                                         std::shared_ptr<const MulticastGroup> group,
                                                         std::shared_ptr<const Presentation> presentation,
                                                         const std::string& media_path,
                                                         std::function<void()> finished);
  ~MulticastSender() override;

  /// Begins to send with the first one; each is told where the streams are, under `number`.
  void join(const MulticastMember& member, std::uint64_t number);
  void leave(const std::string& session);
  [[nodiscard]] bool listened_to() const { return !members_.empty(); }
  /// With RTCP BYE.
  void end(std::string_view reason);

 private:
  MulticastSender(RtspLoop& owner, std::shared_ptr<const MulticastGroup> group,
                  std::shared_ptr<const Presentation> presentation, const std::string& media_path,
                  std::function<void()> finished);
  Status open();

  void alive(std::int64_t) override {}
  void begins_to_play() override;
  void stopped() override;
  void must_end(std::string_view) override { stopped(); }
  [[nodiscard]] bool over_udp() const override { return true; }

  void begun(const Result<PlayBegun>& begun);
  void received_rtcp(std::size_t track, const Endpoint& from, Bytes datagram, bool truncated);
  void note_heard(const Endpoint& from);
  void log_end() const;

  struct Member {
    MulticastMember who;
    std::int64_t told_us = 0;  ///< when it was told last that it was heard
  };
  struct Waiting {
    std::string session;
    std::uint64_t number;
  };

  RtspLoop& owner_;
  const std::shared_ptr<const MulticastGroup> group_;
  const std::shared_ptr<const Presentation> presentation_;
  const std::string media_path_;
  const std::function<void()> finished_;
  std::map<std::string, Member> members_;  ///< by session
  std::vector<Waiting> waiting_;
  std::vector<std::unique_ptr<MulticastTransport>> transports_;  ///< of each track
  SessionTracks tracks_;
  ReceivedReports reports_;
  std::shared_ptr<Playback> playback_;
};

}  // namespace lectern::server
