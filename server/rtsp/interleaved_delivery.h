#pragma once

#include "server/rtsp/delivery.h"

namespace lectern::server {

/// RTP and RTCP in frames between the messages of the RTSP connection (RFC 2326 section 10.12).
class InterleavedDelivery final : public Delivery {
 public:
  /// `stream` outlives the delivery: a session ends with its connection.
  InterleavedDelivery(Stream& stream, std::uint8_t rtp_channel, std::uint8_t rtcp_channel)
      : stream_(stream), rtp_channel_(rtp_channel), rtcp_channel_(rtcp_channel) {}

  std::size_t send(std::span<Gathered> packets) override;
  void send_rtcp(Bytes compound) override;
  [[nodiscard]] bool ready() const override { return stream_.writable(); }
  void flush() override {}

  [[nodiscard]] std::uint8_t rtp_channel() const { return rtp_channel_; }
  [[nodiscard]] std::uint8_t rtcp_channel() const { return rtcp_channel_; }

 private:
  std::size_t send_protected(std::span<const Gathered> packets);

  Stream& stream_;
  std::uint8_t rtp_channel_, rtcp_channel_;
};

}  // namespace lectern::server
