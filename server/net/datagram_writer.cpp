#include "server/net/datagram_writer.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>

#include "server/loop/event_loop.h"
#include "server/net/udp_socket.h"

namespace lectern::server {
namespace {

constexpr std::size_t kMessages = 64;  // in one sendmmsg
constexpr std::size_t kVectors = 1024;
// Payloads live until the flush, so a long turn is flushed in between.
constexpr std::size_t kQueueLimit = 4096;
// The kernel reads what was staged out of the cache as long as it is still there.
constexpr std::size_t kStagedLimit = 128 * 1024;
// Then trains are tried again: routes change.
constexpr std::int64_t kOneByOneUs = 10'000'000;
constexpr std::int64_t kTryPeriodUs = 1'000'000;
constexpr std::size_t kMostOneByOne = 4096;

bool no_room(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

// The interface cannot checksum the segments, the kernel has lost the option, or a segment does not fit the
// path's MTU, where a single datagram may be fragmented.
bool refuses_train(int error) {
  return error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EINVAL || error == EMSGSIZE;
}

}  // namespace

struct DatagramWriter::Batch {
  struct alignas(cmsghdr) Control {
    std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
    std::size_t used = 0;
    template <typename Value>
    void add(int level, int type, const Value& value) {
      auto* part = reinterpret_cast<cmsghdr*>(bytes.data() + used);
      part->cmsg_level = level;
      part->cmsg_type = type;
      part->cmsg_len = CMSG_LEN(sizeof value);
      std::memcpy(CMSG_DATA(part), &value, sizeof value);
      used += CMSG_SPACE(sizeof value);
    }
  };
  std::array<mmsghdr, kMessages> messages{};
  std::array<sockaddr_storage, kMessages> names{};
  std::array<Control, kMessages> controls{};
  std::array<std::size_t, kMessages> lengths{};  // datagrams a message
  std::array<std::size_t, kMessages> sizes{};    // their bytes
  std::array<iovec, kVectors> vectors{};

