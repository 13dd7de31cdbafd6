#pragma once

#include <memory>
#include <optional>

#include "server/loop/file_descriptor.h"
#include "server/net/stream.h"

namespace lectern::server {

class EventLoop;

/// A plain TCP connection.
class TcpStream final : public Stream {
 public:
  struct Options {
    /// More unsent bytes end the connection (ENOBUFS): a peer that asks and does not read.
    std::size_t max_queued = 1024 * 1024;
    bool keepalive = true;
    /// As accept() gave it. Absent: asked of the kernel, which knows none once the peer has reset.
    std::optional<Endpoint> peer{};
  };

  /// Takes over a connected descriptor; sets TCP_NODELAY. Throws std::runtime_error for one that cannot be
  /// watched.
  TcpStream(EventLoop& loop, FileDescriptor connection);
  TcpStream(EventLoop& loop, FileDescriptor connection, Options options);
  ~TcpStream() override;

  void start(Handler& handler) override;
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
