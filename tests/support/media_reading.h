#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "media/segment_loader.h"

namespace lectern::test {

/// A file that ffmpeg made once of `arguments`, kept with the other made media.
std::filesystem::path made(const std::string& name, const std::string& arguments);
/// FFmpeg's complaints about broken files are none of the tests' output.
void silence_ffmpeg();
/// 12 s of H.264 160x120 with two B-frames and a key frame a second, and AAC; most files are cut from it.
std::filesystem::path clip();
/// The same streams in another container.
std::filesystem::path clip_as(const std::string& name, const std::string& arguments = {});

/// A packet as the ffprobe program tells it.
struct ProbedPacket {
  int stream = 0;
  std::optional<std::int64_t> pts;
  std::size_t size = 0;
};
std::vector<ProbedPacket> probe_packets(const std::filesystem::path& file);

/// What is compared of a unit; the checksum is of its bytes.
struct UnitView {
  unsigned track = 0;
  std::size_t size = 0;
  std::uint32_t checksum = 0;
  media::MediaTime dts = 0, pts = 0;
  std::int64_t pts_ticks = 0;
  bool random_access = false;

  bool operator==(const UnitView&) const = default;
};
std::ostream& operator<<(std::ostream& out, const UnitView& unit);
std::vector<UnitView> views(const media::Units& units);
/// Where the two part, in words; empty where they are the same.
std::string difference(const std::vector<UnitView>& have, const std::vector<UnitView>& want);

/// A file with its tracks and its whole index, from which loaders are made.
class IndexedFile {
 public:
  /// Throws std::runtime_error where it cannot be opened.
  explicit IndexedFile(const std::filesystem::path& path);

  [[nodiscard]] std::unique_ptr<media::SegmentLoader> loader() const;
  [[nodiscard]] std::vector<UnitView> load(media::SegmentLoader& loader, std::size_t k) const;
  /// All segments, one after the other.
  [[nodiscard]] std::vector<std::vector<UnitView>> load_all() const;

  std::shared_ptr<const media::File> file;
  media::TrackSelection selection;
  media::SegmentIndex index;
  bool scanned = false;
};

}  // namespace lectern::test
