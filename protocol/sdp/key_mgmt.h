#pragma once

#include <string>
#include <string_view>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::sdp {

/// The value of a=key-mgmt (RFC 4567 section 3.1): "mikey <base64>".
struct KeyMgmt {
  static constexpr std::size_t max_size = 4096;  ///< of the data; a MIKEY message has some 150 bytes

  std::string protocol = "mikey";
  ByteVector data;

  bool operator==(const KeyMgmt&) const = default;
};

/// Errc::invalid where it is malformed, Errc::too_large over the limit.
Result<KeyMgmt> parse_key_mgmt(std::string_view value);
/// The value alone, without "a=key-mgmt:".
std::string serialize(const KeyMgmt& key_mgmt);

}  // namespace lectern::sdp
