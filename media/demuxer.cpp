#include "media/demuxer.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/allocation_limit.h"
#include "media/ffmpeg/error.h"
#include "media/worker_pool.h"

namespace lectern::media {
namespace {

constexpr int io_buffer_size = 64 * 1024;
/// One call into libavformat may take this long: damaged files can keep a demuxer busy for ever.
constexpr std::int64_t call_deadline_us = 20'000'000;
constexpr int max_streams = 64;

/// Demuxers whose files name other files, or are a program or a picture: never a recording.
constexpr std::array<std::string_view, 15> refused_formats{
    "hls",  "vobsub", "concat",    "dash",  "sdp",    "rtsp",
    "rtp",  "imf",    "tty",       "lavfi", "image2", "webm_dash_manifest",
    "xbin", "bin",    "ffmetadata"};

bool is_refused(const AVInputFormat& format) {
  const std::string_view names = format.name;
  if (names.ends_with("_pipe") || format.flags & AVFMT_NOFILE) return true;
  return std::any_of(refused_formats.begin(), refused_formats.end(), [&](std::string_view refused) {
    return names == refused || names.starts_with(std::string(refused) + ",");
  });
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

Error open_error(int code, const std::string& path) {
  if (code == AVERROR_INVALIDDATA || code == AVERROR_EOF)
    return unsupported(path + ": not a media file that libavformat knows");
  // The file itself is open: what is denied are others that it names.
  if (code == AVERROR(EPERM) || code == AVERROR(EACCES))
    return unsupported(path + ": stands for other files, which are not opened");
  // libavformat's word for more streams than it may make, and for sizes that no media has.
  if (code == AVERROR(ENOMEM))
    return unsupported(path + ": more than " + std::to_string(max_streams) +
                       " tracks, or sizes that cannot be");
  return av_error(code, path);
}

}  // namespace

Demuxer::Demuxer(std::shared_ptr<const File> file) : file_(std::move(file)) {}

Demuxer::~Demuxer() {
  avformat_close_input(&context_);
  if (io_) av_freep(&io_->buffer);
  avio_context_free(&io_);
}

int Demuxer::read_callback(void* opaque, std::uint8_t* buffer, int size) {
  auto& self = *static_cast<Demuxer*>(opaque);
  // libavformat asks the interrupt callback only between its own steps.
  if (interrupt_callback(opaque)) return AVERROR_EXIT;
  try {
    const auto got =
        self.file_->read_at(static_cast<std::uint64_t>(self.position_),
                            {reinterpret_cast<std::byte*>(buffer), static_cast<std::size_t>(size)});
    if (!got) return AVERROR(EIO);
    if (*got == 0) return AVERROR_EOF;
    self.position_ += static_cast<std::int64_t>(*got);
    return static_cast<int>(*got);
  } catch (const std::bad_alloc&) {  // for the words of an error
    return AVERROR(ENOMEM);
  }
}

std::int64_t Demuxer::seek_callback(void* opaque, std::int64_t offset, int whence) {
  auto& self = *static_cast<Demuxer*>(opaque);
  const auto size = static_cast<std::int64_t>(self.file_->size_now());
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return size;
    case SEEK_SET:
      break;
    case SEEK_CUR:
      offset += self.position_;
      break;
    case SEEK_END:
      offset += size;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  return self.position_ = offset;
}

int Demuxer::interrupt_callback(void* opaque) {
  return av_gettime_relative() > static_cast<Demuxer*>(opaque)->deadline_us_ || WorkerPool::stopping_here();
}

void Demuxer::start_deadline() {
  deadline_us_ = av_gettime_relative() + call_deadline_us;
}

Result<std::unique_ptr<Demuxer>> Demuxer::open(std::shared_ptr<const File> file) {
  std::unique_ptr<Demuxer> self(new Demuxer(std::move(file)));
  self->context_ = avformat_alloc_context();
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(io_buffer_size));
  if (buffer)
    self->io_ =
        avio_alloc_context(buffer, io_buffer_size, 0, self.get(), read_callback, nullptr, seek_callback);
  if (!self->context_ || !self->io_) return Error{Errc::internal, "out of memory"};

  AVFormatContext& context = *self->context_;
  context.pb = self->io_;
  context.flags |= AVFMT_FLAG_CUSTOM_IO;
  context.io_open = refuse_to_open;
  context.interrupt_callback = {interrupt_callback, self.get()};
  context.max_streams = max_streams;
  context.protocol_whitelist = av_strdup("none");
  self->start_deadline();
  limit_allocations();
  // Found out here and not by avformat_open_input(), whose demuxers read their headers at once: a playlist
  // opens what it names. The name serves only the guess by file extension.
  const std::string& path = self->file_->path();
  const AVInputFormat* format = nullptr;
  int code = av_probe_input_buffer2(self->io_, &format, path.c_str(), nullptr, 0, 0);
  if (code >= 0 && is_refused(*format)) return unsupported(path + ": " + format->name + " is no recording");
  // Closes and clears the context itself on failure.
  if (code >= 0) code = avformat_open_input(&self->context_, path.c_str(), format, nullptr);
  if (code < 0) return open_error(code, path);
  code = avformat_find_stream_info(self->context_, nullptr);
  if (code < 0) return av_error(code, path);
  return self;
}

Status Demuxer::read(AVPacket& packet) {
  // A damaged stretch may be skipped by reading on; a file that only fails is given up.
  constexpr int attempts = 16;
  start_deadline();
  int code = 0;
  for (int i = 0; i < attempts; ++i) {
    code = av_read_frame(context_, &packet);
    if (code >= 0) return {};
    if (code == AVERROR_EOF || code == AVERROR_EXIT) break;
  }
  return av_error(code, file_->path());
}

Status Demuxer::seek_time(int stream, std::int64_t timestamp, bool any) {
  start_deadline();
  const int code =
      av_seek_frame(context_, stream, timestamp, AVSEEK_FLAG_BACKWARD | (any ? AVSEEK_FLAG_ANY : 0));
  if (code < 0) return av_error(code, file_->path());
  return {};
}

Status Demuxer::seek_byte(std::int64_t position) {
  start_deadline();
  const int code = av_seek_frame(context_, -1, position, AVSEEK_FLAG_BYTE);
  if (code < 0) return av_error(code, file_->path());
  return {};
}

bool Demuxer::untimed() const {
  const AVFormatContext& context = *context_;
  if (context.nb_streams != 1) return false;
  const std::string_view name = context.iformat->name;
  return context.iformat->flags & AVFMT_NOTIMESTAMPS || name == "mp3" || name == "aac" || name == "ac3" ||
         context.iformat->raw_codec_id != AV_CODEC_ID_NONE;
}

bool Demuxer::seeks_by_byte() const {
  const std::string_view name = context_->iformat->name;
  return untimed() || name == "mpegts" || name == "mpeg";
}

bool Demuxer::is_mov() const {
  return std::string_view(context_->iformat->name).starts_with("mov,");
}

const AVStream& Demuxer::stream(int index) const {
  return *context_->streams[index];
}

}  // namespace lectern::media
