#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/rtsp/headers.h"

namespace lectern::rtsp {

/// The tags of all headers of that name (Require, Proxy-Require, Supported: RFC 2326 sections 12.32, 12.27),
/// in order, empty ones left out.
std::vector<std::string> option_tags(const Headers& headers, std::string_view name);
/// For Unsupported: "a, b".
std::string serialize_tags(const std::vector<std::string>& tags);

}  // namespace lectern::rtsp
