#pragma once

#include <memory>

#include "server/rtsp/peer_limits.h"

namespace lectern::server {

/// How many TLS handshakes there may be at once, of which one peer has half at most: they cost more than
/// anything else that a stranger can ask for. Used from all loops; outlives its slots.
class TlsHandshakes {
 public:
  explicit TlsHandshakes(unsigned most) : limits_(most, (most + 1) / 2) {}

  /// Another limit, for those that come from now on.
  void limit(unsigned most) { limits_.limit(most, (most + 1) / 2); }

  /// One handshake; ends with the object.
  class Slot {
   public:
    Slot(PeerLimits& limits, const Endpoint& peer) : limits_(limits), peer_(peer) {}
    ~Slot() { limits_.remove(peer_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    PeerLimits& limits_;
    const Endpoint peer_;
  };

  /// nullptr where it is one too many.
  [[nodiscard]] std::shared_ptr<Slot> begin(const Endpoint& peer) {
    return limits_.add(peer) ? std::make_shared<Slot>(limits_, peer) : nullptr;
  }

 private:
  PeerLimits limits_;
};

}  // namespace lectern::server
