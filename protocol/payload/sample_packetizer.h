#pragma once

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// Cuts units of uncompressed or sample-wise compressed audio on whole sample frames (RFC 3551 section 4.2).
/// `time_offset` counts sample frames; the marker stays clear, as recordings know no talkspurts.
class SamplePacketizer final : public Packetizer {
 public:
  enum class Pieces {
    full,   ///< every packet but the last holds the most it may
    equal,  ///< as few packets as possible, of equal size but the last
  };

  /// `frame_size`: bytes of one sample of all channels; `most_frames`: sample frames in a packet at most.
  SamplePacketizer(std::size_t frame_size, std::size_t most_frames, Pieces pieces)
      : frame_size_(frame_size), most_frames_(most_frames), pieces_(pieces) {}

  /// Errc::invalid for an empty unit and for one that ends inside a sample frame.
  Status packetize(const AccessUnit& unit, PayloadSink& sink) override;

 private:
  std::size_t frame_size_;
  std::size_t most_frames_;
  Pieces pieces_;
};

}  // namespace lectern::payload
