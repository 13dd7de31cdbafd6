#pragma once

#include <memory>
#include <string>

#include "server/multicast/group.h"
#include "server/multicast/member.h"
#include "server/paths/presentation.h"
#include "server/rtsp/session_tracks.h"
#include "server/rtsp/viewing.h"

namespace lectern::server {

class RtspLoop;

/// How a session gets what is sent to a group, by one of the loops: it joins and leaves those that listen.
class MulticastViewing final : public Viewing,
                               public MulticastListener,
                               public std::enable_shared_from_this<MulticastViewing> {
 public:
  /// `host` and `tracks` outlive it, or end() is called before. `presentation` has a group; `session` is the
  /// id.
  MulticastViewing(RtspLoop& owner, Host& host, SessionTracks& tracks,
                   std::shared_ptr<const Presentation> presentation, std::string media_path,
                   const Endpoint& peer, std::string session);

  /// All share what is sent, and the first one that plays has it accounted for.
  [[nodiscard]] Status check_bandwidth(std::size_t) const override { return {}; }
  void tear_down(std::size_t track) override { tracks_.remove(track); }
  void play(const PlayOrder& order, Begun begun) override;
  void start_sending() override {}
  media::MediaTime pause() override;
  /// The others still listen.
  void say_bye(std::string_view) override {}
  void end() override;
  [[nodiscard]] bool ended() const override { return ended_; }

 private:
  void joined(std::uint64_t number, const Result<PlayBegun>& begun) override;
  void heard() override;
  void stopped_sending() override;

  void leave();
  [[nodiscard]] PlayBegun of_tracks(const PlayBegun& group) const;
  void run_waiting();

  RtspLoop& owner_;
  Host& host_;
  SessionTracks& tracks_;
  const std::shared_ptr<const Presentation> presentation_;
  const std::shared_ptr<const MulticastGroup> group_;
  const std::string media_path_;
  const Endpoint peer_;
  const std::string session_;
  RtspLoop& sends_;  ///< the loop that sends
  bool member_ = false, ended_ = false;
};

}  // namespace lectern::server
