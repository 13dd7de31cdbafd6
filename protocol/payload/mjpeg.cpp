#include "protocol/payload/mjpeg.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/payload/fragments.h"
#include "protocol/payload/jpeg_frame.h"

namespace lectern::payload {
namespace {

// RFC 2435 sections 3.1.1 to 3.1.8
constexpr std::size_t main_header_size = 8, restart_header_size = 4, quantization_header_size = 4 + 2 * 64;
constexpr std::size_t most_scan = 0xffffff;  // the fragment offset has 24 bits
// Half a packet still has room for the tables, however the picture is cut.
constexpr std::size_t least_max_payload = 320;
constexpr std::uint8_t restart_type = 64;
constexpr std::uint8_t tables_in_band = 255;

class MjpegPacketizer final : public Packetizer {
 public:
  explicit MjpegPacketizer(std::size_t max_payload)
      : max_payload_(std::max(max_payload, least_max_payload)) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    const auto frame = read_jpeg_frame(unit.data);
    if (!frame) return frame.error();
    if (frame->scan.size() > most_scan) return unsupported("JPEG of more than 16 MiB");
    const std::size_t headers = main_header_size + (frame->restart_interval > 0 ? restart_header_size : 0);
    // The tables count as if they were data, so that the packets are equal with them.
    const std::size_t most =
        fragment_size(quantization_header_size + frame->scan.size(), max_payload_ - headers);
    for (std::size_t at = 0; at < frame->scan.size();) {
      const std::size_t room = at == 0 ? most - quantization_header_size : most;
      const Bytes piece = frame->scan.subspan(at, std::min(room, frame->scan.size() - at));
      ByteWriter writer(sink.reserve(max_payload_).first(max_payload_));
      write_headers(*frame, at, writer);
      writer.bytes(piece);
      at += piece.size();
      sink.emit(writer.size(), at == frame->scan.size());
    }
    return {};
  }

 private:
  static void write_headers(const JpegFrame& frame, std::size_t offset, ByteWriter& writer) {
    const bool restarts = frame.restart_interval > 0;
    const auto blocks = [](unsigned pixels) { return static_cast<std::uint8_t>((pixels + 7) / 8); };
    writer
        .u8(0)  // type-specific: progressively scanned
        .u24(static_cast<std::uint32_t>(offset))
        .u8(static_cast<std::uint8_t>(frame.type + (restarts ? restart_type : 0)))
        .u8(tables_in_band)
        // Rounded up: the coded blocks are there, and the header has no finer unit.
        .u8(blocks(frame.width))
        .u8(blocks(frame.height));
    if (restarts)
      writer.u16(frame.restart_interval).u16(0xffff);  // F, L and all ones: wait for the whole picture
    if (offset == 0) {
      writer.u8(0).u8(0).u16(2 * 64).bytes(frame.luma_quantization).bytes(frame.chroma_quantization);
    }
  }

  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> MjpegFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<MjpegPacketizer>(max_payload);
}

}  // namespace lectern::payload
