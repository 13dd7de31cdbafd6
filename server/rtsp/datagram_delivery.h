#pragma once

#include "server/net/datagram_writer.h"
#include "server/rtsp/delivery.h"
#include "server/rtsp/session_registry.h"

namespace lectern::server {

/// RTP and RTCP as datagrams to one pair of ports.
class DatagramDelivery : public Delivery {
 public:
  /// Both writers outlive it.
  DatagramDelivery(DatagramWriter& rtp, DatagramWriter& rtcp, const PlayerPorts& to)
      : rtp_(rtp), rtcp_(rtcp), to_(to) {}

  std::size_t send(std::span<Gathered> packets) override;
  void send_rtcp(Bytes compound) override;
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override { rtp_.flush(); }

 protected:
  [[nodiscard]] const PlayerPorts& to() const { return to_; }
  void set_to(const PlayerPorts& to) { to_ = to; }

 private:
  std::size_t send_protected(std::span<const Gathered> packets);

  DatagramWriter &rtp_, &rtcp_;
  PlayerPorts to_;
};

}  // namespace lectern::server
