#include "media/picture_order.h"

#include <algorithm>
#include <numeric>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace lectern::media {
namespace {

struct CloseParser {
  void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
};
using Parser = std::unique_ptr<AVCodecParserContext, CloseParser>;

struct Picture {
  Unit* unit;
  int order;  // picture order count; 0 where the codec has none
  bool b_picture;
};

void set_pts(Unit& unit, MediaTime pts, std::uint32_t clock_rate) {
  unit.pts = std::max(pts, unit.dts);
  unit.pts_ticks = av_rescale(unit.pts, clock_rate, AV_TIME_BASE);
  unit.pts_guessed = false;
}

/// MPEG-1, MPEG-2 and MPEG-4 Part 2 number no pictures, but only B pictures are shown when they are decoded:
/// any other one is shown when the next other one is decoded.
bool orders_by_type(AVCodecID codec) {
  return codec == AV_CODEC_ID_MPEG1VIDEO || codec == AV_CODEC_ID_MPEG2VIDEO || codec == AV_CODEC_ID_MPEG4;
}

void place_by_type(std::span<const Picture> pictures, std::uint32_t clock_rate, bool goes_on) {
  const Unit& last = *pictures.back().unit;
  MediaTime next_decoded = last.dts + last.duration;
  if (goes_on) {
    // The B pictures that are still to come behind the last other one: as many as the one before it had.
    std::size_t seen = 0, before = 0, others = 0;
    for (std::size_t i = pictures.size(); i-- > 0 && others < 2;) {
      if (!pictures[i].b_picture)
        ++others;
      else
        ++(others == 0 ? seen : before);
    }
    if (others == 2 && before > seen) next_decoded += static_cast<MediaTime>(before - seen) * last.duration;
  }
  for (std::size_t i = pictures.size(); i-- > 0;) {
    Unit& unit = *pictures[i].unit;
    if (unit.pts_guessed) set_pts(unit, pictures[i].b_picture ? unit.dts : next_decoded, clock_rate);
    if (!pictures[i].b_picture) next_decoded = unit.dts;
  }
}

/// The pictures of one coded video sequence take its dts in display order, shifted by the reorder delay.
void place(std::span<Picture> sequence, MediaTime delay, std::uint32_t clock_rate) {
  std::vector<MediaTime> slots;
  for (const Picture& picture : sequence) slots.push_back(picture.unit->dts);
  std::stable_sort(sequence.begin(), sequence.end(),
                   [](const Picture& a, const Picture& b) { return a.order < b.order; });
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    Unit& unit = *sequence[i].unit;
    if (!unit.pts_guessed) continue;
    set_pts(unit, slots[i] + delay, clock_rate);
  }
}

}  // namespace

void order_pictures(std::span<Unit* const> units, const AVStream& stream, std::uint32_t clock_rate,
                    bool goes_on) {
  if (std::none_of(units.begin(), units.end(), [](const Unit* unit) { return unit->pts_guessed; })) return;
  const Parser parser(av_parser_init(stream.codecpar->codec_id));
  const CodecContext context(avcodec_alloc_context3(nullptr));
  if (!parser || !context || avcodec_parameters_to_context(context.get(), stream.codecpar) < 0) return;
  parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;

  const bool by_type = orders_by_type(stream.codecpar->codec_id);
  std::vector<Picture> sequence;
  for (Unit* unit : units) {
    std::uint8_t* out = nullptr;
    int size = 0;
    const AVPacket& packet = *unit->packet;
    av_parser_parse2(parser.get(), context.get(), &out, &size, packet.data, packet.size, packet.pts,
                     packet.dts, -1);
    const MediaTime delay = stream.codecpar->video_delay * unit->duration;
    const bool restarts = unit->random_access && parser->output_picture_number == 0;
    if (restarts && !by_type && !sequence.empty()) {
      place(sequence, delay, clock_rate);
      sequence.clear();
    }
    sequence.push_back({unit, parser->output_picture_number, parser->pict_type == AV_PICTURE_TYPE_B});
  }
  if (by_type) return place_by_type(sequence, clock_rate, goes_on);
  const MediaTime delay = stream.codecpar->video_delay * units.front()->duration;
  place(sequence, delay, clock_rate);
}

}  // namespace lectern::media
