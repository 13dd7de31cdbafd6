#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "protocol/base/bytes.h"
#include "server/loop/file_descriptor.h"
#include "server/net/address.h"

namespace lectern::server {

class EventLoop;

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

/// A TCP connection. What is written leaves in the order of the calls. Bytes that the kernel does not take
/// are kept only where they must be (the rest of a packet that was cut, control answers): media waits with
/// its owner, so that a slow reader slows its own cursor and costs no memory. A control answer is never put
/// inside a cut packet.
class TcpStream {
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

  struct Options {
    /// More unsent bytes end the connection (ENOBUFS): a peer that asks and does not read.
    std::size_t max_queued = 1024 * 1024;
    bool keepalive = true;
  };

  /// Takes over a connected descriptor; sets TCP_NODELAY. Throws std::runtime_error for one that cannot be
  /// watched.
  TcpStream(EventLoop& loop, FileDescriptor connection);
  TcpStream(EventLoop& loop, FileDescriptor connection, Options options);
  /// Closes at once; what is queued is lost. Allowed inside every call of the handler.
  ~TcpStream();
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  /// Begins to read. `handler` outlives the stream.
  void start(Handler& handler);
  /// Stops and goes on reading; while paused the peer's end is not seen.
  void pause();
  void resume();

  /// Sends a control answer, or RTCP in its frame: what the kernel does not take is copied and sent later.
  /// False where the stream is closed, finishing, or has ended for its max_queued.
  bool write(Bytes bytes);
  bool write(std::string_view text) { return write(as_bytes(text)); }
  /// Sends whole packets with few system calls, and gives how many it took over; 0 while not writable(). The
  /// kernel may cut the last of these: its rest is copied and sent first. Payloads are not touched after the
  /// return.
  std::size_t write_packets(std::span<const Gathered> packets);
  /// Whether packets are taken. Handler::drained() tells when that becomes true.
  [[nodiscard]] bool writable() const;
  /// Bytes kept here, apart from those in the kernel.
  [[nodiscard]] std::size_t queued_bytes() const;

  /// Sends what is queued, ends our side, and waits for the end of the peer's (what it still sends is passed
  /// over), not longer than `deadline`; then closed(). Nothing can be written any more.
  void finish(std::chrono::milliseconds deadline);

  [[nodiscard]] const Endpoint& local() const;
  [[nodiscard]] const Endpoint& peer() const;
  [[nodiscard]] const StreamCounters& counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lectern::server
