#include "media/ffmpeg/muxer_packetizer.h"

#include <algorithm>
#include <new>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/error.h"
#include "media/ffmpeg/handles.h"
#include "protocol/base/byte_reader.h"

namespace lectern::media {
namespace {

constexpr std::size_t rtp_header_size = 12;
// The muxer flushes after each packet; a packet that filled the buffer to its end would be cut in two.
constexpr std::size_t buffer_slack = 64;

bool is_rtcp(std::uint8_t second_byte) {
  return second_byte >= 200 && second_byte <= 207;
}

class MuxerPacketizer final : public payload::Packetizer {
 public:
  MuxerPacketizer() = default;
  MuxerPacketizer(const MuxerPacketizer&) = delete;
  MuxerPacketizer& operator=(const MuxerPacketizer&) = delete;
  ~MuxerPacketizer() override {
    // The muxer frees its buffer here; its last RTCP packet is dropped like the others.
    if (begun_) av_write_trailer(context_.get());
  }

  Status open(const AVCodecParameters& parameters, std::size_t max_payload);
  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override;

 private:
  struct Cut {
    std::size_t size = 0;
    bool marker = false;
    std::uint32_t timestamp = 0;
  };

  static int write_callback(void* opaque, std::uint8_t* data, int size);
  void keep(Bytes packet);

  IoContext io_;
  OutputContext context_;
  Packet packet_{av_packet_alloc()};
  bool begun_ = false;
  bool out_of_memory_ = false;  // for a packet of this unit
  std::int64_t units_ = 0;
  // Kept until the muxer has taken the whole unit, as it may refuse the rest.
  std::vector<Cut> cuts_;
  ByteVector payloads_;
};

int MuxerPacketizer::write_callback(void* opaque, std::uint8_t* data, int size) {
  auto& self = *static_cast<MuxerPacketizer*>(opaque);
  try {
    self.keep(as_bytes(data, static_cast<std::size_t>(size)));
  } catch (const std::bad_alloc&) {
    self.out_of_memory_ = true;  // an error from here would be told of every later unit, too
  }
  return size;
}

void MuxerPacketizer::keep(Bytes packet) {
  ByteReader in(packet);
  in.skip(1);
  const std::uint8_t marker_and_type = in.u8();
  in.skip(2);
  const std::uint32_t timestamp = in.u32();
  in.skip(4);
  if (in.failed() || in.left() == 0 || is_rtcp(marker_and_type)) return;
  cuts_.push_back({in.left(), (marker_and_type & 0x80) != 0, timestamp});
  payloads_.insert(payloads_.end(), in.rest().begin(), in.rest().end());
}

Status MuxerPacketizer::open(const AVCodecParameters& parameters, std::size_t max_payload) {
  AVFormatContext* context = nullptr;
  if (const int code = avformat_alloc_output_context2(&context, nullptr, "rtp", nullptr); code < 0)
    return av_error(code, "rtp muxer");
  context_.reset(context);
  const std::size_t packet_size = max_payload + rtp_header_size;
  const auto buffer_size = static_cast<int>(packet_size + buffer_slack);
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(static_cast<std::size_t>(buffer_size)));
  if (buffer) io_.reset(avio_alloc_context(buffer, buffer_size, 1, this, nullptr, write_callback, nullptr));
  AVStream* stream = avformat_new_stream(context, nullptr);
  if (!io_ || !stream || !packet_) return Error{Errc::internal, "out of memory"};
  io_->max_packet_size = static_cast<int>(packet_size);
  context->pb = io_.get();
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  context->max_delay = 0;
  // H.261 is called experimental there.
  context->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  if (const int code = avcodec_parameters_copy(stream->codecpar, &parameters); code < 0)
    return av_error(code, "rtp muxer");
  stream->codecpar->codec_tag = 0;
  stream->time_base = {1, parameters.sample_rate > 0 ? parameters.sample_rate : 90000};
  if (const int code = avformat_write_header(context, nullptr); code < 0)
    return av_error(code, std::string("rtp muxer refuses ") + avcodec_get_name(parameters.codec_id));
  begun_ = true;
  cuts_.clear();
  payloads_.clear();
  return {};
}

Status MuxerPacketizer::packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) {
  if (unit.data.empty()) return invalid("empty unit");
  if (unit.data.size() > INT32_MAX / 2) return Error{Errc::too_large, "unit too large for the rtp muxer"};
  cuts_.clear();
  payloads_.clear();
  // The muxer copies, and never writes to the unit: av_write_frame() does not take ownership.
  packet_->data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(unit.data.data()));
  packet_->size = static_cast<int>(unit.data.size());
  packet_->flags = unit.random_access ? AV_PKT_FLAG_KEY : 0;
  packet_->pts = packet_->dts = units_++;
  out_of_memory_ = false;
  const int code = av_write_frame(context_.get(), packet_.get());
  packet_->data = nullptr;
  packet_->size = 0;
  if (code < 0) return av_error(code, "rtp muxer");
  if (out_of_memory_) return Error{Errc::internal, "out of memory"};
  std::size_t at = 0;
  for (const Cut& cut : cuts_) {
    std::ranges::copy(Bytes(payloads_).subspan(at, cut.size), sink.reserve(cut.size).begin());
    // No unit is held back, so the first packet has the time of the unit.
    sink.emit(cut.size, cut.marker, static_cast<std::int32_t>(cut.timestamp - cuts_.front().timestamp));
    at += cut.size;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<payload::Packetizer>> make_muxer_packetizer(const AVCodecParameters& parameters,
                                                                   std::size_t max_payload) {
  if (max_payload > 0xffff) return invalid("more payload than a datagram holds");
  auto packetizer = std::make_unique<MuxerPacketizer>();
  if (const Status opened = packetizer->open(parameters, max_payload); !opened) return opened.error();
  return std::unique_ptr<payload::Packetizer>(std::move(packetizer));
}

}  // namespace lectern::media
