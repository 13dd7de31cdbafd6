#pragma once

#include <span>

#include "server/net/stream.h"
#include "server/srtp/protection.h"

namespace lectern::server {

/// How the packets of one track reach the player.
class Delivery {
 public:
  virtual ~Delivery() = default;
  /// What goes out from here on is SRTP; nullptr for plain RTP. Outlives the delivery.
  void protect(Protection* protection) { protection_ = protection; }
  /// Sends RTP packets, each with its header in the last 12 bytes of `header`, and gives how many were taken:
  /// fewer than all where the player is slow, who is to be asked again when ready(). Payloads must live until
  /// flush(), or the end of the loop's turn.
  virtual std::size_t send(std::span<Gathered> packets) = 0;
  virtual void send_rtcp(Bytes compound) = 0;
  [[nodiscard]] virtual bool ready() const = 0;
  virtual void flush() = 0;

 protected:
  Protection* protection_ = nullptr;
};

}  // namespace lectern::server
