#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::rtsp {

/// One entry of KeyMgmt (RFC 4567 section 3.2): prot=mikey;uri="rtsp://host/path/track1";data="<base64>".
struct KeyMgmt {
  static constexpr std::size_t max_size = 4096;   ///< of the data; a MIKEY message has some 150 bytes
  static constexpr std::size_t max_entries = 64;  ///< as many as an SDP may have media

  std::string protocol = "mikey";
  std::string uri;  ///< what the key is for; empty where it was left out
  ByteVector data;

  bool operator==(const KeyMgmt&) const = default;
};

/// At least one entry, comma-separated. Blanks may stand around each part, and quotes may be missing;
/// parameters that are not known are passed over. Errc::invalid without prot or data and for what is
/// malformed, Errc::too_large over a limit.
Result<std::vector<KeyMgmt>> parse_key_mgmt(std::string_view text);
std::string serialize(const KeyMgmt& entry);
std::string serialize(const std::vector<KeyMgmt>& entries);

}  // namespace lectern::rtsp
