#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/net/stream.h"
#include "server/net/tls_handshakes.h"
#include "server/net/tls_turns.h"

struct ssl_ctx_st;

namespace lectern::server {

class EventLoop;
class TcpStream;

/// Why a connection came to no TLS, or lost it. Each is a kind of its own in the log.
enum class TlsFailure {
  plain_text,  ///< a client without TLS on the port for RTSPS
  handshake,   ///< no version or cipher in common, a certificate that is not trusted, junk
  timed_out,   ///< the handshake was not finished by its deadline
  broken,      ///< a bad record behind the handshake
};
constexpr std::size_t tls_failures = 4;

/// The server's side of TLS (RFC 8446, RFC 5246) over a TcpStream. Packets leave in full records of 16 KiB at
/// most, one system call each; a record that the kernel cuts is the only one that is kept. Before the
/// handshake is done nothing can be written.
class TlsStream final : public Stream {
 public:
  struct Options {
    /// From the start on, whatever trickles in.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// Given back when the handshake ends.
    std::shared_ptr<TlsHandshakes::Slot> slot{};
    /// Those of its loop; the handshake waits for nobody where there are none.
    std::shared_ptr<TlsTurns> turns{};
    /// At most once a stream, with words for the log.
    std::function<void(TlsFailure failure, const std::string& why)> failed{};
  };

  /// `context` as TlsContext makes it; it may be replaced meanwhile. Throws std::runtime_error where OpenSSL
  /// has no memory.
  TlsStream(EventLoop& loop, std::unique_ptr<TcpStream> tcp, ssl_ctx_st& context, Options options);
  ~TlsStream() override;

  void start(Handler& handler) override;
  void set_handler(Handler& handler) override;
  void pause() override;
  void resume() override;
  using Stream::write;
  bool write(Bytes bytes) override;
  std::size_t write_packets(std::span<const Gathered> packets) override;
  [[nodiscard]] bool writable() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  /// With close_notify before the end of our side.
  void finish(std::chrono::milliseconds deadline) override;
  [[nodiscard]] const Endpoint& local() const override;
  [[nodiscard]] const Endpoint& peer() const override;
  /// Of the TCP connection: records, not what is in them.
  [[nodiscard]] const StreamCounters& counters() const override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lectern::server
