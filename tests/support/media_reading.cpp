#include "tests/support/media_reading.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <sstream>
#include <stdexcept>

extern "C" {
#include <libavcodec/packet.h>
#include <libavutil/adler32.h>
}

#include "media/ffmpeg/log.h"
#include "media/scanner.h"
#include "tests/support/made_media.h"

namespace lectern::test {
namespace {

template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error(command);
  std::string output;
  std::array<char, 65536> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    output.append(buffer.data(), got);
  return output;
}

}  // namespace

std::filesystem::path made(const std::string& name, const std::string& arguments) {
  silence_ffmpeg();
  const auto file = made_media_directory() / "unit" / name;
  encode(file, words(arguments));
  return file;
}

std::filesystem::path clip() {
  return made(
      "clip.mp4",
      "-f lavfi -i testsrc2=size=160x120:rate=25:duration=12 -f lavfi -i "
      "sine=frequency=440:sample_rate=48000:duration=12 -c:v libx264 -preset veryfast -pix_fmt yuv420p "
      "-g 25 -keyint_min 25 -sc_threshold 0 -bf 2 -threads 1 -c:a aac -b:a 64k -movflags +faststart");
}

std::filesystem::path clip_as(const std::string& name, const std::string& arguments) {
  return made(name, "-i " + clip().string() + " -c copy " + arguments);
}

std::vector<ProbedPacket> probe_packets(const std::filesystem::path& file) {
  std::istringstream lines(output_of(
      "ffprobe -v quiet -show_entries packet=stream_index,pts,size -of csv=p=0 '" + file.string() + "'"));
  std::vector<ProbedPacket> packets;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string stream, pts, size;
    std::getline(fields, stream, ',');
    std::getline(fields, pts, ',');
    std::getline(fields, size, ',');
    if (stream.empty() || size.empty()) continue;
    packets.push_back({std::stoi(stream),
                       pts == "N/A" ? std::nullopt : std::optional<std::int64_t>(std::stoll(pts)),
                       std::stoul(size)});
  }
  return packets;
}

std::ostream& operator<<(std::ostream& out, const UnitView& unit) {
  return out << "{track " << unit.track << ", " << unit.size << " bytes, dts " << unit.dts << ", pts "
             << unit.pts << ", ticks " << unit.pts_ticks << (unit.random_access ? ", random access}" : "}");
}

std::vector<UnitView> views(const media::Units& units) {
  std::vector<UnitView> seen;
  for (const media::Unit& unit : units) {
    const auto size = static_cast<std::size_t>(unit.packet->size);
    seen.push_back({unit.track, size,
                    static_cast<std::uint32_t>(av_adler32_update(1, unit.packet->data, size)), unit.dts,
                    unit.pts, unit.pts_ticks, unit.random_access});
  }
  // Between the tracks there is no order that a segment keeps.
  std::stable_sort(seen.begin(), seen.end(),
                   [](const UnitView& a, const UnitView& b) { return a.track < b.track; });
  return seen;
}

std::string difference(const std::vector<UnitView>& have, const std::vector<UnitView>& want) {
  const auto [mine, other] = std::mismatch(have.begin(), have.end(), want.begin(), want.end());
  if (mine == have.end() && other == want.end()) return {};
  std::ostringstream text;
  text << "unit " << mine - have.begin() << " of " << have.size() << " (instead of " << want.size() << "): ";
  if (mine != have.end()) text << *mine;
  text << " instead of ";
  if (other != want.end()) text << *other;
  return text.str();
}

void silence_ffmpeg() {
  static std::once_flag once;
  std::call_once(once, [] { media::route_log({}); });
}

IndexedFile::IndexedFile(const std::filesystem::path& path)
    : file(value_of(media::File::open(path.string()))) {
  auto demuxer = value_of(media::Demuxer::open(file));
  selection = value_of(media::select_tracks(*demuxer, payload::default_max_payload));
  if (auto known = media::container_index(*demuxer, selection)) {
    index = *std::move(known);
    return;
  }
  scanned = true;
  media::Scanner scanner(value_of(media::Demuxer::open(file)), selection);
  while (!scanner.step(std::chrono::milliseconds(1000), index)) {
  }
}

std::unique_ptr<media::SegmentLoader> IndexedFile::loader() const {
  return std::make_unique<media::SegmentLoader>(value_of(media::Demuxer::open(file)), selection);
}

std::vector<UnitView> IndexedFile::load(media::SegmentLoader& loader, std::size_t k) const {
  return views(value_of(loader.load(index.range(k))).units);
}

std::vector<std::vector<UnitView>> IndexedFile::load_all() const {
  const auto reader = loader();
  std::vector<std::vector<UnitView>> segments;
  for (std::size_t k = 0; k < index.size(); ++k) segments.push_back(load(*reader, k));
  return segments;
}

}  // namespace lectern::test
