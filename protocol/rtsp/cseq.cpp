#include "protocol/rtsp/cseq.h"

#include "protocol/base/text.h"

namespace lectern::rtsp {

Result<std::uint32_t> parse_cseq(std::string_view text) {
  const auto value = parse_number<std::uint32_t>(text);
  if (!value) return invalid("CSeq: not a number");
  return *value;
}

}  // namespace lectern::rtsp
