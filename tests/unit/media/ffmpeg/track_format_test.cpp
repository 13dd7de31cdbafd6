#include "media/ffmpeg/track_format.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/handles.h"
#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::media;
using lectern::test::RecordedPackets;

namespace {

constexpr std::size_t max_payload = payload::default_max_payload;

/// A file that the ffmpeg command writes, gone with the object.
class MadeFile {
 public:
  MadeFile(const std::string& arguments, const std::string& name) {
    const auto pattern = (std::filesystem::temp_directory_path() / "lectern-XXXXXX").string();
    folder_ = pattern;
    REQUIRE(mkdtemp(folder_.data()));
    path_ = folder_ + "/" + name;
    const std::string command = "ffmpeg -nostdin -loglevel error " + arguments + " -bitexact " + path_;
    CAPTURE(command);
    REQUIRE(std::system(command.c_str()) == 0);
  }
  MadeFile(const MadeFile&) = delete;
  MadeFile& operator=(const MadeFile&) = delete;
  ~MadeFile() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] InputContext open() const {
    AVFormatContext* context = nullptr;
    REQUIRE(avformat_open_input(&context, path_.c_str(), nullptr, nullptr) == 0);
    InputContext owner(context);
    REQUIRE(avformat_find_stream_info(context, nullptr) >= 0);
    return owner;
  }

 private:
  std::string folder_, path_;
};

/// A stream with nothing but parameters.
struct MadeStream {
  explicit MadeStream(AVCodecID codec, AVMediaType type = AVMEDIA_TYPE_AUDIO, int rate = 48000,
                      int channels = 2)
      : context(avformat_alloc_context()), stream(avformat_new_stream(context.get(), nullptr)) {
    stream->codecpar->codec_type = type;
    stream->codecpar->codec_id = codec;
    stream->codecpar->sample_rate = rate;
    if (channels > 0) av_channel_layout_default(&stream->codecpar->ch_layout, channels);
  }
  OutputContext context;
  AVStream* stream;
};

/// Every unit of the file cut; false where one was refused.
bool cut_all(AVFormatContext& input, payload::Packetizer& packetizer, RecordedPackets& sink) {
  const Packet packet(av_packet_alloc());
  while (av_read_frame(&input, packet.get()) >= 0) {
    const Bytes data = as_bytes(packet->data, static_cast<std::size_t>(packet->size));
    const Status cut = packetizer.packetize({data, (packet->flags & AV_PKT_FLAG_KEY) != 0}, sink);
    av_packet_unref(packet.get());
    if (!cut) return false;
  }
  return packetizer.flush(sink).ok();
}

struct Expected {
  std::string arguments, name, media, encoding;
  std::uint32_t clock_rate;
  unsigned channels;
  int static_type;   ///< -1 for none
  std::string fmtp;  ///< its beginning
};

const std::string sine = "-f lavfi -i sine=440:r=48000:d=0.2 ";
const std::string picture = "-f lavfi -i testsrc=s=176x144:r=25:d=0.2 -pix_fmt yuv420p ";

}  // namespace

