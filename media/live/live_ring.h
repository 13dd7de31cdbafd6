#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "media/live/shared_packets.h"
#include "media/segment.h"

namespace lectern::media {

/// One access unit of a live source, cut and sealed. Immutable, and shared between threads.
struct LivePiece {
  std::shared_ptr<const Segment> segment;  ///< of one track
  /// The same packets, protected once for all; nullptr where viewers have keys of their own.
  std::shared_ptr<const SharedPackets> shared;
  std::uint64_t number = 0;      ///< counts up by one from piece to piece of a Live
  std::uint32_t generation = 0;  ///< of the LiveDescription that it belongs to
  bool random_access = false;    ///< a random access point of the anchor: readers may begin here
  MediaTime arrived = 0;         ///< when it came, on the line of the Live; its first train is due then
  std::int64_t wall_origin_us =
      0;  ///< what the wall clock showed at media time 0: plus pts, when it was captured
  std::uint64_t packets_before = 0;  ///< in all pieces before it: how much who skips to it has missed
};
using LivePieces = std::deque<std::shared_ptr<const LivePiece>>;

struct LiveRingLimits {
  std::size_t bytes = 64 * 1024 * 1024;
  MediaTime time = 60'000'000;  ///< from the oldest piece to the newest
  MediaTime lag =
      2'000'000;  ///< a reader may be so far behind the newest random access point without skipping
};

/// The newest pieces of a Live: from a random access point on, which is the newest one once that is `lag`
/// old. Where even the newest is farther back than the limits allow, its beginning goes too, and readers wait
/// for the next.
class LiveRing {
 public:
  explicit LiveRing(LiveRingLimits limits) : limits_(limits) {}

  /// Adds a piece, whose number follows that of the one before.
  void push(std::shared_ptr<const LivePiece> piece);
  void clear();

  [[nodiscard]] const LivePieces& pieces() const { return pieces_; }
  /// The number of the oldest piece held; of the next where there is none.
  [[nodiscard]] std::uint64_t oldest() const { return pieces_.empty() ? next_ : pieces_.front()->number; }
  [[nodiscard]] std::uint64_t next() const { return next_; }
  /// Bytes of memory that the pieces hold.
  [[nodiscard]] std::size_t memory() const { return bytes_; }

 private:
  [[nodiscard]] static std::size_t memory_of(const LivePiece& piece);
  void drop_oldest();
  [[nodiscard]] MediaTime age(std::uint64_t number) const;

  const LiveRingLimits limits_;
  LivePieces pieces_;
  std::deque<std::uint64_t> points_;  // numbers of the random access points among them
  std::uint64_t next_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace lectern::media
