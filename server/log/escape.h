#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lectern::server {

/// What a peer sent, fit for one line of a log: control characters (C1 and the Unicode line and direction
/// controls too), backslashes and bytes that are no UTF-8 (RFC 3629) are escaped as \n, \r, \t, \\ or \xHH;
/// after at most `max_length` bytes the rest is cut, at a character's end, and "…" follows.
std::string escape(std::string_view text, std::size_t max_length = 200);

/// `text` without the user name and password of each URL in it (RFC 3986, 3.2.1): rtsp://me:secret@host/a
/// becomes rtsp://host/a. A password with an unescaped slash is found too.
std::string strip_userinfo(std::string_view text);

}  // namespace lectern::server
