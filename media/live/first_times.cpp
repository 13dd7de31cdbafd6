#include "media/live/first_times.h"

#include <algorithm>

extern "C" {
#include <libavformat/avformat.h>
}

namespace lectern::media {
namespace {

/// Sound and pictures that come before the first is told, at most.
constexpr std::size_t most_held = 128;

bool has_time(const AVPacket& packet) {
  return packet.pts != AV_NOPTS_VALUE || packet.dts != AV_NOPTS_VALUE;
}

}  // namespace

FirstTimes::FirstTimes(const AVFormatContext& context) : streams_(context.nb_streams) {
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVStream& stream = *context.streams[i];
    const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    streams_[i].video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    streams_[i].reordering = std::max(0, stream.codecpar->video_delay);
    if (rate.num > 0 && rate.den > 0) streams_[i].frame = av_rescale_q(1, av_inv_q(rate), stream.time_base);
  }
}

void FirstTimes::settle(Stream& stream) {
  if (stream.seen > 0) stream.first->pts = stream.least - stream.frame;
  stream.state = State::known;
  stream.first = nullptr;
  --lost_;
}

void FirstTimes::look_at(Stream& stream, AVPacket& packet) {
  if (stream.state == State::fresh) {
    stream.state = stream.video && !has_time(packet) ? State::lost : State::known;
    if (stream.state == State::known) return;
    stream.first = &packet;
    ++lost_;
  } else if (stream.state == State::lost) {
    // A stream that has no times at all is not waited for.
    if (packet.pts == AV_NOPTS_VALUE) return settle(stream);
    stream.least = stream.seen == 0 ? packet.pts : std::min(stream.least, packet.pts);
    if (++stream.seen > stream.reordering) settle(stream);
  }
}

void FirstTimes::push(Packet packet) {
  const auto index = static_cast<std::size_t>(packet->stream_index);
  held_.push_back(std::move(packet));
  if (index < streams_.size()) look_at(streams_[index], *held_.back());
  if (held_.size() < most_held) return;
  for (Stream& stream : streams_)
    if (stream.state == State::lost) settle(stream);
}

Packet FirstTimes::pop() {
  if (lost_ > 0 || held_.empty()) return nullptr;
  Packet packet = std::move(held_.front());
  held_.pop_front();
  return packet;
}

}  // namespace lectern::media
