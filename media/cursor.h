#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "media/segment.h"

namespace lectern::media {

/// Which of a piece of media's tracks are read: bit i is track i.
using TrackMask = std::uint32_t;

/// What to read: every unit from the random access point at or before `from` on, or random access points
/// only.
struct ReadRequest {
  MediaTime from = 0;
  std::optional<MediaTime> to;  ///< units due at or after it are not read; before it, where played backwards
  TrackMask tracks = 0;
  bool random_access_points_only = false;
  bool backwards = false;  ///< with random_access_points_only
  /// Between two random access points, at least; so that a player can show them at the scale asked for.
  MediaTime spacing = 0;
};

/// Where reading begins.
struct ReadStart {
  MediaTime position = 0;  ///< pts of the first unit of the anchor
  MediaTime due = 0;       ///< when the first train is due
  /// For each track the pts of its first unit in ticks, where it is known already.
  std::vector<std::optional<std::int64_t>> first_ticks;
};

/// What a session reads sealed packets from, the same for files and live media. Lives on one loop.
class Cursor {
 public:
  enum class State {
    ready,    ///< train() is the next to send
    waiting,  ///< not loaded yet; the wake function will be called
    ended,    ///< the end of the media, or of the range asked for
    failed,   ///< the media broke; failure() says how
  };
  /// By reference: a copy at the call could fail, when nobody would be told any more.
  using Started = std::function<void(const Result<ReadStart>&)>;

  virtual ~Cursor() = default;
  /// Begins to read elsewhere; `started` is called on the loop, now or later. A new request replaces one that
  /// has not started.
  virtual void start(const ReadRequest& request, Started started) = 0;
  virtual State state() = 0;
  /// Valid while ready, until advance().
  virtual const Train& train() = 0;
  virtual const Segment& segment() = 0;
  virtual void advance() = 0;
  /// Where reading on would begin: what a PLAY without Range answers. While waiting or ended, the last known.
  virtual ReadStart here() = 0;
  virtual const Error& failure() const = 0;
  /// Reads on to another end, from where it is; false where there is nothing to go on from.
  virtual bool extend(std::optional<MediaTime> to) = 0;
  /// For who pauses or has come to an end: nothing is kept in memory but the place, which here() tells and
  /// extend() goes on from. What was read is held until release().
  virtual void rest() = 0;
  /// Segments that were read through are held until then, as what was sent may wait to be flushed.
  virtual void release() = 0;
  [[nodiscard]] virtual bool holds_read() const = 0;
};

}  // namespace lectern::media
