#pragma once

#include <memory>

#include "media/file.h"

struct AVFormatContext;
struct AVIOContext;
struct AVPacket;
struct AVStream;

namespace lectern::media {

/// A libavformat demuxer over an open File. It reads that file alone: whatever would open something else
/// (playlists, external references) is refused. Blocks; not for use on a loop.
class Demuxer {
 public:
  /// Opens and finds the streams. Errc::unsupported where libavformat knows no container in it, or one that
  /// only names other media; Errc::io and Errc::invalid otherwise.
  static Result<std::unique_ptr<Demuxer>> open(std::shared_ptr<const File> file);
  ~Demuxer();

  /// The next packet of a stream that is not discarded. Errc::end at the end, Errc::io where the file broke.
  Status read(AVPacket& packet);
  /// To the random access point at or before `timestamp` (in the stream's time base), or with `any` to
  /// exactly the frame there.
  Status seek_time(int stream, std::int64_t timestamp, bool any);
  Status seek_byte(std::int64_t position);

  /// Seeking by byte position is what finds a place again in this container (those without an index).
  [[nodiscard]] bool seeks_by_byte() const;
  /// The container stores no times: they are counted from durations.
  [[nodiscard]] bool untimed() const;
  /// MP4 and MOV: the index is read with the header, and a seek places each track exactly.
  [[nodiscard]] bool is_mov() const;

  AVFormatContext& context() { return *context_; }
  [[nodiscard]] const AVFormatContext& context() const { return *context_; }
  [[nodiscard]] const AVStream& stream(int index) const;
  [[nodiscard]] const File& file() const { return *file_; }
  [[nodiscard]] const std::shared_ptr<const File>& shared_file() const { return file_; }

 private:
  explicit Demuxer(std::shared_ptr<const File> file);

  static int read_callback(void* opaque, std::uint8_t* buffer, int size);
  static std::int64_t seek_callback(void* opaque, std::int64_t offset, int whence);
  static int interrupt_callback(void* opaque);
  void start_deadline();

  std::shared_ptr<const File> file_;
  AVFormatContext* context_ = nullptr;
  AVIOContext* io_ = nullptr;
  std::int64_t position_ = 0;
  std::int64_t deadline_us_ = 0;
};

}  // namespace lectern::media
