#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/live/shared_packets.h"
#include "media/live/shared_streams.h"
#include "media/segment.h"
#include "protocol/rtcp/interval.h"
#include "protocol/rtcp/packets.h"
#include "protocol/rtcp/reception_quality.h"
#include "protocol/rtp/stream_start.h"
#include "server/rtsp/delivery.h"
#include "server/rtsp/playback_clock.h"

namespace lectern::server {

/// One track of a session: its RTP stream, and how that reaches the player. Sequence numbers and time stamps
/// begin at random and go on without a gap over seeks and pauses.
class SessionTrack {
 public:
  /// `ssrc`: one that was promised to the player before; absent: a random one.
  /// `start.timestamp` is that of the first position played.
  SessionTrack(std::size_t track, const media::Track& described, std::string url,
               std::optional<std::uint32_t> ssrc = std::nullopt, const rtp::StreamStart& start = {});

  [[nodiscard]] std::size_t index() const { return index_; }
  /// Its control URL, for RTP-Info.
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint32_t clock_rate() const { return clock_rate_; }
  [[nodiscard]] std::uint16_t next_sequence() const { return static_cast<std::uint16_t>(next_index_); }
  /// For SRTP.
  [[nodiscard]] StreamPosition position() const {
    return {ssrc_, static_cast<std::uint32_t>(next_index_ >> 16)};
  }
  [[nodiscard]] std::uint32_t timestamp(std::int64_t rtp_ticks) const {
    return timestamp_base_ + static_cast<std::uint32_t>(rtp_ticks);
  }
  [[nodiscard]] const rtcp::ReceptionQuality& quality() const { return quality_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] Delivery* delivery() const { return delivery_.get(); }
  void set_delivery(std::unique_ptr<Delivery> delivery);
  /// SRTP from here on, over whatever delivery there is or will be.
  /// With `shared` its packets and reports are those that all viewers share, and only the reports of the
  /// player are its own.
  void protect(std::unique_ptr<Protection> protection,
               std::shared_ptr<const media::SharedStreams> shared = nullptr);
  [[nodiscard]] const std::shared_ptr<const media::SharedStreams>& shared() const { return shared_; }
  /// Rollover counter << 16 | sequence number that the player knows of the shared stream.
  [[nodiscard]] std::uint64_t shared_index() const { return shared_index_; }
  [[nodiscard]] Protection* protection() const { return protection_.get(); }

  /// Sends the packets of a train from `first` on; the number taken.
  std::size_t send(const media::Segment& segment, const media::Train& train, std::size_t first,
                   const PlaybackClock& clock);
  /// The same of packets that were protected for all viewers.
  std::size_t send_shared(const media::SharedPackets& shared, const media::Train& train, std::size_t first);
  /// Reading goes on where it is, but `clock` is about to change: what is shown before something that was
  /// sent, and the rest of a unit, still gets its time from `clock` as it is now.
  void go_on(const PlaybackClock& clock);
  /// Reading begins elsewhere.
  void begin_anew();
  /// Whether a unit to come is shown before one that was sent.
  [[nodiscard]] bool shown_before_sent(std::int64_t pts_ticks) const;

  /// A sender report with the CNAME where one is due at `now_us` (RFC 3550 section 6.2); when the next one
  /// is.
  std::int64_t report_if_due(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname);
  /// A play begins: the first report goes out before its first packet, for players to map times at once.
  void report_at_once() { next_report_us_ = at_once; }
  void send_bye(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
                std::string_view reason);
  /// Something was sent, and no BYE since.
  [[nodiscard]] bool owes_bye() const { return owes_bye_; }
  /// A report block of the player's, in a compound packet of `size` octets; ignored where it is about another
  /// stream.
  void received(const rtcp::ReportBlock& block, std::size_t size, std::uint32_t now_mid32);

 private:
  /// Up to which time units were sent by a clock; whose scale gives the direction.
  struct Sent {
    PlaybackClock clock;
    std::int64_t until_ticks = 0;
    [[nodiscard]] bool covers(std::int64_t pts_ticks) const {
      return clock.scale() < 0 ? pts_ticks >= until_ticks : pts_ticks <= until_ticks;
    }
  };

  [[nodiscard]] rtcp::SenderReport sender_report(std::int64_t rtp_ticks, const PlaybackClock& clock) const;

  static constexpr std::int64_t at_once = 0;

  const std::size_t index_;
  const std::string url_;
  const std::uint8_t payload_type_;
  const std::uint32_t clock_rate_;
  const std::uint64_t bit_rate_;
  const std::uint32_t ssrc_;
  const std::uint32_t timestamp_base_;
  std::uint64_t next_index_;  ///< the next sequence number, and above it how often it has wrapped
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;  // of payload
  std::int64_t next_report_us_ = 0;
  bool reported_ = false;
  bool owes_bye_ = false;
  std::optional<std::int64_t> sent_until_;  ///< the latest presentation time that was sent, in ticks
  std::optional<Sent> before_;              ///< by the clock before the last go_on()
  double average_report_size_ = 128;
  rtcp::ReceptionQuality quality_;
  std::unique_ptr<Protection> protection_;
  std::shared_ptr<const media::SharedStreams> shared_;
  std::uint64_t shared_index_ = 0;
  std::unique_ptr<Delivery> delivery_;
};

}  // namespace lectern::server
