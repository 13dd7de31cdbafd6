#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lectern::test {

/// A file that is played and compared with itself.
struct MediaCase {
  std::string path;   ///< below its root
  bool video = true;  ///< compared picture for picture
  /// How sound is compared: packet for packet, ADTS headers taken off, sample for sample; or not there.
  enum class Audio { none, packets, adts, samples } audio = Audio::none;
  std::string quirk{};  ///< what the comparison must allow for, empty for nothing
};

/// The media of these tests, made with the `ffmpeg` program once: a few seconds of small pictures for every
/// codec and container. Real recordings join where LECTERN_SHARED_MEDIA, or ../shared/media beside the
/// source, has them.
class InteropMedia {
 public:
  /// Makes what is missing. Throws std::runtime_error where ffmpeg fails.
  static const InteropMedia& get();

  const std::filesystem::path& root() const { return root_; }
  const std::vector<MediaCase>& cases() const { return cases_; }
  std::string file(const std::string& path) const { return (root_ / path).string(); }

 private:
  InteropMedia();
  void make_video();
  void make_audio();
  void make_strange();
  void link_recordings();
  void add(MediaCase media, const std::string& arguments);

  std::filesystem::path root_;
  std::vector<MediaCase> cases_;
};

}  // namespace lectern::test