  [[nodiscard]] bool ends_at(std::size_t vector, const std::byte* memory) const {
    return static_cast<std::byte*>(vectors[vector].iov_base) + vectors[vector].iov_len == memory;
  }
};

DatagramWriter::DatagramWriter(EventLoop& loop, UdpSocket& socket)
    : DatagramWriter(loop, socket, Options()) {}

DatagramWriter::DatagramWriter(EventLoop& loop, UdpSocket& socket, Options options)
    : loop_(loop),
      socket_(socket),
      options_(std::move(options)),
      segmentation_(options_.segmentation && udp_segmentation_supported()),
      self_(std::make_shared<DatagramWriter*>(this)),
      batch_(std::make_unique<Batch>()) {
  if (!options_.send) {
    options_.send = [](int fd, mmsghdr* messages, unsigned count, int flags) {
      return ::sendmmsg(fd, messages, count, flags);
    };
  }
}

DatagramWriter::~DatagramWriter() {
  *self_ = nullptr;
  socket_.wait_writable({});
}

void DatagramWriter::push(const Endpoint& to, const Header& header, Bytes payload) {
  if (header.size() + payload.size() > kMaxDatagram) {
    ++counters_.errors;
    return;
  }
  queue({to, header, static_cast<std::uint8_t>(header.size()), payload, 0});
}

MutableBytes DatagramWriter::stage(const Endpoint& to, std::size_t size) {
  if (size == 0 || size > kMaxDatagram) return {};
  if (queue_.size() >= kQueueLimit || staged_bytes_ + size > kStagedLimit) flush();
  staged_bytes_ += size;
  const auto memory = staged_.take(size);
  queue({to, {}, 0, memory, 0});
  return memory;
}

void DatagramWriter::queue(const Datagram& datagram) {
  if (queue_.size() >= kQueueLimit) flush();
  queue_.push_back(datagram);
  if (flush_deferred_) return;
  // One count of references a turn; none a packet.
  loop_.defer([self = self_] {
    if (*self == nullptr) return;
    (*self)->flush_deferred_ = false;
    (*self)->flush();
  });
  flush_deferred_ = true;
}

void DatagramWriter::flush() {
  if (queue_.empty()) return;
  const std::span<const Datagram> all(queue_);
  const auto sent = backlog_bytes_ > 0 ? 0 : send(all);  // invariant 5
  try {
    keep(all.subspan(sent));
  } catch (const std::bad_alloc&) {  // a flush may come from a destructor
    counters_.drops += all.size() - sent;
  }
  queue_.clear();
  staged_.clear();
  staged_bytes_ = 0;
}

void DatagramWriter::when_left(std::function<void()> task) {
  flush();
  if (gone_count_ == kept_count_) return task();
  waiting_.push_back({kept_count_, std::move(task)});
}

// Not from within a push or a flush, in the middle of which this may be.
void DatagramWriter::run_left() {
  std::erase_if(waiting_, [&](Waiting& each) {
    if (each.kept_count > gone_count_) return false;
    loop_.defer(std::move(each.task));
    return true;
  });
}

// How many datagrams from the front on make up one message.
std::size_t DatagramWriter::train_length(std::span<const Datagram> datagrams) const {
  const auto& first = datagrams.front();
  if (!segmentation_ || (!one_by_one_.empty() && one_by_one_.contains(first.to))) return 1;
  std::size_t count = 1;
  std::size_t bytes = first.size();
  for (; count < std::min(datagrams.size(), kMaxSegments); ++count) {
    const auto& next = datagrams[count];
    if (next.size() > first.size() || bytes + next.size() > kMaxTrainBytes || next.to != first.to) break;
    bytes += next.size();
    if (next.size() < first.size()) return count + 1;
  }
  return count;
}

// The size of the segments, where the message is a train, and the source, where the receiver has one.
void DatagramWriter::add_controls(std::size_t message, const Endpoint& to, std::uint16_t segment) {
  auto& control = batch_->controls[message];
  control.used = 0;
  if (segment > 0) control.add(IPPROTO_UDP, UDP_SEGMENT, segment);
  if (const auto source = sources_.empty() ? sources_.end() : sources_.find(to); source != sources_.end()) {
    sockaddr_storage address{};
    source->second.to_sockaddr(address, socket_.family());
    if (socket_.family() == Endpoint::Family::v4) {
      in_pktinfo info{};
      info.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
      control.add(IPPROTO_IP, IP_PKTINFO, info);
    } else {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
      control.add(IPPROTO_IPV6, IPV6_PKTINFO, in6_pktinfo{v6.sin6_addr, v6.sin6_scope_id});
    }
  }
  if (control.used == 0) return;
  batch_->messages[message].msg_hdr.msg_control = control.bytes.data();
  batch_->messages[message].msg_hdr.msg_controllen = control.used;
}

// Fills the batch from the front of `datagrams`; gives the number of messages.
std::size_t DatagramWriter::build(std::span<const Datagram> datagrams) {
  auto& b = *batch_;
  std::size_t messages = 0;
  std::size_t vectors = 0;
  while (!datagrams.empty() && messages < kMessages) {
    const auto length = train_length(datagrams);
    if (vectors + 2 * length > kVectors) break;
    auto& message = b.messages[messages].msg_hdr;
    message = {};
    message.msg_namelen = datagrams.front().to.to_sockaddr(b.names[messages], socket_.family());
    message.msg_name = &b.names[messages];
    message.msg_iov = &b.vectors[vectors];
    std::size_t bytes = 0;
    for (const auto& datagram : datagrams.first(length)) {
      assert(datagram.size() <= datagrams.front().size() && datagram.to == datagrams.front().to);  // 2
      assert(datagram.size() == datagrams.front().size() || &datagram == &datagrams[length - 1]);
      bytes += datagram.size();
      // iovec has no const; sendmsg only reads.
      if (datagram.header_size > 0) {
        b.vectors[vectors++] = {const_cast<std::byte*>(datagram.header.data()), datagram.header_size};
      } else if (&b.vectors[vectors] != message.msg_iov && b.ends_at(vectors - 1, datagram.payload.data())) {
        // Staged one behind the other, a train is one piece of memory.
        b.vectors[vectors - 1].iov_len += datagram.payload.size();
        continue;
      }
      b.vectors[vectors++] = {const_cast<std::byte*>(datagram.payload.data()), datagram.payload.size()};
    }
    assert(length <= kMaxSegments && (length == 1 || bytes <= kMaxTrainBytes) && vectors <= kVectors);  // 3
    message.msg_iovlen = static_cast<std::size_t>(&b.vectors[0] + vectors - message.msg_iov);
    const std::size_t segment = length > 1 ? datagrams.front().size() : 0;
    add_controls(messages, datagrams.front().to, static_cast<std::uint16_t>(segment));
    b.sizes[messages] = bytes;
    b.lengths[messages++] = length;
    datagrams = datagrams.subspan(length);
  }
  return messages;
}

// Sends from the front on; gives how many are done with, sent or refused for good. Fewer than all: no room.
std::size_t DatagramWriter::send(std::span<const Datagram> datagrams) {
  end_one_by_one();
  std::size_t done = 0;
  bool repeated = false;
  while (done < datagrams.size()) {
    const auto rest = datagrams.subspan(done);
    const auto messages = build(rest);
    const int sent =
        options_.send(socket_.fd(), batch_->messages.data(), static_cast<unsigned>(messages), MSG_DONTWAIT);
    const int error = errno;
    ++counters_.syscalls;

    if (sent > 0) {
      done += count_sent(static_cast<std::size_t>(sent));
      repeated = false;
    } else if (error == EINTR) {
      continue;
    } else if (no_room(error)) {
      return done;
    } else if (batch_->lengths[0] > 1 && refuses_train(error)) {
      if (!send_one_by_one(rest.front().to)) {
        counters_.drops += batch_->lengths[0];
        done += batch_->lengths[0];
      }
    } else if (!repeated) {
      repeated = true;  // An ICMP error of another datagram is told here once, and gone after that.
    } else {
      repeated = false;
      counters_.errors += batch_->lengths[0];
      done += batch_->lengths[0];
    }
  }
  return done;
}

// Gives the number of datagrams.
std::size_t DatagramWriter::count_sent(std::size_t messages) {
  std::size_t datagrams = 0;
  for (std::size_t i = 0; i < messages; ++i) {
    datagrams += batch_->lengths[i];
    counters_.bytes += batch_->sizes[i];
    counters_.trains += batch_->lengths[i] > 1 ? 1 : 0;
  }
  counters_.packets += datagrams;
  return datagrams;
}

// False where there is no memory to know it by.
bool DatagramWriter::send_one_by_one(const Endpoint& to) {
  ++counters_.refused_trains;
  // Forgotten, a peer costs one more refusal.
  if (one_by_one_.size() >= kMostOneByOne) one_by_one_.clear();
  try {
    one_by_one_[to] = EventLoop::now_us() + kOneByOneUs;
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void DatagramWriter::end_one_by_one() {
  if (one_by_one_.empty()) return;
  const auto now_us = EventLoop::now_us();
  if (now_us < next_try_us_) return;
  std::erase_if(one_by_one_, [&](const auto& peer) { return peer.second <= now_us; });
  next_try_us_ = now_us + kTryPeriodUs;
}

// Copies what the kernel did not take, since the payloads are the caller's (invariant 4).
void DatagramWriter::keep(std::span<const Datagram> datagrams) {
  if (datagrams.empty()) return;
  drop_stale();
  const auto now_us = EventLoop::now_us();
  for (const auto& datagram : datagrams) {
    if (backlog_bytes_ + datagram.size() > options_.backlog_bytes) {
      ++counters_.drops;
      continue;
    }
    try {
      const auto copy = kept_.take(datagram.size());
      std::copy_n(datagram.header.begin(), datagram.header_size, copy.begin());
      std::ranges::copy(datagram.payload, copy.begin() + datagram.header_size);
      backlog_.push_back({datagram.to, {}, 0, copy, now_us});
    } catch (const std::bad_alloc&) {
      ++counters_.drops;
      continue;
    }
    backlog_bytes_ += datagram.size();
    ++kept_count_;
  }
  if (backlog_bytes_ > 0) socket_.wait_writable([this] { drain_backlog(); });
}

void DatagramWriter::drop_stale() {
  const auto oldest_us = EventLoop::now_us() - options_.backlog_time.count();
  for (; backlog_sent_ < backlog_.size() && backlog_[backlog_sent_].kept_us < oldest_us; ++backlog_sent_) {
    backlog_bytes_ -= backlog_[backlog_sent_].size();
    ++counters_.drops;
    ++gone_count_;
  }
  compact_backlog();
  run_left();
}

void DatagramWriter::drain_backlog() {
  drop_stale();
  const auto waiting = std::span<const Datagram>(backlog_).subspan(backlog_sent_);
  const auto sent = send(waiting);
  for (const auto& datagram : waiting.first(sent)) backlog_bytes_ -= datagram.size();
  backlog_sent_ += sent;
  gone_count_ += sent;
  compact_backlog();
  run_left();
  if (backlog_bytes_ > 0) socket_.wait_writable([this] { drain_backlog(); });
}

void DatagramWriter::compact_backlog() {
  if (backlog_sent_ < backlog_.size() && backlog_sent_ * 2 < backlog_.size()) return;
  backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<std::ptrdiff_t>(backlog_sent_));
  backlog_sent_ = 0;
  for (auto& datagram : backlog_) {
    const auto copy = spare_.take(datagram.payload.size());
    std::ranges::copy(datagram.payload, copy.begin());
    datagram.payload = copy;
  }
  std::swap(kept_, spare_);
  spare_.clear();
}

}  // namespace lectern::server
