#include "server/rtsp/session_track.h"

#include <algorithm>
#include <array>
#include <memory>

#include "protocol/rtcp/compound.h"
#include "protocol/rtp/header.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

constexpr std::size_t largest_train = 64;
constexpr std::size_t udp_and_ip = 28;
constexpr std::size_t largest_report = 512;
constexpr std::int64_t shared_report_period_us = 60'000'000;

}  // namespace

SessionTrack::SessionTrack(std::size_t track, const media::Track& described, std::string url,
                           std::optional<std::uint32_t> ssrc, const rtp::StreamStart& start)
    : index_(track),
      url_(std::move(url)),
      payload_type_(described.payload_type),
      clock_rate_(described.format.clock_rate),
      bit_rate_(described.bit_rate),
      ssrc_(ssrc.value_or(random_u32())),
      timestamp_base_(start.timestamp.value_or(random_u32())),
      // In the lower half: with SRTP a receiver that misses the first packets would else guess another
      // rollover counter than ours.
      next_index_(start.sequence.value_or(random_u32() & 0x7fff)),
      quality_(ssrc_, clock_rate_) {}

void SessionTrack::set_delivery(std::unique_ptr<Delivery> delivery) {
  delivery_ = std::move(delivery);
  delivery_->protect(shared_ ? nullptr : protection_.get());
}

void SessionTrack::protect(std::unique_ptr<Protection> protection,
                           std::shared_ptr<const media::SharedStreams> shared) {
  protection_ = std::move(protection);
  shared_ = std::move(shared);
  if (shared_) shared_index_ = shared_->join_index(index_);
  if (delivery_) delivery_->protect(shared_ ? nullptr : protection_.get());
}

std::size_t SessionTrack::send_shared(const media::SharedPackets& shared, const media::Train& train,
                                      std::size_t first) {
  std::array<Gathered, largest_train> packets;
  const std::size_t count = std::min<std::size_t>(train.count - first, largest_train);
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes packet = shared.packet(train.first + first + i);
    std::ranges::copy(packet.first<rtp::header_size>(),
                      std::span(packets[i].header).last<rtp::header_size>().begin());
    packets[i].payload = packet.subspan(rtp::header_size);
  }
  const std::size_t sent = delivery_->send(std::span(packets).first(count));
  shared_index_ = shared.first_index() + train.first + first + sent;
  packets_ += sent;
  for (std::size_t i = 0; i < sent; ++i) octets_ += packets[i].payload.size();
  return sent;
}

std::size_t SessionTrack::send(const media::Segment& segment, const media::Train& train, std::size_t first,
                               const PlaybackClock& clock) {
  // Most trains are of one packet: only what is used is initialized.
  alignas(Gathered) std::array<std::byte, largest_train * sizeof(Gathered)> memory;
  // Of a file that was replaced meanwhile, the train may be another.
  const auto whole = segment.packets(train);
  const auto sealed = whole.subspan(std::min(first, whole.size()));
  const std::size_t count = std::min(sealed.size(), largest_train);
  const std::span packets(reinterpret_cast<Gathered*>(memory.data()), count);
  std::uninitialized_default_construct(packets.begin(), packets.end());
  const bool of_before = before_ && before_->covers(train.pts_ticks);
  const std::int64_t ticks = (of_before ? before_->clock : clock).rtp_ticks(train.pts_ticks, clock_rate_);
  std::uint64_t octets = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const media::SealedPacket& packet = sealed[i];
    packets[i].payload = segment.payload(packet);
    rtp::write_header({packet.marker, payload_type_, static_cast<std::uint16_t>(next_index_ + i),
                       timestamp(ticks + packet.time_offset), ssrc_},
                      std::span(packets[i].header).last<rtp::header_size>());
  }
  const std::size_t sent = delivery_->send(packets);
  for (std::size_t i = 0; i < sent; ++i) octets += packets[i].payload.size();
  next_index_ += sent;
  packets_ += sent;
  octets_ += octets;
  if (sent == 0) return sent;
  owes_bye_ = true;
  const bool backwards = clock.scale() < 0;
  if (!of_before && (!sent_until_ || (*sent_until_ < train.pts_ticks) != backwards))
    sent_until_ = train.pts_ticks;
  return sent;
}

void SessionTrack::go_on(const PlaybackClock& clock) {
  // Where nothing was sent by `clock`, what was owed is of the clock before it.
  if (sent_until_) before_ = Sent{clock, *sent_until_};
  sent_until_.reset();
}

void SessionTrack::begin_anew() {
  before_.reset();
  sent_until_.reset();
}

bool SessionTrack::shown_before_sent(std::int64_t pts_ticks) const {
  return (sent_until_ && pts_ticks < *sent_until_) || (before_ && pts_ticks < before_->until_ticks);
}

void SessionTrack::received(const rtcp::ReportBlock& block, std::size_t size, std::uint32_t now_mid32) {
  // RFC 3550 section 6.3.3: what is received counts as well as what is sent.
  if (quality_.update(block, now_mid32))
    average_report_size_ = rtcp::updated_average_size(average_report_size_, size + udp_and_ip);
}

rtcp::SenderReport SessionTrack::sender_report(std::int64_t ticks, const PlaybackClock& clock) const {
  rtcp::SenderReport report;
  report.ssrc = ssrc_;
  report.ntp = clock.ntp_of(ticks, clock_rate_);
  report.rtp_timestamp = timestamp(ticks);
  report.packet_count = static_cast<std::uint32_t>(packets_);
  report.octet_count = static_cast<std::uint32_t>(octets_);
  return report;
}

std::int64_t SessionTrack::report_if_due(std::int64_t now_us, const PlaybackClock& clock,
                                         const std::string& cname) {
  if (shared_) return now_us + shared_report_period_us;  // they come with its packets: nothing to do here
  if (now_us < next_report_us_) return next_report_us_;
  // FFmpeg takes the time of the first report for the time that Range named: so it stands for exactly that.
  const bool first = next_report_us_ == at_once;
  const std::int64_t ticks =
      first ? clock.rtp_ticks_of_position(clock_rate_) : clock.rtp_ticks_at(now_us, clock_rate_);
  std::array<std::byte, largest_report> memory;
  const auto size = rtcp::write_compound(memory, sender_report(ticks, clock), cname);
  if (size) {
    delivery_->send_rtcp(Bytes(memory).first(*size));
    owes_bye_ = true;
    average_report_size_ = rtcp::updated_average_size(average_report_size_, *size + udp_and_ip);
  }
  rtcp::IntervalState state;
  state.members = 2;
  state.senders = 1;
  state.bandwidth = rtcp::rtcp_bandwidth(bit_rate_);
  state.average_size = average_report_size_;
  state.we_sent = true;
  state.initial = !reported_;
  reported_ = true;
  next_report_us_ = now_us + rtcp::transmission_interval(state, random_fraction()).count();
  return next_report_us_;
}

void SessionTrack::send_bye(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
                            std::string_view reason) {
  if (shared_) return;
  std::array<std::byte, largest_report> memory;
  const auto size = rtcp::write_compound(
      memory, sender_report(clock.rtp_ticks_at(now_us, clock_rate_), clock), cname, reason);
  owes_bye_ = false;
  if (!size) return;
  // The report must not overtake the media that it closes.
  delivery_->flush();
  delivery_->send_rtcp(Bytes(memory).first(*size));
}

}  // namespace lectern::server
