#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// The lines of one section of a session description, as they came.
struct SdpSection {
  std::vector<std::string> lines;

  /// The value of the first line that begins with `prefix` ("a=control:", "o="); empty when there is none.
  std::string value(std::string_view prefix) const;
  bool has(std::string_view prefix) const;
};

struct SdpMedia : SdpSection {
  std::string kind() const;      ///< "video"
  int payload_type() const;      ///< the first of the m= line
  int clock_rate() const;        ///< of a=rtpmap, 90000 without one
  std::string encoding() const;  ///< "H264"
};

struct SdpText {
  SdpSection session;
  std::vector<SdpMedia> media;
};

SdpText parse_sdp(std::string_view text);

/// A control attribute against the Content-Base. RFC 2326 C.1.1.
std::string resolve(const std::string& base, const std::string& control);

}  // namespace lectern::test
