#pragma once

#include <memory>

#include "server/net/stream.h"
#include "server/rtsp/tunnel_registry.h"

namespace lectern::server {

class EventLoop;

/// The RTSP connection that a GET and its POSTs make together: written bytes leave by the GET, read ones are
/// what the POSTs bring, one POST after another. What else the player sends by the GET is passed over.
class TunnelStream final : public Stream {
 public:
  /// For the next POST, where one has ended and players open a new one now and then (QuickTime, after each 32
  /// KiB); and for a POST's end, where the next one is here before it.
  static constexpr std::chrono::milliseconds joining_time{3000}, ending_time{2000};

  /// `get` goes on to read into this; `post` runs tasks on `loop`.
  TunnelStream(EventLoop& loop, std::unique_ptr<Stream> get, TunnelRegistry::Place place,
               const Remote<TunnelGet>::Post& post);
  ~TunnelStream() override;

  void start(Handler& handler) override { set_handler(handler); }
  void set_handler(Handler& handler) override;
  void pause() override;
  void resume() override;
  using Stream::write;
  bool write(Bytes bytes) override;
  std::size_t write_packets(std::span<const Gathered> packets) override;
  [[nodiscard]] bool writable() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  void finish(std::chrono::milliseconds deadline) override;
  [[nodiscard]] const Endpoint& local() const override;
  [[nodiscard]] const Endpoint& peer() const override;
  [[nodiscard]] const StreamCounters& counters() const override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lectern::server
