#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocol/base/result.h"
#include "server/net/address.h"
#include "server/rtsp/play_terms.h"

namespace lectern::server {

/// Who listens to a group: hears of it on its own loop.
class MulticastListener {
 public:
  virtual ~MulticastListener() = default;
  /// The answer to the join of that number: where each stream of the group is, in the order of its tracks.
  virtual void joined(std::uint64_t number, const Result<PlayBegun>& begun) = 0;
  /// Somebody at its address has reported.
  virtual void heard() = 0;
  /// Nothing is sent any more.
  virtual void stopped_sending() = 0;
};

/// A listener as the loop that sends knows it.
struct MulticastMember {
  std::string session;
  Endpoint peer;
  std::function<void(std::function<void()>)> post;  ///< to the loop of the listener
  std::weak_ptr<MulticastListener> listener;        ///< locked on that loop alone

  /// Runs `call` with the listener on its loop, where that still lives.
  void tell(std::function<void(MulticastListener&)> call) const {
    post([weak = listener, call = std::move(call)] {
      if (const auto alive = weak.lock()) call(*alive);
    });
  }
};

}  // namespace lectern::server
