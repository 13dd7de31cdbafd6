#pragma once

#include <sys/socket.h>

#include <memory>

#include "tests/bench/load/poller.h"
#include "tests/bench/load/stream_check.h"

namespace lectern::bench {

/// One of a viewer's UDP ports. Reads many datagrams a call and of each the first 64 bytes only, with the
/// kernel's time stamps, so that reading costs little and does not blur when a packet came.
class DatagramInput final : public Source {
 public:
  /// `check` is nullptr for RTCP, which is read and dropped. `whole_trains`: what was sent as one
  /// (UDP_SEGMENT) is taken from the kernel as one (UDP_GRO), which never cuts it: over loopback the sender's
  /// CPU would, for which a server has its network card. Throws std::runtime_error where the kernel has no
  /// UDP_GRO.
  DatagramInput(Poller& poller, server::FileDescriptor socket, StreamCheck* check, Totals& totals,
                bool whole_trains);
  ~DatagramInput() override;
  DatagramInput(const DatagramInput&) = delete;
  DatagramInput& operator=(const DatagramInput&) = delete;

  void ready(bool readable, bool writable) override;
  /// Datagrams that the kernel dropped because they were not read in time.
  [[nodiscard]] std::uint32_t drops() const { return drops_; }

 private:
  Poller& poller_;
  server::FileDescriptor socket_;
  StreamCheck* check_;
  Totals& totals_;
  const bool whole_trains_;
  std::uint32_t drops_ = 0;
};

/// Two neighbouring ports, the first even (RFC 3550 section 11), on any local address of that family.
struct DatagramPair {
  server::FileDescriptor rtp, rtcp;
  std::uint16_t rtp_port = 0;
};
/// Throws std::runtime_error where none are free.
DatagramPair bind_datagram_pair(int family);

}  // namespace lectern::bench
