#pragma once

#include <string>
#include <string_view>

namespace lectern::media {

/// The language tag of RFC 5646 for what containers store, which is ISO 639-2 mostly: the shortest code there
/// is, so "en" for "eng" and "de" for "ger" and "deu". What is unknown here stays as it is where it can be a
/// tag; empty where it cannot, and for "und".
std::string language_tag(std::string_view stored);

}  // namespace lectern::media
