#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::payload {

/// What RFC 2435 carries of a JPEG picture (ITU-T T.81).
struct JpegFrame {
  std::uint8_t type = 0;  ///< 0 for 4:2:2, 1 for 4:2:0 (RFC 2435 section 4.1)
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint16_t restart_interval = 0;  ///< in MCUs; 0 without restart markers
  Bytes luma_quantization;             ///< 64 bytes in zigzag order
  Bytes chroma_quantization;
  Bytes scan;  ///< entropy-coded data with its restart markers, up to EOI
};

/// Errc::unsupported, naming the reason, for pictures that are fine but have no form in RFC 2435;
/// Errc::invalid for those that break T.81. A picture without Huffman tables, as in AVI, means the standard
/// ones. Of two fields in one unit the first is read.
Result<JpegFrame> read_jpeg_frame(Bytes data);

}  // namespace lectern::payload
