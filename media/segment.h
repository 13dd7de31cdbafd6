#pragma once

#include <memory>
#include <vector>

#include "media/track.h"
#include "media/unit.h"
#include "protocol/base/bytes.h"

namespace lectern::media {

/// One RTP payload in a segment's arena.
struct SealedPacket {
  std::uint32_t offset = 0;
  std::uint16_t size = 0;
  bool marker = false;
  std::int32_t time_offset = 0;  ///< ticks of the RTP clock from the unit's time on
};

/// Packets of one unit that leave together: a unit of ordinary size, or a piece of a large one that is spread
/// over part of its frame interval so that a small receive buffer loses nothing.
struct Train {
  std::uint32_t first = 0;  ///< index of its first packet
  std::uint16_t count = 0;
  std::uint8_t track = 0;
  bool unit_start = false;     ///< the first train of its unit
  bool random_access = false;  ///< on every train of a random access unit
  MediaTime due = 0;  ///< when it is to be sent: dts, and a share of the frame interval for later trains
  MediaTime pts = 0;
  std::int64_t pts_ticks = 0;
  MediaTime duration = 0;
};

/// The packets of all tracks over a short piece of a file, in sending order, in one arena. Immutable once
/// sealed, and shared between threads.
class Segment {
 public:
  [[nodiscard]] const std::vector<Train>& trains() const { return trains_; }
  [[nodiscard]] std::span<const SealedPacket> packets(const Train& train) const {
    return {packets_.data() + train.first, train.count};
  }
  [[nodiscard]] Bytes payload(const SealedPacket& packet) const {
    return {arena_.get() + packet.offset, packet.size};
  }
  /// Bytes of memory held.
  [[nodiscard]] std::size_t memory() const;
  /// Units that no packetizer could cut; left out.
  [[nodiscard]] std::size_t refused() const { return refused_; }
  /// Why the first of them was, with its track.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  /// Why nothing of `track` is in the segment although there were units; empty otherwise.
  [[nodiscard]] const std::string& refusal_of(std::size_t track) const { return refused_tracks_[track]; }
  /// The file ended before the segment did: it was truncated after it was indexed.
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  friend class SegmentBuilder;
  std::vector<Train> trains_;
  std::vector<SealedPacket> packets_;
  std::unique_ptr<std::byte[]> arena_;
  std::size_t arena_size_ = 0;
  std::size_t refused_ = 0;
  std::string refusal_;
  std::vector<std::string> refused_tracks_;
  bool truncated_ = false;
};

/// The packetizers of all tracks, for segments of which each goes on where the one before it ended.
struct Packetizers {
  std::vector<std::unique_ptr<payload::Packetizer>> of_track;  ///< made with the first unit of each
  std::vector<Configuration> configurations;                   ///< the last that each was told
};

/// Cuts units into packets and orders them for sending.
class SegmentBuilder {
 public:
  explicit SegmentBuilder(const std::vector<Track>& tracks) : tracks_(tracks) {}
  /// The units of all tracks, each track in decoding order. Cut independently of all other segments.
  [[nodiscard]] std::shared_ptr<const Segment> seal(Units units, bool truncated) const;
  /// The same where the packetizers keep what they know (parameter sets in band) for the next segment.
  [[nodiscard]] std::shared_ptr<const Segment> seal(const Units& units, bool truncated,
                                                    Packetizers& going_on) const;

 private:
  const std::vector<Track>& tracks_;
};

}  // namespace lectern::media
