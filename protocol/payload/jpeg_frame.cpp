#include "protocol/payload/jpeg_frame.h"

#include <algorithm>
#include <array>

#include "protocol/base/byte_reader.h"
#include "protocol/payload/jpeg_huffman.h"

namespace lectern::payload {
namespace {

// ITU-T T.81 table B.1
enum Marker : std::uint8_t {
  sof0 = 0xc0,
  sof2 = 0xc2,
  dht = 0xc4,
  jpg = 0xc8,
  sof9 = 0xc9,
  dac = 0xcc,
  sof15 = 0xcf,
  rst0 = 0xd0,
  rst7 = 0xd7,
  soi = 0xd8,
  eoi = 0xd9,
  sos = 0xda,
  dqt = 0xdb,
  dri = 0xdd,
  tem = 0x01,
};

constexpr std::uint16_t most_pixels = 2040;  // RFC 2435 section 3.1: 255 blocks of 8

struct Component {
  std::uint8_t id = 0;
  std::uint8_t sampling = 0;
  std::uint8_t quantization_table = 0;
};

Error invalid_jpeg(std::string what) {
  return invalid("JPEG " + std::move(what));
}
Error unsupported_jpeg(std::string what) {
  return unsupported("RTP carries no JPEG " + std::move(what) + " (RFC 2435)");
}

class FrameReader {
 public:
  explicit FrameReader(Bytes data) : reader_(data) {}
  Result<JpegFrame> read();

 private:
  Result<std::uint8_t> next_marker();
  Status read_segment(std::uint8_t marker, Bytes segment);
  Status read_quantization(ByteReader segment);
  Status read_huffman(ByteReader segment);
  Status read_frame_header(ByteReader segment);
  Status read_scan_header(ByteReader segment) const;
  Status read_scan();
  Status finish();

