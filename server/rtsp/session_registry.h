#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "protocol/base/result.h"
#include "server/net/address.h"
#include "server/rtsp/peer_limits.h"

namespace lectern::server {

/// Where a player receives a track over UDP.
struct PlayerPorts {
  Endpoint rtp, rtcp;
};

/// What the loops must agree on: on which loop a session lives, and which UDP ports of which player are
/// taken. Asked once a SETUP or TEARDOWN, never by the media.
class SessionRegistry {
 public:
  SessionRegistry(std::size_t most, std::size_t most_per_address, std::size_t most_per_user)
      : limits_(most, most_per_address), most_per_user_(most_per_user) {}

  /// `user` is empty for those that have not logged in, who share no limit. Errc::busy, for the person at the
  /// player, where a limit is reached.
  Status add(const std::string& id, std::size_t loop, const Endpoint& peer, const std::string& user = {});
  void remove(const std::string& id);
  /// Other limits, for those that come from now on.
  void limit(std::size_t most, std::size_t most_per_address, std::size_t most_per_user);
  [[nodiscard]] std::optional<std::size_t> loop_of(const std::string& id) const;
  [[nodiscard]] std::size_t size() const;

  /// Takes both ports, giving back those of `instead_of`. False, and nothing has changed, where one of them
  /// is taken.
  bool claim(const PlayerPorts& ports, const PlayerPorts* instead_of = nullptr);
  void release(const PlayerPorts& ports);

 private:
  struct Place {
    std::size_t loop;
    Endpoint peer;
    std::string user;
  };

  PeerLimits limits_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::size_t most_per_user_;
  std::unordered_map<std::string, Place> places_;
  std::unordered_map<std::string, std::size_t> per_user_;
  std::unordered_set<Endpoint> claimed_;
};

}  // namespace lectern::server
