#include "media/track.h"

#include <algorithm>

extern "C" {
#include <libavformat/avformat.h>
}

#include "media/language.h"

namespace lectern::media {
namespace {

std::string language_of(const AVStream& stream) {
  const AVDictionaryEntry* entry = av_dict_get(stream.metadata, "language", nullptr, 0);
  return entry ? language_tag(entry->value) : std::string();
}

Track make_track(const AVStream& stream, TrackFormat format, std::size_t number, std::uint8_t& dynamic) {
  Track track;
  track.stream = stream.index;
  track.codec = stream.codecpar->codec_id;
  track.control = "track" + std::to_string(number);
  track.payload_type = format.static_payload_type ? *format.static_payload_type : dynamic++;
  track.format = std::move(format);
  track.language = language_of(stream);
  track.bit_rate = static_cast<std::uint64_t>(std::max<std::int64_t>(0, stream.codecpar->bit_rate));
  track.width = static_cast<unsigned>(std::max(0, stream.codecpar->width));
  track.height = static_cast<unsigned>(std::max(0, stream.codecpar->height));
  if (stream.avg_frame_rate.den > 0) track.frame_rate = av_q2d(stream.avg_frame_rate);
  return track;
}

}  // namespace

Result<TrackSelection> select_tracks(Demuxer& demuxer, std::size_t max_payload,
                                     const std::vector<LeftOut>& refused) {
  return select_tracks(demuxer.context(), demuxer.file().path(), max_payload, refused);
}

Result<TrackSelection> select_tracks(AVFormatContext& context, const std::string& name,
                                     std::size_t max_payload, const std::vector<LeftOut>& refused) {
  // Dynamic payload types are 96 to 127 (RFC 3551 section 6).
  constexpr std::size_t max_tracks = 32;
  TrackSelection selection;
  std::uint8_t dynamic = 96;
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    AVStream& stream = *context.streams[i];
    const auto leave_out = [&](std::string reason) {
      stream.discard = AVDISCARD_ALL;
      selection.left_out.push_back(
          {stream.index, avcodec_get_name(stream.codecpar->codec_id), std::move(reason)});
    };
    const auto known = std::find_if(refused.begin(), refused.end(),
                                    [&](const LeftOut& each) { return each.stream == stream.index; });
    if (known != refused.end()) {
      leave_out(known->reason);
    } else if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) {
      leave_out("an attached picture, no video");
    } else if (selection.tracks.size() == max_tracks) {
      leave_out("more tracks than payload types");
    } else if (auto format = track_format(stream, max_payload); !format) {
      leave_out(format.error().message);
    } else {
      selection.tracks.push_back(
          make_track(stream, *std::move(format), selection.tracks.size() + 1, dynamic));
    }
  }
  if (selection.tracks.empty()) return unsupported(name + ": no track that can be carried in RTP");
  for (std::size_t i = selection.tracks.size(); i-- > 0;)
    if (selection.tracks[i].video()) selection.anchor = i;
  return selection;
}

Status apply_selection(Demuxer& demuxer, const TrackSelection& selection) {
  AVFormatContext& context = demuxer.context();
  for (const Track& track : selection.tracks) {
    const auto stream = static_cast<unsigned>(track.stream);
    if (stream >= context.nb_streams || context.streams[stream]->codecpar->codec_id != track.codec)
      return Error{Errc::io, demuxer.file().path() + ": the file changed while it was served"};
  }
  for (const LeftOut& left_out : selection.left_out)
    if (static_cast<unsigned>(left_out.stream) < context.nb_streams)
      context.streams[left_out.stream]->discard = AVDISCARD_ALL;
  return {};
}

}  // namespace lectern::media
