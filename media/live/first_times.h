#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "media/ffmpeg/handles.h"

namespace lectern::media {

/// Gives the first packet of each video stream the time that FFmpeg 5.1 loses, where the stream comes by RTP
/// and goes through a parser: a frame before the earliest of the pictures behind it, which the order of
/// decoding shows once as many have come as pictures are reordered by. Until then what was read is held back.
class FirstTimes {
 public:
  explicit FirstTimes(const AVFormatContext& context);

  void push(Packet packet);
  /// The next in the order of push(); nullptr where none is ready.
  Packet pop();

 private:
  enum class State : std::uint8_t { fresh, lost, known };
  struct Stream {
    State state = State::fresh;
    bool video = false;
    std::int64_t frame = 0;     // in its time base
    int reordering = 0;         // pictures
    AVPacket* first = nullptr;  // among those held, while lost
    std::int64_t least = 0;
    int seen = 0;  // pictures behind the first
  };
  void look_at(Stream& stream, AVPacket& packet);
  void settle(Stream& stream);

  std::vector<Stream> streams_;
  std::deque<Packet> held_;
  unsigned lost_ = 0;
};

}  // namespace lectern::media
