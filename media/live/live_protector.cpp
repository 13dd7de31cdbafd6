#include "media/live/live_protector.h"

#include <algorithm>
#include <array>

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/mathematics.h>
}

#include "protocol/rtcp/compound.h"
#include "protocol/rtcp/ntp.h"
#include "protocol/rtp/header.h"

namespace lectern::media {
namespace {

/// Who begins with a random access point wants to map its times at once. Where each picture is one, or each
/// frame of sound, not all have reports of their own.
constexpr MediaTime least_report_interval = 1'000'000;
/// RFC 3550 section 6.2: the interval that is recommended as the least.
constexpr MediaTime report_interval = 5'000'000;
/// SR, SDES with our CNAME, and what SRTCP adds.
constexpr std::size_t largest_report = 128;

/// When media of `ticks` was captured. From ticks and not from microseconds: players compute times out of the
/// pair, to the tick.
std::uint64_t ntp_of(std::int64_t ticks, std::uint32_t rate, std::int64_t wall_origin_us) {
  const __int128 since_origin = (static_cast<__int128>(ticks) << 32) / rate;
  return rtcp::ntp_from_unix(std::chrono::microseconds(wall_origin_us)) +
         static_cast<std::uint64_t>(static_cast<std::int64_t>(since_origin));
}

}  // namespace

Result<LiveProtector> LiveProtector::create(const LiveProtection& protection,
                                            const std::vector<Track>& tracks) {
  auto streams = SharedStreams::create(protection, tracks.size());
  if (!streams) return std::move(streams).error();
  LiveProtector made(*std::move(streams));
  for (std::size_t track = 0; track < tracks.size(); ++track) {
    const SharedStream& told = made.streams_->stream(track);
    auto session =
        srtp::Session::create_stream(protection.suite, told.key, told.ssrc, 0, protection.lifetime);
    if (!session) return std::move(session).error();
    made.of_track_.push_back({*std::move(session), tracks[track].payload_type,
                              std::max<std::uint32_t>(1, tracks[track].format.clock_rate),
                              made.streams_->next_index(track)});
  }
  return made;
}

bool LiveProtector::near_key_limit() const {
  return std::ranges::any_of(of_track_, [](const Stream& each) { return each.session.near_key_limit(); });
}

bool LiveProtector::report_due(const LivePiece& piece) const {
  return !reports_ ||
         piece.arrived - reported_ >= (piece.random_access ? least_report_interval : report_interval);
}

Status LiveProtector::report(const LivePiece& piece) {
  const Train& unit = piece.segment->trains().front();
  auto made = std::make_shared<SharedReports>();
  made->number_ = reports_ ? reports_->number() + 1 : 1;
  for (std::size_t track = 0; track < of_track_.size(); ++track) {
    Stream& stream = of_track_[track];
    const std::int64_t ticks =
        track == unit.track ? unit.pts_ticks : av_rescale(unit.pts, stream.clock_rate, AV_TIME_BASE);
    rtcp::SenderReport report;
    report.ssrc = streams_->stream(track).ssrc;
    report.ntp = ntp_of(ticks, stream.clock_rate, piece.wall_origin_us);
    report.rtp_timestamp = streams_->stream(track).timestamp_base + static_cast<std::uint32_t>(ticks);
    report.packet_count = static_cast<std::uint32_t>(stream.packets);
    report.octet_count = static_cast<std::uint32_t>(stream.octets);
    std::array<std::byte, largest_report> memory;
    auto size = rtcp::write_compound(memory, report, streams_->cname());
    if (size) size = stream.session.protect_rtcp(memory, *size);
    if (!size) return std::move(size).error();
    made->reports_.emplace_back(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  reports_ = std::move(made);
  reported_ = piece.arrived;
  return {};
}

Status LiveProtector::protect_packets(const Segment& segment, SharedPackets& to) {
  const Train& unit = segment.trains().front();
  Stream& stream = of_track_[unit.track];
  const SharedStream& told = streams_->stream(unit.track);
  const std::size_t added = rtp::header_size + stream.session.rtp_overhead();
  std::size_t count = 0, bytes = 0;
  for (const Train& train : segment.trains())
    for (const SealedPacket& packet : segment.packets(train)) {
      ++count;
      bytes += packet.size + added;
    }
  to.arena_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  to.offsets_.reserve(count + 1);
  to.offsets_.push_back(0);
  to.first_index_ = stream.next_index;
  to.timestamp_ = told.timestamp_base + static_cast<std::uint32_t>(unit.pts_ticks);
  for (const Train& train : segment.trains()) {
    if (train.track != unit.track || train.first + 1 != to.offsets_.size())
      return Error{Errc::internal, "a piece of more than one unit"};
    for (const SealedPacket& packet : segment.packets(train)) {
      const std::size_t offset = to.offsets_.back();
      const MutableBytes place(to.arena_.get() + offset, packet.size + added);
      rtp::write_header({packet.marker, stream.payload_type, static_cast<std::uint16_t>(stream.next_index++),
                         to.timestamp_ + static_cast<std::uint32_t>(packet.time_offset), told.ssrc},
                        place.first<rtp::header_size>());
      std::ranges::copy(segment.payload(packet), place.begin() + rtp::header_size);
      const auto size = stream.session.protect_rtp(place, rtp::header_size + packet.size);
      if (!size) return size.error();
      to.offsets_.push_back(static_cast<std::uint32_t>(offset + *size));
      stream.octets += packet.size;
    }
  }
  stream.packets += count;
  return {};
}

Result<std::shared_ptr<const SharedPackets>> LiveProtector::protect(const LivePiece& piece) {
  const bool reports_anew = report_due(piece);
  if (reports_anew)
    if (Status made = report(piece); !made) return std::move(made).error();
  const std::uint8_t track = piece.segment->trains().front().track;
  const auto made = std::make_shared<SharedPackets>();
  if (Status done = protect_packets(*piece.segment, *made); !done) return std::move(done).error();
  made->reports_ = reports_;
  made->memory_ = sizeof *made + made->offsets_.back() + made->offsets_.capacity() * sizeof(std::uint32_t) +
                  (reports_anew ? reports_->memory() : 0);
  streams_->positions_[track].next = of_track_[track].next_index;
  if (piece.random_access) {
    for (std::size_t each = 0; each < of_track_.size(); ++each)
      streams_->positions_[each].join = each == track ? made->first_index() : of_track_[each].next_index;
  }
  return std::shared_ptr<const SharedPackets>(made);
}

}  // namespace lectern::media
