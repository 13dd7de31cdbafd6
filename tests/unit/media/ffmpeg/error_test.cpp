#include "media/ffmpeg/error.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavutil/error.h>
}

using namespace lectern;
using lectern::media::av_error;

TEST_CASE("FFmpeg's codes become errors with its text", "[media]") {
  CHECK(av_error(AVERROR_EOF, "a.mp4").code == Errc::end);
  CHECK(av_error(AVERROR(ENOENT), "").code == Errc::not_found);
  CHECK(av_error(AVERROR(EACCES), "").code == Errc::denied);
  CHECK(av_error(AVERROR_INVALIDDATA, "").code == Errc::invalid);
  CHECK(av_error(AVERROR_DECODER_NOT_FOUND, "").code == Errc::unsupported);
  CHECK(av_error(AVERROR(EIO), "").code == Errc::io);
  CHECK(av_error(AVERROR(ENOENT), "a.mp4").message == "a.mp4: No such file or directory");
  CHECK(av_error(AVERROR_EOF, "").message == "End of file");
}
