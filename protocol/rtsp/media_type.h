#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/rtsp/headers.h"

namespace lectern::rtsp {

/// Content-Type without its parameters, in lower case: "application/sdp". Errc::invalid for anything but
/// token "/" token. RFC 2326 section 12.16, RFC 2068 section 3.7.
Result<std::string> parse_media_type(std::string_view text);
/// Whether the client takes `type` ("application/sdp"): no Accept or an empty one takes everything; otherwise
/// the most specific entry that matches decides, and q=0 excludes. RFC 2326 section 12.1, RFC 2068
/// section 14.1.
bool accepts(const Headers& headers, std::string_view type);

}  // namespace lectern::rtsp
