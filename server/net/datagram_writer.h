#pragma once

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "protocol/base/bytes.h"
#include "server/net/address.h"
#include "server/net/byte_arena.h"

namespace lectern::server {

class EventLoop;
class UdpSocket;

struct DatagramCounters {
  std::uint64_t packets = 0;         ///< taken by the kernel
  std::uint64_t bytes = 0;           ///< of these, without UDP and IP headers
  std::uint64_t syscalls = 0;        ///< calls of sendmmsg
  std::uint64_t trains = 0;          ///< messages with UDP_SEGMENT among them
  std::uint64_t refused_trains = 0;  ///< sent again one by one
  std::uint64_t drops = 0;           ///< no room in the backlog, or too long in it
  std::uint64_t errors = 0;          ///< dropped because the kernel refused this datagram
};

/// Gathers the datagrams of one turn of the loop and sends them with few system calls. Packets that follow
/// one another to one peer leave as one train (UDP_SEGMENT), several trains in one sendmmsg.
///
/// Invariants:
///  1. Datagrams leave in the order of push() and stage().
///  2. A train has one receiver; all its segments have the size of the first, only the last may be smaller.
///  3. A train has at most 64 segments and 65000 bytes; a call at most 1024 iovecs.
///  4. Pushed payloads are not touched after flush() has returned: what the kernel did not take is copied.
///  5. While the backlog is not empty, everything goes through it (or invariant 1 would break).
///  6. No memory is allocated a packet once the queues have had their size.
class DatagramWriter {
 public:
  using Header = std::array<std::byte, 12>;
  struct Options {
    bool segmentation = true;  ///< where the kernel has it
    std::size_t backlog_bytes = 4 * 1024 * 1024;
    /// What has waited longer is dropped: it is of no use to a player any more.
    std::chrono::microseconds backlog_time{500'000};
    /// Stands in for sendmmsg(2).
    std::function<int(int fd, mmsghdr* messages, unsigned count, int flags)> send = {};
  };

  /// `loop` and `socket` outlive the writer. One writer a socket.
  DatagramWriter(EventLoop& loop, UdpSocket& socket);
  DatagramWriter(EventLoop& loop, UdpSocket& socket, Options options);
  /// Drops what was not flushed.
  ~DatagramWriter();
  DatagramWriter(const DatagramWriter&) = delete;
  DatagramWriter& operator=(const DatagramWriter&) = delete;

  /// Sends `header` and `payload` as one datagram. `payload` is not copied: the caller keeps its memory (by
  /// holding the segment) until flush() has returned, which at the latest is at the end of this turn.
  void push(const Endpoint& to, const Header& header, Bytes payload);
  /// Private memory of `size` bytes that is sent as one datagram; to be filled before flush(). Empty, and
  /// nothing is sent, for more than kMaxDatagram.
  MutableBytes stage(const Endpoint& to, std::size_t size);
  /// What was staged last is not sent after all. Directly behind stage().
  void take_back() { queue_.pop_back(); }
  /// What goes to `to` leaves with the address of `from`, on a host that has several; until forget_source().
  void set_source(const Endpoint& to, const Endpoint& from) { sources_[to] = from; }
  void forget_source(const Endpoint& to) { sources_.erase(to); }
  /// Runs at the end of the turn by itself; may be called before.
  void flush();
  /// Runs `task` on the loop once all that was queued before has left, or was dropped: at once where the
  /// socket takes it. Not where the writer ends before.
  void when_left(std::function<void()> task);

  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  /// Bytes that wait for the socket.
  [[nodiscard]] std::size_t backlog_bytes() const { return backlog_bytes_; }
  [[nodiscard]] const DatagramCounters& counters() const { return counters_; }

  static constexpr std::size_t kMaxSegments = 64;
  static constexpr std::size_t kMaxTrainBytes = 65000;
  static constexpr std::size_t kMaxDatagram = 65507;

 private:
  struct Datagram {
    Endpoint to;
    Header header;
    std::uint8_t header_size;
    Bytes payload;
    std::int64_t kept_us;  ///< since when it is in the backlog
    [[nodiscard]] std::size_t size() const { return header_size + payload.size(); }
  };
  struct Batch;

  void queue(const Datagram& datagram);
  void add_controls(std::size_t message, const Endpoint& to, std::uint16_t segment);
  [[nodiscard]] std::size_t train_length(std::span<const Datagram> datagrams) const;
  std::size_t build(std::span<const Datagram> datagrams);
  std::size_t send(std::span<const Datagram> datagrams);
  std::size_t count_sent(std::size_t messages);
  bool send_one_by_one(const Endpoint& to);
  void end_one_by_one();
  void keep(std::span<const Datagram> datagrams);
  void drain_backlog();
  void drop_stale();
  void compact_backlog();
  void run_left();

  EventLoop& loop_;
  UdpSocket& socket_;
  Options options_;
  const bool segmentation_;
  /// Whose trains were refused, and until when they get none: on the way to them is an interface that cannot
  /// segment, or a small MTU, which is nothing to the other peers.
  std::unordered_map<Endpoint, std::int64_t> one_by_one_;
  std::int64_t next_try_us_ = 0;
  /// Asked for once a train. Empty where the socket is bound to one address.
  std::unordered_map<Endpoint, Endpoint> sources_;
  bool flush_deferred_ = false;
  std::shared_ptr<DatagramWriter*> self_;  // emptied at the end, for deferred flushes
  std::vector<Datagram> queue_;
  ByteArena staged_;
  std::size_t staged_bytes_ = 0;
  std::vector<Datagram> backlog_;
  std::size_t backlog_sent_ = 0;  // datagrams at the front of backlog_ that have left
  std::size_t backlog_bytes_ = 0;
  std::uint64_t kept_count_ = 0, gone_count_ = 0;  // datagrams that came into the backlog, and that left it
  struct Waiting {
    std::uint64_t kept_count;
    std::function<void()> task;
  };
  std::vector<Waiting> waiting_;
  ByteArena kept_, spare_;
  std::unique_ptr<Batch> batch_;
  DatagramCounters counters_;
};

}  // namespace lectern::server
