#include "media/segment.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

extern "C" {
#include <libavcodec/packet.h>
}

namespace lectern::media {
namespace {

/// What leaves at once at most: small receive buffers (212,992 bytes by default in Linux) take several.
constexpr std::size_t train_packets = 32;
/// The share of a frame's interval over which its trains are spread.
constexpr MediaTime spread_numerator = 3, spread_denominator = 4;
/// The interval of a frame whose length the container does not tell.
constexpr MediaTime assumed_interval = 33'000;
constexpr MediaTime longest_interval = 1'000'000;
constexpr std::size_t largest_unit = 32 * 1024 * 1024;

/// Grows, where a packetizer adds more than was expected. Not zeroed: that would cost as much as the cutting.
class ArenaSink final : public payload::PayloadSink {
 public:
  ArenaSink(std::size_t expected, std::vector<SealedPacket>& packets) : packets_(packets) { grow(expected); }

  MutableBytes reserve(std::size_t size) override {
    if (size_ - used_ < size) grow(std::max(used_ + size, size_ + size_ / 4));
    return {arena_.get() + used_, size};
  }

  void emit(std::size_t used, bool marker, std::int32_t time_offset) override {
    packets_.push_back(
        {static_cast<std::uint32_t>(used_), static_cast<std::uint16_t>(used), marker, time_offset});
    used_ += used;
  }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  std::unique_ptr<std::byte[]> release() { return std::move(arena_); }

 private:
  void grow(std::size_t size) {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(size);
    std::copy_n(arena_.get(), used_, larger.get());
    arena_ = std::move(larger);
    size_ = size;
  }

  std::unique_ptr<std::byte[]> arena_;
  std::size_t size_ = 0;
  std::vector<SealedPacket>& packets_;
  std::size_t used_ = 0;
};

/// How long each unit has until the next of its track: packets of a track must leave in order.
std::vector<MediaTime> intervals_of(const Units& units, std::size_t tracks) {
  std::vector<MediaTime> intervals(units.size());
  std::vector<std::optional<MediaTime>> next(tracks);
  for (std::size_t i = units.size(); i-- > 0;) {
    const Unit& unit = units[i];
    MediaTime interval = unit.duration > 0 ? unit.duration : assumed_interval;
    if (next[unit.track]) interval = std::min(interval, *next[unit.track] - unit.dts);
    intervals[i] = std::clamp<MediaTime>(interval, 0, longest_interval);
    next[unit.track] = unit.dts;
  }
  return intervals;
}

void append_trains(const Unit& unit, MediaTime interval, std::size_t first, std::size_t count,
                   std::vector<Train>& trains) {
  const std::size_t pieces = (count + train_packets - 1) / train_packets;
  const MediaTime step = interval * spread_numerator / spread_denominator /
                         static_cast<MediaTime>(std::max<std::size_t>(pieces, 1));
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t begin = piece * train_packets;
    trains.push_back({static_cast<std::uint32_t>(first + begin),
                      static_cast<std::uint16_t>(std::min(train_packets, count - begin)), unit.track,
                      piece == 0, unit.random_access, unit.dts + step * static_cast<MediaTime>(piece),
                      unit.pts, unit.pts_ticks, unit.duration});
  }
}

}  // namespace

std::size_t Segment::memory() const {
  return sizeof *this + arena_size_ + packets_.capacity() * sizeof(SealedPacket) +
         trains_.capacity() * sizeof(Train);
}

std::shared_ptr<const Segment> SegmentBuilder::seal(Units units, bool truncated) const {
  Packetizers fresh;
  return seal(units, truncated, fresh);
}

std::shared_ptr<const Segment> SegmentBuilder::seal(const Units& units, bool truncated,
                                                    Packetizers& going_on) const {
  auto segment = std::make_shared<Segment>();
  segment->truncated_ = truncated;
  segment->refused_tracks_.resize(tracks_.size());
  std::size_t bytes = 0;
  for (const Unit& unit : units) bytes += static_cast<std::size_t>(unit.packet->size);
  // Parameter sets come on top, and headers.
  ArenaSink sink(bytes + bytes / 32 + (units.size() > 1 ? 4096 : 256), segment->packets_);
  const auto refuse = [&](const Unit& unit, const std::string& reason) {
    ++segment->refused_;
    if (std::string& of_track = segment->refused_tracks_[unit.track]; of_track.empty()) of_track = reason;
    if (segment->refusal_.empty()) segment->refusal_ = tracks_[unit.track].control + ": " + reason;
  };

  auto& packetizers = going_on.of_track;
  auto& configurations = going_on.configurations;
  packetizers.resize(tracks_.size());
  configurations.resize(tracks_.size());
  std::vector<const Unit*> last(tracks_.size());
  std::vector<MediaTime> last_due(tracks_.size(), std::numeric_limits<MediaTime>::min());
  const std::vector<MediaTime> intervals = intervals_of(units, tracks_.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    const Unit& unit = units[i];
    auto& packetizer = packetizers[unit.track];
    if (!packetizer) {
      auto made = tracks_[unit.track].format.make_packetizer();
      if (!made) {
        refuse(unit, made.error().message);
        continue;
      }
      packetizer = *std::move(made);
    }
    const auto size = static_cast<std::size_t>(unit.packet->size);
    if (size > largest_unit || sink.used() > UINT32_MAX - 2 * largest_unit) {
      refuse(unit, "a unit of " + std::to_string(size) + " bytes is too large");
      continue;
    }
    const std::size_t first = segment->packets_.size();
    payload::AccessUnit access_unit{
        as_bytes(unit.packet->data, size), unit.random_access, unit.pts_ticks, {}};
    // Packetizers begin with the announced one, to which no file goes back without saying so.
    if (unit.configuration &&
        std::exchange(configurations[unit.track], unit.configuration) != unit.configuration)
      access_unit.configuration = *unit.configuration;
    if (const Status cut = packetizer->packetize(access_unit, sink); !cut) refuse(unit, cut.error().message);
    append_trains(unit, intervals[i], first, segment->packets_.size() - first, segment->trains_);
    last[unit.track] = &unit;
    if (!segment->trains_.empty() && segment->trains_.back().track == unit.track)
      last_due[unit.track] = segment->trains_.back().due;
  }
  for (std::size_t track = 0; track < tracks_.size(); ++track) {
    if (!last[track]) continue;
    const std::size_t first = segment->packets_.size();
    if (const Status cut = packetizers[track]->flush(sink); !cut) refuse(*last[track], cut.error().message);
    // Behind the last train of the track, whose unit it belongs to.
    const std::size_t from = segment->trains_.size();
    append_trains(*last[track], 0, first, segment->packets_.size() - first, segment->trains_);
    for (std::size_t i = from; i < segment->trains_.size(); ++i)
      segment->trains_[i].due = std::max(segment->trains_[i].due, last_due[track]);
  }
  for (const Train& train : segment->trains_) segment->refused_tracks_[train.track].clear();
  std::stable_sort(segment->trains_.begin(), segment->trains_.end(),
                   [](const Train& a, const Train& b) { return a.due < b.due; });
  segment->arena_size_ = sink.size();
  segment->arena_ = sink.release();
  // A segment stays in the cache for long: what growing left unused is given back.
  segment->packets_.shrink_to_fit();
  segment->trains_.shrink_to_fit();
  return segment;
}

}  // namespace lectern::media