  ByteReader reader_;
  JpegFrame frame_;
  std::array<Bytes, 4> quantization_{};
  std::array<Component, 3> components_{};
  bool has_frame_header_ = false;
};

Result<std::uint8_t> FrameReader::next_marker() {
  if (reader_.u8() != 0xff) return invalid_jpeg("has no marker where one is due");
  std::uint8_t marker = 0xff;
  while (marker == 0xff) marker = reader_.u8();  // fill bytes; a failed read gives 0
  if (marker == 0) return invalid_jpeg("is cut short");
  return marker;
}

Result<JpegFrame> FrameReader::read() {
  auto marker = next_marker();
  if (!marker || *marker != soi) return invalid_jpeg("does not begin with SOI");
  while (true) {
    marker = next_marker();
    if (!marker) return marker.error();
    if (*marker == soi || *marker == tem || (*marker >= rst0 && *marker <= rst7)) continue;
    if (*marker == eoi) return invalid_jpeg("has no scan");
    const std::size_t size = reader_.u16();
    const Bytes segment = reader_.take(size - std::min<std::size_t>(size, 2));
    if (reader_.failed() || size < 2) return invalid_jpeg("segment is cut short");
    if (const Status status = read_segment(*marker, segment); !status) return status.error();
    if (*marker != sos) continue;
    if (const Status status = read_scan(); !status) return status.error();
    if (const Status status = finish(); !status) return status.error();
    return frame_;
  }
}

Status FrameReader::read_segment(std::uint8_t marker, Bytes segment) {
  switch (marker) {
    case dqt:
      return read_quantization(ByteReader(segment));
    case dht:
      return read_huffman(ByteReader(segment));
    case sof0:
      return read_frame_header(ByteReader(segment));
    case sos:
      return read_scan_header(ByteReader(segment));
    case dri: {
      ByteReader reader(segment);
      frame_.restart_interval = reader.u16();
      if (reader.failed()) return invalid_jpeg("DRI is cut short");
      return {};
    }
    default:
      break;
  }
  if (marker == sof2) return unsupported_jpeg("progressive coding");
  if (marker == dac || (marker >= sof9 && marker <= sof15)) return unsupported_jpeg("arithmetic coding");
  if (marker > sof0 && marker < sof9 && marker != jpg) return unsupported_jpeg("coding other than baseline");
  return {};  // APPn, COM and the like
}

Status FrameReader::read_quantization(ByteReader segment) {
  while (segment.left() > 0) {
    const std::uint8_t precision_and_id = segment.u8();
    if (precision_and_id >> 4 != 0) return unsupported_jpeg("quantization tables of 16 bits");
    const Bytes table = segment.take(64);
    if (segment.failed()) return invalid_jpeg("DQT is cut short");
    if (precision_and_id > 3) return invalid_jpeg("DQT has a table number above 3");
    quantization_[precision_and_id] = table;
  }
  return {};
}

Status FrameReader::read_huffman(ByteReader segment) {
  while (segment.left() > 0) {
    const std::uint8_t class_and_id = segment.u8();
    const Bytes from_counts = segment.rest();
    std::size_t values = 0;
    for (const std::byte count : segment.take(16)) values += u8(count);
    segment.skip(values);
    if (segment.failed() || class_and_id >> 4 > 1) return invalid_jpeg("DHT is broken");
    if (!is_standard_huffman_table(class_and_id >> 4 != 0, class_and_id & 0xf,
                                   from_counts.first(16 + values))) {
      return unsupported_jpeg("Huffman tables other than the standard ones");
    }
  }
  return {};
}

Status FrameReader::read_frame_header(ByteReader segment) {
  const std::uint8_t precision = segment.u8();
  frame_.height = segment.u16();
  frame_.width = segment.u16();
  const std::uint8_t count = segment.u8();
  for (Component& component : components_) {
    component.id = segment.u8();
    component.sampling = segment.u8();
    component.quantization_table = segment.u8();
  }
  if (count != components_.size()) return unsupported_jpeg("of " + std::to_string(count) + " components");
  if (segment.failed()) return invalid_jpeg("frame header is cut short");
  if (precision != 8) return unsupported_jpeg("of " + std::to_string(precision) + " bits");
  if (frame_.width == 0 || frame_.height == 0)
    return unsupported_jpeg("without its size in the frame header");
  if (frame_.width > most_pixels || frame_.height > most_pixels) {
    return unsupported_jpeg("of " + std::to_string(frame_.width) + "x" + std::to_string(frame_.height) +
                            ", over 2040");
  }
  const auto& [luma, blue, red] = components_;
  const bool known = luma.sampling == 0x21 || luma.sampling == 0x22;
  if (!known || blue.sampling != 0x11 || red.sampling != 0x11) {
    return unsupported_jpeg("sampling other than 4:2:2 and 4:2:0");
  }
  frame_.type = luma.sampling == 0x22 ? 1 : 0;
  has_frame_header_ = true;
  return {};
}

Status FrameReader::read_scan_header(ByteReader segment) const {
  if (!has_frame_header_) return invalid_jpeg("has a scan before its frame header");
  if (segment.u8() != components_.size()) return unsupported_jpeg("with a scan a component");
  for (std::size_t i = 0; i < components_.size(); ++i) {
    const std::uint8_t id = segment.u8(), tables = segment.u8();
    if (segment.failed()) break;
    if (id != components_[i].id) return unsupported_jpeg("with components in another order");
    if (tables != (i == 0 ? 0x00 : 0x11)) return unsupported_jpeg("with Huffman tables in another order");
  }
  segment.skip(3);  // spectral selection and approximation: baseline has no choice
  if (segment.failed()) return invalid_jpeg("scan header is cut short");
  return {};
}

Status FrameReader::read_scan() {
  const Bytes data = reader_.rest();
  for (std::size_t i = 0; i + 1 < data.size(); ++i) {
    const std::uint8_t next = u8(data[i + 1]);
    // Stuffed zeroes, restart markers and fill bytes are part of the scan.
    if (u8(data[i]) != 0xff || next == 0 || next == 0xff || (next >= rst0 && next <= rst7)) continue;
    if (next != eoi) return unsupported_jpeg("with more than one scan");
    frame_.scan = data.first(i);
    return {};
  }
  frame_.scan = data;  // cameras have been known to leave EOI out, and decoders to manage
  return {};
}

Status FrameReader::finish() {
  const auto& [luma, blue, red] = components_;
  for (const Component& component : components_) {
    if (component.quantization_table > 3 || quantization_[component.quantization_table].empty()) {
      return invalid_jpeg("lacks a quantization table");
    }
  }
  frame_.luma_quantization = quantization_[luma.quantization_table];
  frame_.chroma_quantization = quantization_[blue.quantization_table];
  if (!std::ranges::equal(frame_.chroma_quantization, quantization_[red.quantization_table])) {
    return unsupported_jpeg("with three quantization tables");
  }
  if (frame_.scan.empty()) return invalid_jpeg("has an empty scan");
  return {};
}

}  // namespace

Result<JpegFrame> read_jpeg_frame(Bytes data) {
  return FrameReader(data).read();
}

}  // namespace lectern::payload
