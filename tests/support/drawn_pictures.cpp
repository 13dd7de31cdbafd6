#include "tests/support/drawn_pictures.h"

#include <algorithm>
#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
}

#include "media/ffmpeg/handles.h"

namespace lectern::test {
namespace {

DrawnPicture brightness_of(const AVFrame& frame) {
  DrawnPicture picture{frame.width, frame.height, {}};
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = frame.data[0] + y * frame.linesize[0];
    picture.luma.insert(picture.luma.end(), row, row + frame.width);
  }
  return picture;
}

}  // namespace

std::vector<bool> bright_pixels(const DrawnPicture& picture, const Area& area, unsigned than) {
  std::vector<bool> bright;
  for (int y = area.top; y < area.bottom; ++y)
    for (int x = area.left; x < area.right; ++x) bright.push_back(picture.at(x, y) >= than);
  return bright;
}

std::size_t brighter(const DrawnPicture& picture, const Area& area, unsigned than) {
  return static_cast<std::size_t>(std::ranges::count(bright_pixels(picture, area, than), true));
}

std::size_t darker(const DrawnPicture& picture, const Area& area, unsigned than) {
  return static_cast<std::size_t>(std::ranges::count(bright_pixels(picture, area, than + 1), false));
}

std::vector<DrawnPicture> decode_drawn(int codec, Bytes extradata,
                                       const std::vector<const media::Unit*>& units) {
  const auto* decoder = avcodec_find_decoder(static_cast<AVCodecID>(codec));
  const media::CodecContext context(avcodec_alloc_context3(decoder));
  if (!extradata.empty()) {
    context->extradata =
        static_cast<std::uint8_t*>(av_mallocz(extradata.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    context->extradata_size = static_cast<int>(extradata.size());
    std::ranges::copy(extradata, reinterpret_cast<std::byte*>(context->extradata));
  }
  REQUIRE(avcodec_open2(context.get(), nullptr, nullptr) == 0);
  const media::Frame frame(av_frame_alloc());
  std::vector<DrawnPicture> pictures;
  const auto take = [&](const AVPacket* packet) {
    REQUIRE(avcodec_send_packet(context.get(), packet) == 0);
    while (avcodec_receive_frame(context.get(), frame.get()) == 0) pictures.push_back(brightness_of(*frame));
  };
  for (const media::Unit* unit : units) take(unit->packet.get());
  take(nullptr);
  return pictures;
}

}  // namespace lectern::test
