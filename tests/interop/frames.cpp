#include "tests/interop/frames.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "tests/interop/command.h"

namespace lectern::test {
namespace {

namespace fs = std::filesystem;
using Audio = MediaCase::Audio;

/// Containers such as Matroska round to milliseconds; the RTP clock is finer.
constexpr double coarse = 0.001;
/// Of packets that are not decoded ffmpeg guesses times until it has seen so many of them.
constexpr std::size_t reorder_buffer = 17;

class ScratchFile {
 public:
  ScratchFile() {
    auto pattern = (fs::temp_directory_path() / "lectern-frames-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path_ = pattern;
  }
  ~ScratchFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

void parse(std::istream& list, Frames& frames) {
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with("#tb ")) {
      std::size_t track = 0;
      double numerator = 1, denominator = 1;
      char sign = 0;
      std::istringstream(line.substr(4)) >> track >> sign >> numerator >> sign >> denominator;
      frames.tracks.resize(std::max(frames.tracks.size(), track + 1));
      frames.tick.resize(frames.tracks.size());
      frames.tick[track] = numerator / denominator;
    }
    if (line.empty() || line[0] == '#') continue;
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream fields(line);
    std::size_t track = 0;
    long long dts = 0, pts = 0, duration = 0, size = 0;
    std::string hash;
    if (fields >> track >> dts >> pts >> duration >> size >> hash && track < frames.tracks.size() && size > 0)
      frames.tracks[track].push_back({static_cast<double>(pts) * frames.tick[track], hash});
  }
}

std::string text(double seconds) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6f", seconds);
  return buffer;
}

/// By how much what was received is later than the file, frame for frame; the middle one of them.
double shift_of(const std::vector<Frame>& file, const std::vector<Frame>& received) {
  std::vector<double> shifts;
  for (std::size_t i = 0; i < std::min(file.size(), received.size()); ++i)
    shifts.push_back(received[i].pts - file[i].pts);
  const auto middle = shifts.begin() + static_cast<std::ptrdiff_t>(shifts.size() / 2);
  std::nth_element(shifts.begin(), middle, shifts.end());
  return *middle;
}

/// FFmpeg 5.1 loses the time of the first packet that goes through a parser where it comes by RTP (its
/// position in a file is then -1) and guesses it; so that of frame 0 proves nothing.
std::string difference_of_track(const std::vector<Frame>& file, const std::vector<Frame>& received,
                                double tolerance, std::size_t guessed = 1) {
  std::string found;
  const auto count = std::min(file.size(), received.size());
  if (file.size() != received.size())
    found +=
        "  " + std::to_string(received.size()) + " frames in place of " + std::to_string(file.size()) + "\n";
  const double shift = shift_of(file, received);
  int told = 0;
  for (std::size_t i = 0; i < count && told < 4; ++i) {
    const auto at = "  frame " + std::to_string(i) + ": ";
    if (file[i].hash != received[i].hash) {
      found += at + "differs\n";
      ++told;
    }
    const double apart = received[i].pts - file[i].pts - shift;
    if (i >= guessed && std::abs(apart) > tolerance) {
      found += at + text(apart) + " s too late among the others\n";
      ++told;
    }
  }
  return found;
}

std::string difference_of_samples(const std::string& file, const std::string& received, bool rounded) {
  if (file.size() != received.size())
    return "  " + std::to_string(received.size() / 2) + " samples in place of " +
           std::to_string(file.size() / 2) + "\n";
  const auto sample = [](const std::string& bytes, std::size_t i) {
    return static_cast<std::int16_t>(static_cast<unsigned char>(bytes[i]) |
                                     static_cast<unsigned char>(bytes[i + 1]) << 8);
  };
  for (std::size_t i = 0; i + 1 < file.size(); i += 2)
    if (std::abs(sample(file, i) - sample(received, i)) > (rounded ? 1 : 0))
      return "  sample " + std::to_string(i / 2) + " differs\n";
  return {};
}

/// A file that starts in the middle is shown from the first whole picture on: from there they are equal.
void drop_until_common(std::vector<Frame>& file, std::vector<Frame>& received) {
  for (std::size_t i = 0; i < received.size(); ++i) {
    const auto same = std::find_if(file.begin(), file.end(),
                                   [&](const Frame& frame) { return frame.hash == received[i].hash; });
    if (same == file.end()) continue;
    file.erase(file.begin(), same);
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

}  // namespace

Frames read_frames(const std::string& options, const std::string& limits, const std::string& input,
                   const MediaCase& media, std::chrono::seconds at_most) {
  const ScratchFile list, samples, copies;
  auto command = words("ffmpeg -nostdin -v error -y -copyts -threads 1 " + options + " -i");
  command.push_back(input);
  const auto append = [&](const std::string& more) {
    for (auto& word : words(more)) command.push_back(std::move(word));
  };
  if (media.video) append("-map 0:V -c:v rawvideo -fps_mode passthrough -enc_time_base -1");
  if (media.audio == Audio::packets || media.audio == Audio::adts) append("-map 0:a -c:a copy");
  if (media.audio == Audio::adts && input.find("://") == std::string::npos) append("-bsf:a aac_adtstoasc");
  if (media.video || media.audio != Audio::samples) append(limits + " -f framemd5 " + list.path());
  if (media.audio == Audio::samples) append("-map 0:a -c:a pcm_s16le -f s16le " + samples.path());

  const bool stream = input.find("://") != std::string::npos;
  if (stream) append("-map 0 -c copy -copyinkf " + limits + " -f framemd5 " + copies.path());

  const auto outcome = run(command, at_most);
  Frames frames;
  std::ifstream copied(copies.path());
  parse(copied, frames);
  frames.packets = std::exchange(frames.tracks, {});
  frames.tick.clear();
  std::ifstream listed(list.path());
  parse(listed, frames);
  std::ifstream sampled(samples.path(), std::ios::binary);
  frames.samples.assign(std::istreambuf_iterator<char>(sampled), {});
  frames.said = outcome.output.substr(0, 1500);
  if (outcome.code != 0)
    frames.error = "ffmpeg ended with " + std::to_string(outcome.code) + ":\n" + frames.said;
  return frames;
}

Frames read_packets(const std::string& options, const std::string& limits, const std::string& url,
                    std::chrono::seconds at_most) {
  const ScratchFile copies;
  const auto outcome = run(words("ffmpeg -nostdin -v error -y -copyts " + options + " -i " + url +
                                 " -map 0 -c copy -copyinkf " + limits + " -f framemd5 " + copies.path()),
                           at_most);
  Frames frames;
  std::ifstream copied(copies.path());
  parse(copied, frames);
  frames.packets = std::move(frames.tracks);
  frames.said = outcome.output.substr(0, 1500);
  if (outcome.code != 0)
    frames.error = "ffmpeg ended with " + std::to_string(outcome.code) + ":\n" + frames.said;
  return frames;
}

std::string difference_of_packets(const Frames& one, const Frames& other) {
  if (!one.error.empty()) return one.error;
  if (!other.error.empty()) return other.error;
  if (one.packets.size() != other.packets.size()) return "not as many tracks\n";
  std::string found;
  double first_shift = 0;
  for (std::size_t i = 0; i < one.packets.size(); ++i) {
    if (one.packets[i].empty() || other.packets[i].empty()) return "an empty track\n";
    const double shift = shift_of(one.packets[i], other.packets[i]);
    if (i == 0) first_shift = shift;
    const auto of_track = difference_of_track(one.packets[i], other.packets[i], coarse, reorder_buffer);
    if (!of_track.empty()) found += " track " + std::to_string(i) + ":\n" + of_track;
    if (std::abs(shift - first_shift) > coarse * 1.1)
      found +=
          " track " + std::to_string(i) + " is " + text(shift - first_shift) + " s late against track 0\n";
  }
  if (!found.empty()) found += other.said;
  return found;
}

std::string difference(const Frames& file, const Frames& received, const MediaCase& media) {
  if (!file.error.empty()) return "the file: " + file.error;
  if (!received.error.empty()) return "the stream: " + received.error;
  if (file.tracks.size() != received.tracks.size())
    return std::to_string(received.tracks.size()) + " tracks in place of " +
           std::to_string(file.tracks.size()) + "\n";
  std::string found;
  auto whole = file, got = received;
  double first_shift = 0;
  const bool cut = media.quirk == "starts in the middle" || media.quirk == "pre-roll";
  for (std::size_t i = 0; i < whole.tracks.size(); ++i) {
    auto &here = whole.tracks[i], &there = got.tracks[i];
    if (here.empty()) return "the file: track " + std::to_string(i) + " is empty\n";
    if (there.empty()) return "track " + std::to_string(i) + " is empty\n";
    if (cut) drop_until_common(here, there);
    if (i == 0) first_shift = shift_of(here, there);
    const double tolerance = std::max({whole.tick[i], got.tick[i], coarse}) * 1.01;
    if (const auto of_track = difference_of_track(here, there, tolerance); !of_track.empty())
      found += " track " + std::to_string(i) + ":\n" + of_track;
    const double apart = shift_of(here, there) - first_shift;
    if (std::abs(apart) > coarse * 1.1)
      found += " track " + std::to_string(i) + " is " + text(apart) + " s late against track 0\n";
  }
  if (media.audio == Audio::samples)
    found += difference_of_samples(whole.samples, got.samples, media.quirk == "rounded");
  if (!found.empty()) found += received.said;
  return found;
}

}  // namespace lectern::test
