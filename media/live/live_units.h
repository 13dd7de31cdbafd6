#pragma once

#include <optional>

#include "media/configurations.h"
#include "media/live/first_times.h"
#include "media/live/packet_times.h"
#include "media/live/source.h"

namespace lectern::media {

/// Makes units of what a demuxer reads from the network.
class LiveUnits {
 public:
  /// `context` is open, and outlives it.
  LiveUnits(const AVFormatContext& context, const TrackSelection& selection)
      : context_(context), first_times_(context), times_(context, selection) {}

  void push(Packet packet) { first_times_.push(std::move(packet)); }
  /// The next; nullopt where none is ready.
  std::optional<LiveUnit> pop();

 private:
  [[nodiscard]] std::optional<std::int64_t> captured(const Unit& unit) const;

  const AVFormatContext& context_;
  FirstTimes first_times_;
  PacketTimes times_;
  Configurations configurations_;
};

}  // namespace lectern::media
