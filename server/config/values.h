#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "server/config/config.h"

namespace lectern::server {

// The forms of values. Each error says what was written and what to write, without the key.

/// Bytes: 1048576, 512KiB, 256MiB, 1.5GiB; kB, MB and GB are powers of ten.
Result<std::uint64_t> parse_size(std::string_view text);
/// Within both ends, which are in bytes.
Result<std::uint64_t> parse_size_within(std::string_view text, std::uint64_t least, std::uint64_t most);
/// Bits a second: 64000, 800kbit, 500Mbit, 10Gbit, with or without /s; 0 for none.
Result<std::uint64_t> parse_bit_rate(std::string_view text);
/// NAME or NAME:GROUP that the system knows; given back as it is.
Result<std::string> parse_system_user(std::string_view text);
/// Whole seconds: 90, 90s, 2min, 1h.
Result<std::chrono::seconds> parse_duration(std::string_view text);
/// Within both ends, which are in seconds.
Result<std::chrono::seconds> parse_duration_within(std::string_view text, unsigned least, unsigned most);
/// yes, true, on; no, false, off.
Result<bool> parse_switch(std::string_view text);
/// 1 to 100 printable characters, none of them a quote, a backslash or a colon.
Result<std::string> parse_realm(std::string_view text);
/// http:// or https:// and what follows, without blanks.
Result<std::string> parse_http_url(std::string_view text);
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most);
/// FIRST-LAST, FIRST even, one pair of ports at least.
Result<PortRange> parse_port_range(std::string_view text);
/// A network of multicast groups: 239.1.0.0/16, ff15::/112.
Result<Network> parse_group_range(std::string_view text);
/// An even port, from 1024 on, with room for the tracks behind it.
Result<std::uint16_t> parse_group_port(std::string_view text);
/// The name of a network interface that there is; given back as it is.
Result<std::string> parse_interface(std::string_view text);
/// ADDR:PORT with an IPv4 address, an IPv6 address in brackets, a host name or nothing; given back as it is.
Result<std::string> parse_listen(std::string_view text);
/// The same, or "off".
Result<std::string> parse_listen_or_off(std::string_view text);
Result<LogLevel> parse_log_level(std::string_view text);
Result<SrtpMode> parse_srtp_mode(std::string_view text);
/// The name of RFC 4568 section 6.2, RFC 6188 or RFC 7714.
Result<srtp::Suite> parse_srtp_suite(std::string_view text);
/// A name in URLs, "/" for the top; given back as PathRoot::name has it.
Result<std::string> parse_path_name(std::string_view text);
/// One of `words`, as it is.
/// "1280x720": pixels, both even, from 16 to 7680.
Result<PictureSize> parse_picture_size(std::string_view text);
Result<std::string> parse_word(std::string_view text, std::initializer_list<std::string_view> words);
/// Whether it is live media rather than a file: a URL, v4l2:DEVICE or pattern.
bool is_live_source(std::string_view text);
Result<std::string> parse_live_source(std::string_view text);
/// A scheme that live media can be pulled by.
Result<std::string> parse_source_protocol(std::string_view text);
/// SHA-256 in hexadecimal digits, with or without colons; given back in lower case without them.
Result<std::string> parse_fingerprint(std::string_view text);
/// An existing file or directory that can be read; relative ones are taken from `base`.
Result<std::filesystem::path> parse_source(std::string_view text, const std::filesystem::path& base);
/// A directory, which may be made later; relative ones are taken from `base`.
Result<std::filesystem::path> parse_directory(std::string_view text, const std::filesystem::path& base);

}  // namespace lectern::server
