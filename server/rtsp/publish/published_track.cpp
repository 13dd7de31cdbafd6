#include "server/rtsp/publish/published_track.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/rtcp/compound.h"
#include "protocol/rtcp/interval.h"
#include "protocol/rtcp/ntp.h"
#include "protocol/rtp/header.h"
#include "protocol/rtp/sequence.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

/// No network has larger ones, and libavformat no room for much more.
constexpr std::size_t largest_packet = 16 * 1024;
constexpr std::size_t largest_report = 512, sender_report_size = 28;
constexpr std::array<std::string_view, flaw_count> names{
    "malformed RTP",
    "RTP of a payload type that was not announced",
    "a packet that is too long",
    "a packet that is not protected with its key, or was seen before",
    "RTP whose sequence number jumps",
    "RTP that comes faster than it is read",
    "malformed RTCP",
};

}  // namespace

std::string_view name_of(Flaw flaw) {
  return names[static_cast<std::size_t>(flaw)];
}

PublishedTrack::PublishedTrack(media::AnnouncedTrack announced, std::optional<AnnouncedKeys> keys)
    : announced_(std::move(announced)), keys_(std::move(keys)), own_ssrc_(random_u32()) {}

void PublishedTrack::connect(const PlayerPorts& ports, std::unique_ptr<Delivery> delivery,
                             std::unique_ptr<Protection> protection) {
  ports_ = ports;
  protection_ = std::move(protection);
  delivery_ = std::move(delivery);
  delivery_->protect(protection_.get());
}

void PublishedTrack::connect(std::uint8_t rtp_channel, std::uint8_t rtcp_channel,
                             std::unique_ptr<Delivery> delivery, std::unique_ptr<Protection> protection) {
  rtp_channel_ = rtp_channel;
  rtcp_channel_ = rtcp_channel;
  protection_ = std::move(protection);
  delivery_ = std::move(delivery);
  delivery_->protect(protection_.get());
}

std::optional<Flaw> PublishedTrack::dropped(Flaw flaw) {
  ++flaws_[static_cast<std::size_t>(flaw)];
  return flaw;
}

/// The sequence number that a packet goes on with: without a jump where its sender begins anew, as the
/// demuxer would take all that follows for late. nullopt for one that is not to be used.
std::optional<std::uint16_t> PublishedTrack::place(const rtp::Header& header, std::int64_t now_us) {
  const bool first = !statistics_, other = !first && header.ssrc != ssrc_;
  if (first || other) {
    ssrc_ = header.ssrc;
    statistics_.emplace(ssrc_, announced_.clock_rate);
    if (early_report_ && early_report_->ssrc != ssrc_) early_report_.reset();
  }
  const bool believed = statistics_->valid();
  const bool usable = statistics_->received(header, std::chrono::microseconds(now_us));
  if (believed && !usable) return std::nullopt;
  const bool begun_anew = believed && statistics_->packets_received() == 1;
  if (other || begun_anew) offset_ = static_cast<std::uint16_t>(next_ - header.sequence);
  const auto sequence = static_cast<std::uint16_t>(header.sequence + offset_);
  if (first || !rtp::sequence_less(sequence, next_)) next_ = static_cast<std::uint16_t>(sequence + 1);
  return sequence;
}

std::optional<Flaw> PublishedTrack::received_rtp(Bytes packet, media::PacketQueue& to, std::int64_t now_us) {
  if (packet.size() > largest_packet) return dropped(Flaw::too_long);
  if (packet.size() < rtp::header_size) return dropped(Flaw::malformed_rtp);
  const MutableBytes room = to.reserve(packet.size());
  if (room.empty()) return dropped(Flaw::queue_full);
  std::ranges::copy(packet, room.begin());
  std::size_t size = packet.size();
  if (protection_) {
    const auto plain = protection_->unprotect_rtp(room);
    if (!plain) return dropped(Flaw::srtp);
    size = *plain;
  }
  const auto parsed = rtp::parse_packet(room.first(size));
  if (!parsed) return dropped(Flaw::malformed_rtp);
  if (parsed->header.payload_type != announced_.payload_type) return dropped(Flaw::payload_type);
  rtp::Header header = parsed->header;
  const auto sequence = place(header, now_us);
  if (!sequence) return dropped(Flaw::sequence);
  ++packets_;
  octets_ += parsed->payload.size();
  if (!announced_.served) return std::nullopt;
  ByteWriter(room.subspan(1))
      .u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | announced_.inner_payload_type))
      .u16(*sequence);
  ByteWriter(room.subspan(8)).u32(announced_.inner_ssrc);
  to.commit(size);
  if (early_report_) take(*std::exchange(early_report_, std::nullopt), to, now_us);
  return std::nullopt;
}

void PublishedTrack::hand_over(const rtcp::SenderReport& report, media::PacketQueue& to) const {
  const MutableBytes room = announced_.served ? to.reserve(sender_report_size) : MutableBytes();
  if (room.empty()) return;
  rtcp::SenderReport inner = report;
  inner.ssrc = announced_.inner_ssrc;
  inner.reports = {};
  ByteWriter writer(room);
  rtcp::write(writer, inner);
  to.commit(writer.size());
}

void PublishedTrack::take(const rtcp::SenderReport& report, media::PacketQueue& to, std::int64_t now_us) {
  if (!statistics_) {
    // libavformat does not know yet whose it is.
    early_report_ = report;
    return;
  }
  if (report.ssrc != ssrc_) return;
  statistics_->received_sender_report(rtcp::ntp_mid32(report.ntp), std::chrono::microseconds(now_us));
  hand_over(report, to);
}

std::optional<Flaw> PublishedTrack::received_rtcp(Bytes packet, media::PacketQueue& to, std::int64_t now_us) {
  std::array<std::byte, rtcp::max_compound_size> plain;
  if (packet.size() > plain.size()) return dropped(Flaw::too_long);
  std::ranges::copy(packet, plain.begin());
  std::size_t size = packet.size();
  if (protection_) {
    const auto unprotected = protection_->unprotect_rtcp(MutableBytes(plain).first(size));
    if (!unprotected) return dropped(Flaw::srtp);
    size = *unprotected;
  }
  const auto compound = rtcp::Compound::parse(Bytes(plain).first(size), rtcp::CompoundRule::reduced_size);
  if (!compound) return dropped(Flaw::malformed_rtcp);
  // A BYE ends nothing: RTSP does.
  compound->visit([&](const auto& each) {
    if constexpr (std::is_same_v<std::decay_t<decltype(each)>, rtcp::SenderReport>) take(each, to, now_us);
  });
  return std::nullopt;
}

void PublishedTrack::report_if_due(std::int64_t now_us, const std::string& cname) {
  if (!statistics_ || !delivery_ || now_us < next_report_us_) return;
  rtcp::ReceiverReport report;
  report.ssrc = own_ssrc_;
  const rtcp::ReportBlock block = statistics_->report(std::chrono::microseconds(now_us));
  report.reports.push_back(block);
  lost_ = block.cumulative_lost;
  std::array<std::byte, largest_report> memory;
  if (const auto size = rtcp::write_compound(memory, report, cname))
    delivery_->send_rtcp(Bytes(memory).first(*size));
  rtcp::IntervalState state;
  state.members = 2;
  state.senders = 1;
  state.initial = !std::exchange(reported_, true);
  next_report_us_ = now_us + rtcp::transmission_interval(state, random_fraction()).count();
}

}  // namespace lectern::server
