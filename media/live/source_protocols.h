#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

/// The schemes of URLs that live media can be pulled by: nothing that reads local files or runs other
/// protocols inside a string.
std::span<const std::string_view> source_schemes();

/// What libavformat may open for sources of these schemes, as its protocol_whitelist has it: they and what
/// they run on. Redirects and playlists lead to nothing else.
std::string protocol_whitelist(std::span<const std::string> schemes);
/// For all of source_schemes().
std::string protocol_whitelist();

}  // namespace lectern::media
