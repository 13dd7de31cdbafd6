#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/base/bytes.h"
#include "server/net/address.h"

namespace lectern::server {

/// A packet on an interleaved channel: '$', channel and length (RFC 2326 section 10.12) with the RTP header
/// behind them, and the shared payload.
struct Gathered {
  std::array<std::byte, 16> header;
  Bytes payload;
  [[nodiscard]] std::size_t size() const { return header.size() + payload.size(); }
};

enum class CloseReason {
  peer,       ///< the peer has ended its side
  error,      ///< reset, timed out by TCP …: see the errno
  finished,   ///< after finish(): all was sent, and the peer has ended its side
  timed_out,  ///< after finish(): not by the deadline
};

struct StreamCounters {
  std::uint64_t received = 0;  ///< bytes
  std::uint64_t sent = 0;      ///< bytes taken by the kernel
  std::uint64_t syscalls = 0;  ///< of sending
  std::uint64_t cuts = 0;      ///< packets of which the kernel took a part
};

/// A connection, plain (TcpStream) or in TLS (TlsStream). What is written leaves in the order of the calls.
/// Bytes that the kernel does not take are kept only where they must be (the rest of a packet or record that
/// was cut, control answers): media waits with its owner, so that a slow reader slows its own cursor and
/// costs no memory. A control answer is never put inside a cut packet.
class Stream {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    /// Where to read to; not empty. Asked for before each read.
    virtual MutableBytes writable() = 0;
    /// So many bytes were read to there.
    virtual void committed(std::size_t size) = 0;
    /// writable() of the stream is true again after it was false.
    virtual void drained() {}
    /// Once; nothing is called after it. Not called where the owner destroys the stream itself. `error` is an
    /// errno for CloseReason::error, else 0.
    virtual void closed(CloseReason reason, int error) = 0;
  };

  Stream() = default;
  /// Closes at once; what is queued is lost. Allowed inside every call of the handler.
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Begins to read. `handler` outlives the stream.
  virtual void start(Handler& handler) = 0;
  /// Whom a started stream tells from now on; allowed inside every call of the handler before.
  virtual void set_handler(Handler& handler) = 0;
  /// Stops and goes on reading; while paused the peer's end is not seen.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Sends a control answer, or RTCP in its frame: what the kernel does not take is copied and sent later.
  /// False where the stream is closed, finishing, or has ended for its max_queued.
  virtual bool write(Bytes bytes) = 0;
  bool write(std::string_view text) { return write(as_bytes(text)); }
  /// Sends whole packets with few system calls, and gives how many it took over; 0 while not writable(). The
  /// kernel may cut the last of these: its rest is copied and sent first. Payloads are not touched after the
  /// return.
  virtual std::size_t write_packets(std::span<const Gathered> packets) = 0;
  /// Whether packets are taken. Handler::drained() tells when that becomes true.
  [[nodiscard]] virtual bool writable() const = 0;
  /// Bytes kept here, apart from those in the kernel.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  /// Sends what is queued, ends our side, and waits for the end of the peer's (what it still sends is passed
  /// over), not longer than `deadline`; then closed(). Nothing can be written any more.
  virtual void finish(std::chrono::milliseconds deadline) = 0;

  [[nodiscard]] virtual const Endpoint& local() const = 0;
  [[nodiscard]] virtual const Endpoint& peer() const = 0;
  [[nodiscard]] virtual const StreamCounters& counters() const = 0;
};

}  // namespace lectern::server
