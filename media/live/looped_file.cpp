#include "media/live/looped_file.h"

#include <algorithm>
#include <filesystem>
#include <limits>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/time.h>
}

#include "media/configurations.h"
#include "media/timestamps.h"

namespace lectern::media {

/// One opening of the file after the other, on one line of time.
class LoopedFile::Playing {
 public:
  Playing(std::shared_ptr<const File> file, SourceHost& host) : file_(std::move(file)), host_(host) {}

  Status open() {
    auto demuxer = Demuxer::open(file_);
    if (!demuxer) return std::move(demuxer).error();
    if (selection_.tracks.empty()) {
      auto selection = select_tracks(**demuxer, host_.max_payload());
      if (!selection) return std::move(selection).error();
      selection_ = *std::move(selection);
      host_.begin(selection_, std::filesystem::path(file_->path()).filename().string());
    } else if (Status applied = apply_selection(**demuxer, selection_); !applied) {
      return applied;
    }
    demuxer_ = *std::move(demuxer);
    return {};
  }

  /// From the beginning to the end once. Errc::end where it may begin anew.
  Error play() {
    Timestamps times(*demuxer_, selection_.tracks);
    Configurations configurations;
    Span decoded, shown;
    while (true) {
      Packet packet(av_packet_alloc());
      if (!packet) return {Errc::internal, "out of memory"};
      if (Status read = demuxer_->read(*packet); !read) {
        if (decoded.end < decoded.begin || read.error().code != Errc::end) return std::move(read).error();
        shift_ += std::max(decoded.end - decoded.begin, shown.end - shown.begin);
        return {Errc::end, {}};
      }
      auto unit = times.unit_of(std::move(packet));
      if (!unit) continue;
      if (unit->pts_guessed)
        return unsupported(
            file_->path() +
            ": stores no times for pictures that are reordered; put it into another container: "
            "ffmpeg -fflags +genpts -i FILE -c copy FILE.mkv");
      configurations.apply(*unit, nullptr);
      decoded.add(unit->dts, unit->duration);
      shown.add(unit->pts, unit->duration);
      if (!origin_us_) origin_us_ = av_gettime_relative() - unit->dts;
      unit->dts += shift_;
      unit->pts += shift_;
      unit->pts_ticks += av_rescale(shift_, selection_.tracks[unit->track].format.clock_rate, AV_TIME_BASE);
      if (!host_.sleep_until(*origin_us_ + unit->dts)) return {Errc::end, {}};
      host_.take({*std::move(unit), std::nullopt});
    }
  }

 private:
  /// What is played once, by one of the times of units.
  struct Span {
    MediaTime begin = std::numeric_limits<MediaTime>::max();
    MediaTime end = std::numeric_limits<MediaTime>::min();
    void add(MediaTime time, MediaTime duration) {
      begin = std::min(begin, time);
      end = std::max(end, time + std::max<MediaTime>(duration, 1));
    }
  };

  const std::shared_ptr<const File> file_;
  SourceHost& host_;
  TrackSelection selection_;
  std::unique_ptr<Demuxer> demuxer_;
  MediaTime shift_ = 0;                    // so long is what was played before
  std::optional<std::int64_t> origin_us_;  // when time 0 of the first round is due
};

Error LoopedFile::run(SourceHost& host) {
  auto file = File::open(path_);
  if (!file) return std::move(file).error();
  Playing playing(*std::move(file), host);
  while (!host.stopping()) {
    if (Status opened = playing.open(); !opened) return std::move(opened).error();
    if (Error why = playing.play(); why.code != Errc::end) return why;
  }
  return {Errc::end, path_ + ": stopped"};
}

}  // namespace lectern::media