TEST_CASE("files of the field have their RTP form", "[media][track]") {
  const auto expected = GENERATE(values<Expected>({
      {sine + "-ac 2 -c:a aac", "a.mp4", "audio", "mpeg4-generic", 48000, 2, -1,
       "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config="
       "1190"},
      {sine + "-ac 2 -c:a aac", "a.ts", "audio", "mpeg4-generic", 48000, 2, -1,
       "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config="
       "1190"},
      {sine + "-ac 1 -c:a aac", "a.aac", "audio", "mpeg4-generic", 48000, 1, -1, "streamtype=5"},
      {sine + "-ac 2 -c:a libopus", "a.mkv", "audio", "opus", 48000, 2, -1, "sprop-stereo=1"},
      {sine + "-ac 2 -c:a libvorbis", "a.ogg", "audio", "vorbis", 48000, 2, -1, "configuration=AAAAAf7Nug"},
      {sine + "-ac 2 -c:a ac3", "a.ac3", "audio", "ac3", 48000, 2, -1, ""},
      {sine + "-ac 2 -c:a mp2", "a.mp2", "audio", "MPA", 90000, 0, 14, ""},
      {sine + "-ar 8000 -c:a pcm_alaw", "a.wav", "audio", "PCMA", 8000, 1, 8, ""},
      {sine + "-ar 8000 -c:a pcm_mulaw", "a.wav", "audio", "PCMU", 8000, 1, 0, ""},
      {sine + "-ar 16000 -ac 2 -c:a pcm_mulaw", "a.wav", "audio", "PCMU", 16000, 2, -1, ""},
      {sine + "-ar 44100 -ac 2 -c:a pcm_s16le", "a.wav", "audio", "L16", 44100, 2, 10, ""},
      {sine + "-ar 44100 -ac 1 -c:a pcm_f32le", "a.wav", "audio", "L16", 44100, 1, 11, ""},
      {sine + "-ac 2 -c:a pcm_s24le", "a.wav", "audio", "L16", 48000, 2, -1, ""},
      {sine + "-ac 2 -c:a pcm_s16le_planar", "a.nut", "audio", "L16", 48000, 2, -1, ""},
      {sine + "-ac 2 -c:a pcm_dvd", "a.vob", "audio", "L16", 48000, 2, -1, ""},
      {sine + "-ac 2 -c:a pcm_bluray", "a.m2ts", "audio", "L16", 48000, 2, -1, ""},
      {sine + "-ar 16000 -c:a g722", "a.wav", "audio", "G722", 8000, 1, 9, ""},
      {picture + "-c:v mpeg4", "v.mp4", "video", "MP4V-ES", 90000, 0, -1,
       "profile-level-id=1;config=000001B0"},
      {picture + "-c:v mpeg2video", "v.ts", "video", "MPV", 90000, 0, 32, ""},
      {picture + "-c:v h263", "v.3gp", "video", "H263-2000", 90000, 0, -1, ""},
      {picture + "-c:v h261", "v.mkv", "video", "H261", 90000, 0, 31, ""},
      {picture + "-c:v libtheora", "v.ogv", "video", "theora", 90000, 0, -1,
       "delivery-method=inline;width=176"},
      {picture + "-c:v libx264", "v.mp4", "video", "H264", 90000, 0, -1, "packetization-mode=1"},
      {picture + "-c:v libx265 -x265-params log-level=error", "v.mp4", "video", "H265", 90000, 0, -1,
       "sprop-"},
      {picture + "-pix_fmt yuv420p10 -c:v vc2", "v.mkv", "video", "VC2", 90000, 0, -1, ""},
      {picture + "-c:v libaom-av1 -cpu-used 8", "v.mp4", "video", "AV1", 90000, 0, -1,
       "profile=0;level-idx="},
      {picture + "-c:v libaom-av1 -cpu-used 8", "v.ivf", "video", "AV1", 90000, 0, -1, ""},
      {picture + "-c:v libvpx", "v.webm", "video", "VP8", 90000, 0, -1, ""},
      {picture + "-c:v libvpx-vp9", "v.webm", "video", "VP9", 90000, 0, -1, ""},
      {picture + "-c:v mjpeg -huffman default -pix_fmt yuvj420p", "v.mkv", "video", "JPEG", 90000, 0, 26, ""},
  }));
  CAPTURE(expected.arguments, expected.name);
  const MadeFile file(expected.arguments, expected.name);
  const InputContext input = file.open();
  const auto format = track_format(*input->streams[0], max_payload);
  if (!format) FAIL(format.error().message);
  CHECK(format->media == expected.media);
  CHECK(format->encoding == expected.encoding);
  CHECK(format->clock_rate == expected.clock_rate);
  CHECK(format->channels == expected.channels);
  CHECK((format->static_payload_type ? *format->static_payload_type : -1) == expected.static_type);
  CHECK(format->fmtp.substr(0, expected.fmtp.size()) == expected.fmtp);
  auto packetizer = format->make_packetizer();
  REQUIRE(packetizer);
  RecordedPackets sink;
  CHECK(cut_all(*input, **packetizer, sink));
  CHECK(sink.packets.size() >= 2);
  for (const auto& packet : sink.packets) CHECK(packet.hex.size() <= 2 * max_payload);
}

TEST_CASE("streams without an RTP form say so", "[media][track]") {
  const MadeStream flac(AV_CODEC_ID_FLAC);
  const auto refused = track_format(*flac.stream, max_payload);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::unsupported);
  CHECK(refused.error().message == "flac has no RTP payload format here");
  const auto code = [](const MadeStream& made) {
    return track_format(*made.stream, max_payload).error().code;
  };
  CHECK(code(MadeStream(AV_CODEC_ID_EAC3)) == Errc::unsupported);
  CHECK(code(MadeStream(AV_CODEC_ID_SUBRIP, AVMEDIA_TYPE_SUBTITLE)) == Errc::unsupported);
  CHECK(code(MadeStream(AV_CODEC_ID_OPUS, AVMEDIA_TYPE_AUDIO, 48000, 6)) == Errc::unsupported);
  CHECK(code(MadeStream(AV_CODEC_ID_VORBIS)) == Errc::unsupported);
  CHECK(code(MadeStream(AV_CODEC_ID_AAC, AVMEDIA_TYPE_AUDIO, 48001)) == Errc::invalid);
  CHECK(code(MadeStream(AV_CODEC_ID_PCM_S16LE, AVMEDIA_TYPE_AUDIO, 0)) == Errc::invalid);
  CHECK(code(MadeStream(AV_CODEC_ID_PCM_S16LE, AVMEDIA_TYPE_AUDIO, 48000, 0)) == Errc::invalid);
}

TEST_CASE("HE-AAC without a configuration is described by its core", "[media][track]") {
  const MadeStream made(AV_CODEC_ID_AAC);
  made.stream->codecpar->profile = FF_PROFILE_AAC_HE_V2;
  const auto format = track_format(*made.stream, max_payload);
  REQUIRE(format);
  CHECK(format->clock_rate == 24000);
  CHECK(format->channels == 1);
  CHECK(format->fmtp.ends_with("config=1308"));
}

TEST_CASE("iLBC is told by its blocks", "[media][track]") {
  const MadeStream made(AV_CODEC_ID_ILBC, AVMEDIA_TYPE_AUDIO, 8000, 1);
  CHECK(track_format(*made.stream, max_payload).error().code == Errc::unsupported);
  made.stream->codecpar->block_align = 50;
  const auto format = track_format(*made.stream, max_payload);
  REQUIRE(format);
  CHECK(format->encoding == "iLBC");
  CHECK(format->fmtp == "mode=30");
}

TEST_CASE("AMR tells its alignment", "[media][track]") {
  const MadeStream made(AV_CODEC_ID_AMR_WB, AVMEDIA_TYPE_AUDIO, 16000, 1);
  const auto format = track_format(*made.stream, max_payload);
  REQUIRE(format);
  CHECK(format->encoding == "AMR-WB");
  CHECK(format->clock_rate == 16000);
  CHECK(format->fmtp == "octet-align=1");
}
