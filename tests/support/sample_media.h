#pragma once

#include <filesystem>
#include <string>

namespace lectern::test {

/// The media that the tests serve, made with the `ffmpeg` program once and kept in the build directory
/// (LECTERN_SAMPLE_MEDIA names another place).
///
///     root/lecture.mp4         H.264 320x240, 25 frames a second, two B-frames, a key frame each second;
///     AAC; 10 s;
///                              creation_time 2026-01-02T03:04:05Z
///     root/short.mp4           the same, 2 s
///     root/talk.mp3            sound alone, 5 s
///     root/languages.mp4       one video, two audio tracks (eng, deu), 2 s
///     root/flac.mkv            no track that RTP has a payload for here; subtitles.mkv: the same with text
///     alone root/text.mp4 empty.mp4 pipe.mp4 noindex.mp4 hls.mp4 concat.mp4    not media, whatever they are
///     called root/cut.mp4 flipped-N.mp4 many-tracks.mp4                         broken or strange media
///     root/season/week 1/Einführung 100%.mp4, root/inside.mp4 (a link to lecture.mp4)
///     root/outside.mp4, root/outside (links to ../outside and what is in it)
///     outside/secret.mp4       must never be opened
class SampleMedia {
 public:
  /// Makes what is missing. Throws std::runtime_error when ffmpeg fails.
  static const SampleMedia& get();

  const std::filesystem::path& root() const { return root_; }
  const std::filesystem::path& outside() const { return outside_; }

 private:
  SampleMedia();
  void make_media() const;
  void make_names() const;
  void make_broken() const;

  std::filesystem::path root_;
  std::filesystem::path outside_;
};

}  // namespace lectern::test
