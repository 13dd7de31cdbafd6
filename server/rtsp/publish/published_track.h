#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "media/live/announcement.h"
#include "media/live/packet_queue.h"
#include "protocol/rtcp/packets.h"
#include "protocol/rtp/receiver_statistics.h"
#include "server/rtsp/delivery.h"
#include "server/rtsp/session_registry.h"
#include "server/srtp/announced_keys.h"

namespace lectern::server {

/// Why a packet of a publisher's was dropped.
enum class Flaw : std::uint8_t {
  malformed_rtp,
  payload_type,
  too_long,
  srtp,
  sequence,
  queue_full,
  malformed_rtcp,
};
inline constexpr std::size_t flaw_count = 7;
/// In words, for the log.
std::string_view name_of(Flaw flaw);

/// One track of a publisher's session: takes its RTP and RTCP in, whichever way they come, and reports on
/// them (RFC 3550 section 6.4.2).
class PublishedTrack {
 public:
  PublishedTrack(media::AnnouncedTrack announced, std::optional<AnnouncedKeys> keys);

  [[nodiscard]] const media::AnnouncedTrack& announced() const { return announced_; }
  [[nodiscard]] const std::optional<AnnouncedKeys>& keys() const { return keys_; }
  /// Of our reports.
  [[nodiscard]] std::uint32_t ssrc() const { return own_ssrc_; }

  /// Where its packets come from, and reports go to.
  void connect(const PlayerPorts& ports, std::unique_ptr<Delivery> delivery,
               std::unique_ptr<Protection> protection);
  void connect(std::uint8_t rtp_channel, std::uint8_t rtcp_channel, std::unique_ptr<Delivery> delivery,
               std::unique_ptr<Protection> protection);
  /// It was set up.
  [[nodiscard]] bool connected() const { return delivery_ != nullptr; }
  [[nodiscard]] const std::optional<PlayerPorts>& ports() const { return ports_; }
  [[nodiscard]] std::optional<std::uint8_t> rtp_channel() const { return rtp_channel_; }
  [[nodiscard]] std::optional<std::uint8_t> rtcp_channel() const { return rtcp_channel_; }
  [[nodiscard]] const Protection* protection() const { return protection_.get(); }

  /// A packet, which goes on to `to`; nullopt where it was not dropped. `now_us`: CLOCK_MONOTONIC.
  std::optional<Flaw> received_rtp(Bytes packet, media::PacketQueue& to, std::int64_t now_us);
  std::optional<Flaw> received_rtcp(Bytes packet, media::PacketQueue& to, std::int64_t now_us);
  std::optional<Flaw> dropped(Flaw flaw);

  /// A receiver report where one is due.
  void report_if_due(std::int64_t now_us, const std::string& cname);

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] std::uint64_t flaws(Flaw flaw) const { return flaws_[static_cast<std::size_t>(flaw)]; }
  /// Packets that were sent and have not come, as far as the last report tells.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  std::optional<std::uint16_t> place(const rtp::Header& header, std::int64_t now_us);
  void take(const rtcp::SenderReport& report, media::PacketQueue& to, std::int64_t now_us);
  void hand_over(const rtcp::SenderReport& report, media::PacketQueue& to) const;

  const media::AnnouncedTrack announced_;
  const std::optional<AnnouncedKeys> keys_;
  const std::uint32_t own_ssrc_;
  std::optional<PlayerPorts> ports_;
  std::optional<std::uint8_t> rtp_channel_, rtcp_channel_;
  std::unique_ptr<Protection> protection_;
  std::unique_ptr<Delivery> delivery_;  // last: it uses the protection

  std::uint32_t ssrc_ = 0;  ///< of what comes
  std::optional<rtp::ReceiverStatistics> statistics_;
  std::uint16_t offset_ = 0, next_ = 0;             // of sequence numbers, as they are handed over
  std::optional<rtcp::SenderReport> early_report_;  // that came before its media
  std::uint64_t packets_ = 0, octets_ = 0;
  std::int64_t lost_ = 0;
  std::array<std::uint64_t, flaw_count> flaws_{};
  std::int64_t next_report_us_ = 0;
  bool reported_ = false;
};

}  // namespace lectern::server
