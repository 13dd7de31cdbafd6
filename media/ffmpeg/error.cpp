#include "media/ffmpeg/error.h"

#include <array>

extern "C" {
#include <libavutil/error.h>
}

namespace lectern::media {
namespace {

Errc kind_of(int code) {
  switch (code) {
    case AVERROR_EOF:
      return Errc::end;
    case AVERROR(ENOENT):
      return Errc::not_found;
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return Errc::denied;
    case AVERROR_INVALIDDATA:
    case AVERROR(EINVAL):
      return Errc::invalid;
    case AVERROR_PATCHWELCOME:
    case AVERROR(ENOSYS):
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_MUXER_NOT_FOUND:
    case AVERROR_BSF_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
      return Errc::unsupported;
    default:
      return Errc::io;
  }
}

}  // namespace

Error av_error(int code, std::string_view what) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  std::string message(what);
  if (!message.empty()) message += ": ";
  return {kind_of(code), message + text.data()};
}

}  // namespace lectern::media
