#pragma once

#include <string>

#include "server/net/stream.h"

namespace lectern::fuzz {

/// The other end of a FakeStream, which may outlive it: what was sent, and whether it is read from.
struct FakeWire {
  server::Stream::Handler* handler = nullptr;  ///< nullptr once the stream is gone, or closed
  std::string sent;
  bool paused = false;
  bool finishing = false;
  bool full = false;  ///< no packets are taken
};

/// A connection without a socket.
class FakeStream final : public server::Stream {
 public:
  /// `wire` outlives it.
  explicit FakeStream(FakeWire& wire);
  ~FakeStream() override { wire_.handler = nullptr; }

  void start(Handler& handler) override { wire_.handler = &handler; }
  void set_handler(Handler& handler) override { wire_.handler = &handler; }
  void pause() override { wire_.paused = true; }
  void resume() override { wire_.paused = false; }
  bool write(Bytes bytes) override;
  std::size_t write_packets(std::span<const server::Gathered> packets) override;
  [[nodiscard]] bool writable() const override { return !wire_.full && !wire_.finishing; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  void finish(std::chrono::milliseconds) override { wire_.finishing = true; }
  [[nodiscard]] const server::Endpoint& local() const override { return local_; }
  [[nodiscard]] const server::Endpoint& peer() const override { return peer_; }
  [[nodiscard]] const server::StreamCounters& counters() const override { return counters_; }

 private:
  FakeWire& wire_;
  const server::Endpoint local_, peer_;
  server::StreamCounters counters_;
};

}  // namespace lectern::fuzz
