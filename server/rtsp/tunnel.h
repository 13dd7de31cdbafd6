#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/rtsp/status_code.h"
#include "server/loop/remote.h"

namespace lectern::server {

// RTSP tunnelled over HTTP, as QuickTime has made it: a GET carries what the server says, POSTs what the
// player says, in base64. They are connections of their own, often on different loops, and talk by what is
// here.

/// Tells the POSTs of all tunnels apart.
using TunnelPostId = std::uint64_t;

/// The end of a POST, on its loop.
class TunnelPost {
 public:
  virtual ~TunnelPost() = default;
  /// What it gave last was taken, or it is its turn: more, please.
  virtual void go_on() = 0;
  virtual void refuse(rtsp::StatusCode status, const std::string& why) = 0;
  /// The tunnel has ended.
  virtual void drop() = 0;
};

/// The end of a GET, on its loop.
class TunnelGet {
 public:
  virtual ~TunnelGet() = default;
  /// It waits until the POST before it has ended.
  virtual void join(TunnelPostId id, const Remote<TunnelPost>& post) = 0;
  /// Decoded bytes of the POST whose turn it is.
  virtual void give(TunnelPostId id, Bytes bytes) = 0;
  virtual void ended(TunnelPostId id) = 0;
  /// It brought what is no base64: nothing behind it makes sense.
  virtual void broken(TunnelPostId id) = 0;
};

}  // namespace lectern::server
