#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

struct SessionHeader {
  std::string id;
  std::optional<std::chrono::seconds> timeout;
  bool operator==(const SessionHeader&) const = default;
};

/// "id[;timeout=seconds]" (RFC 2326 section 12.37); other parameters are passed over. Errc::invalid for an
/// empty id, blanks or non-ASCII in it, a malformed timeout.
Result<SessionHeader> parse_session(std::string_view text);
std::string serialize(const SessionHeader& session);

}  // namespace lectern::rtsp
