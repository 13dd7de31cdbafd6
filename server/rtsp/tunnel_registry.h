#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "protocol/base/result.h"
#include "server/net/address.h"
#include "server/rtsp/tunnel.h"

namespace lectern::server {

/// By what a POST finds its GET. A player comes from one address, and by TLS with both or with neither, so
/// that nobody else can speak into its tunnel.
struct TunnelKey {
  Endpoint host;  ///< without a port
  bool secure = false;
  std::string cookie;

  TunnelKey(const Endpoint& peer, bool over_tls, std::string x_sessioncookie)
      : host(peer.with_port(0)), secure(over_tls), cookie(std::move(x_sessioncookie)) {}
  bool operator==(const TunnelKey&) const = default;
};

struct TunnelKeyHash {
  std::size_t operator()(const TunnelKey& key) const noexcept {
    return std::hash<Endpoint>()(key.host) * 31 + std::hash<std::string>()(key.cookie) + (key.secure ? 1 : 0);
  }
};

/// The open tunnels of all loops. Asked once a GET and a POST, never by the media.
class TunnelRegistry {
 public:
  /// GETs whose POST has not come yet, in all and from one network.
  static constexpr std::size_t most_waiting = 2000, most_waiting_per_peer = 500;

  /// A tunnel's entry, which goes with it.
  class Place {
   public:
    Place(TunnelRegistry& registry, TunnelKey key) : registry_(&registry), key_(std::move(key)) {}
    Place(Place&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)), key_(std::move(other.key_)) {}
    Place& operator=(Place&&) = delete;
    ~Place();

    /// From now on it is found.
    void open(Remote<TunnelGet> get);
    /// Its POST has come: it does not count as waiting any more.
    void joined();

   private:
    TunnelRegistry* registry_;
    TunnelKey key_;
  };

  /// Errc::invalid where this player has such a tunnel already, Errc::busy where too many wait.
  Result<Place> reserve(const TunnelKey& key);
  [[nodiscard]] std::optional<Remote<TunnelGet>> find(const TunnelKey& key) const;
  TunnelPostId next_post() { return ++posts_; }
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Entry {
    std::optional<Remote<TunnelGet>> get;
    bool waits = true;
  };
  void no_longer_waits(const TunnelKey& key, Entry& entry);

  mutable std::mutex mutex_;
  std::unordered_map<TunnelKey, Entry, TunnelKeyHash> tunnels_;
  std::size_t waiting_ = 0;
  std::unordered_map<Endpoint, std::size_t> waiting_per_peer_;
  std::atomic<TunnelPostId> posts_ = 0;
};

}  // namespace lectern::server
