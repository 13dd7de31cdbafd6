#include "server/config/values.h"

#include <fmt/format.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <system_error>

#include "media/live/source_protocols.h"
#include "media/live/source_url.h"
#include "protocol/base/text.h"
#include "server/config/suggest.h"
#include "server/log/escape.h"
#include "server/privileges.h"

namespace lectern::server {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 8> size_units{{{"", 1},
                                          {"b", 1},
                                          {"kib", 1ull << 10},
                                          {"mib", 1ull << 20},
                                          {"gib", 1ull << 30},
                                          {"kb", 1'000},
                                          {"mb", 1'000'000},
                                          {"gb", 1'000'000'000}}};
constexpr std::array<Unit, 5> bit_rate_units{
    {{"", 1}, {"bit", 1}, {"kbit", 1'000}, {"mbit", 1'000'000}, {"gbit", 1'000'000'000}}};
constexpr std::array<Unit, 4> time_units{{{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}}};

/// A number that may have a fraction, blanks, and a unit of any case; nullopt where it is none or past 2^53.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || error != std::errc{} || end != text.data() + digits) return std::nullopt;
  const std::string_view unit = trim(text.substr(digits));
  for (const Unit& known : units) {
    if (!equals_ignoring_case(unit, known.name)) continue;
    const double value = number * static_cast<double>(known.factor);
    if (value != std::floor(value) || value > 0x1p53) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

std::string quoted(std::string_view text) {
  return '"' + escape(text, 80) + '"';
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto value = parse_quantity(text, size_units);
  if (!value) return invalid(quoted(text) + " is not a size (write 256MiB)");
  return *value;
}

Result<std::uint64_t> parse_size_within(std::string_view text, std::uint64_t least, std::uint64_t most) {
  auto size = parse_size(text);
  if (size && (*size < least || *size > most))
    return invalid(fmt::format("must be from {} to {} bytes", least, most));
  return size;
}

Result<std::uint64_t> parse_bit_rate(std::string_view text) {
  if (equals_ignoring_case(text, "none")) return std::uint64_t{0};
  const bool per_second = text.ends_with("/s");
  const auto value = parse_quantity(per_second ? text.substr(0, text.size() - 2) : text, bit_rate_units);
  if (!value) return invalid(quoted(text) + " is not a bit rate (write 500Mbit, or none)");
  if (*value > 0 && *value < 1000) return invalid(quoted(text) + " is less than 1kbit (write 500Mbit)");
  return *value;
}

Result<std::string> parse_system_user(std::string_view text) {
  if (const auto account = find_system_user(text); !account) return account.error();
  return std::string(text);
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto value = parse_quantity(text, time_units);
  if (!value) return invalid(quoted(text) + " is not a time (write 60s)");
  return std::chrono::seconds(*value);
}

Result<std::chrono::seconds> parse_duration_within(std::string_view text, unsigned least, unsigned most) {
  auto time = parse_duration(text);
  if (time && (time->count() < least || time->count() > most))
    return invalid(fmt::format("must be from {}s to {}s", least, most));
  return time;
}

Result<bool> parse_switch(std::string_view text) {
  for (const std::string_view word : {"yes", "true", "on"})
    if (equals_ignoring_case(text, word)) return true;
  for (const std::string_view word : {"no", "false", "off"})
    if (equals_ignoring_case(text, word)) return false;
  return invalid(quoted(text) + " is neither yes nor no");
}

Result<std::string> parse_realm(std::string_view text) {
  // live555 and FFmpeg know no escapes in it, and Digest puts it between colons.
  const bool plain = escape(text, text.size()) == text && text.find_first_of("\"\\:") == text.npos;
  if (!plain || text.empty() || text.size() > 100)
    return invalid(quoted(text) + " is not a realm (1 to 100 characters, no quote, backslash or colon)");
  return std::string(text);
}

Result<std::string> parse_http_url(std::string_view text) {
  const auto halves = split_once(text, ':');
  const bool http = halves && (halves->first == "http" || halves->first == "https") &&
                    halves->second.starts_with("//") && halves->second.size() > 2;
  if (!http || text.find(' ') != text.npos || escape(text, text.size()) != text)
    // The URL may hold a password: it is not repeated.
    return invalid("is not a URL (write http://127.0.0.1:8080/auth)");
  return std::string(text);
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_number<std::uint64_t>(text);
  if (!value || *value < least || *value > most) {
    return invalid(fmt::format("{} is not a number from {} to {}", quoted(text), least, most));
  }
  return *value;
}

Result<PortRange> parse_port_range(std::string_view text) {
  const auto ends = split_once(text, '-');
  const auto first = ends ? parse_number<std::uint16_t>(trim(ends->first)) : std::nullopt;
  const auto last = ends ? parse_number<std::uint16_t>(trim(ends->second)) : std::nullopt;
  if (!first || !last || *first == 0) {
    return invalid(quoted(text) + " is not a range of ports (write 40000-40010)");
  }
  if (*first % 2 != 0) return invalid(quoted(text) + " begins with an odd port; RTP takes even ones");
  if (*last <= *first) return invalid(quoted(text) + " holds no pair of ports");
  return PortRange{*first, *last};
}

Result<Network> parse_group_range(std::string_view text) {
  auto range = Network::parse(text);
  if (!range) return std::move(range).error();
  const unsigned least = range->first().family() == Endpoint::Family::v4 ? 4 : 8;
  if (!range->first().is_multicast() || range->prefix() < least)
    return invalid('"' + escape(text, 80) +
                   "\" is no range of multicast groups (write one of 239.0.0.0/8, as 239.1.0.0/16, or of "
                   "ff00::/8, as ff15::/112)");
  if (Network::parse("224.0.0.0/24")->contains(range->first()))
    return invalid("224.0.0.0/24 is for the routers' own use (write 239.1.0.0/16)");
  return range;
}

Result<std::uint16_t> parse_group_port(std::string_view text) {
  // 32 tracks have 32 pairs.
  const auto port = parse_count(text, 1024, 65'472);
  if (!port) return port.error();
  if (*port % 2 != 0) return invalid("must be even: RTP has it, and RTCP the next one");
  return static_cast<std::uint16_t>(*port);
}

Result<std::string> parse_interface(std::string_view text) {
  std::string name(text);
  if (name.find('\0') != name.npos || ::if_nametoindex(name.c_str()) == 0)
    return invalid("there is no network interface \"" + escape(text, 80) + '"');
  return name;
}

Result<std::string> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || !parse_number<std::uint16_t>(text.substr(colon + 1))) {
    return invalid(quoted(text) + " is not an address and port (write 0.0.0.0:8554, [::]:8554 or :8554)");
  }
  const std::string_view address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (!bracketed && address.find_first_of(":[] \t/") != address.npos) {
    return invalid(quoted(text) +
                   " is not an address and port (an IPv6 address stands in brackets: [::1]:8554)");
  }
  return std::string(text);
}

Result<std::string> parse_listen_or_off(std::string_view text) {
  if (text == listen_off) return std::string(text);
  auto parsed = parse_listen(text);
  if (!parsed) return invalid(parsed.error().message + ", or off");
  return parsed;
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < log_level_names.size(); ++i) {
    if (log_level_names[i] == text) return static_cast<LogLevel>(i);
  }
  return invalid(fmt::format("{} is not one of {}{}", quoted(text), fmt::join(log_level_names, ", "),
                             suggestion(text, log_level_names)));
}

Result<SrtpMode> parse_srtp_mode(std::string_view text) {
  static constexpr std::array<std::string_view, 4> names{"off", "optional", "required", "sdes"};
  const auto found = std::ranges::find(names, text);
  if (found != names.end()) return static_cast<SrtpMode>(found - names.begin());
  return invalid(
      fmt::format("{} is not one of {}{}", quoted(text), fmt::join(names, ", "), suggestion(text, names)));
}

Result<srtp::Suite> parse_srtp_suite(std::string_view text) {
  if (const auto suite = srtp::suite_named(text)) return *suite;
  std::vector<std::string_view> names;
  for (const srtp::SuiteInfo& each : srtp::suites) names.push_back(each.name);
  return invalid(
      fmt::format("{} is not one of {}{}", quoted(text), fmt::join(names, ", "), suggestion(text, names)));
}

Result<std::string> parse_path_name(std::string_view text) {
  if (text == "/") return std::string();
  for (const std::string_view segment : split(text, '/')) {
    if (segment.empty())
      return invalid("is not a name (no slash at its ends, none twice; / alone is the top)");
    if (segment == "." || segment == "..") return invalid("is not a name (no . or .. in it)");
    if (segment.find('\\') != segment.npos || escape(segment, segment.size()) != segment) {
      return invalid("is not a name (no backslash and no control character in it)");
    }
  }
  return std::string(text);
}

Result<std::string> parse_word(std::string_view text, std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, text) != words.end()) return std::string(text);
  const std::vector<std::string_view> known(words);
  return invalid(
      fmt::format("{} is not one of {}{}", quoted(text), fmt::join(known, ", "), suggestion(text, known)));
}

Result<PictureSize> parse_picture_size(std::string_view text) {
  const auto fits = [](const auto& side) { return side && *side >= 16 && *side <= 7680 && *side % 2 == 0; };
  const auto between = text.find('x');
  if (between != text.npos) {
    const auto width = parse_number<unsigned>(text.substr(0, between)),
               height = parse_number<unsigned>(text.substr(between + 1));
    if (fits(width) && fits(height)) return PictureSize{*width, *height};
  }
  return invalid(quoted(text) + " is not a size (write 1280x720; even numbers from 16 to 7680)");
}

bool is_live_source(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  if (scheme == "v4l2" || scheme == "pattern") return colon != text.npos || text == "pattern";
  return colon < text.find('/') && text.substr(colon).starts_with("://");
}

Result<std::string> parse_live_source(std::string_view text) {
  if (escape(text, text.size()) != text) return invalid("is no URL (no control characters in it)");
  if (text.starts_with("v4l2:") && !text.starts_with("v4l2:/"))
    return invalid("names no device (v4l2:/dev/video0)");
  if (text.starts_with("file:")) return invalid("is a file: write its path");
  if (text.starts_with("pattern:") && text != "pattern:") return invalid("has no options (write pattern)");
  const auto scheme = text.substr(0, text.find(':'));
  if (scheme == "v4l2" || scheme == "pattern") return std::string(text);
  const auto schemes = media::source_schemes();
  if (std::ranges::find(schemes, scheme) == schemes.end())
    return invalid(
        fmt::format("is of no protocol that is pulled: {}{}", quoted(scheme), suggestion(scheme, schemes)));
  // These may wait for a sender, as in udp://@:5004 and srt://:9000?mode=listener.
  static constexpr std::array<std::string_view, 5> without_host{"srt", "rtp", "srtp", "udp", "tcp"};
  if (std::ranges::find(without_host, scheme) != without_host.end() || media::SourceUrl::parse(text))
    return std::string(text);
  return invalid(text.find('@') != text.npos
                     ? "has no host and port behind the password; write / ? and # in that as %2F %3F and %23"
                     : "names no host, or no port from 0 to 65535 behind its colon");
}

Result<std::string> parse_source_protocol(std::string_view text) {
  const auto schemes = media::source_schemes();
  if (std::ranges::find(schemes, text) != schemes.end()) return std::string(text);
  return invalid(fmt::format("{} is not one of {}{}", quoted(text), fmt::join(schemes, ", "),
                             suggestion(text, schemes)));
}

Result<std::string> parse_fingerprint(std::string_view text) {
  const auto colons = static_cast<std::size_t>(std::ranges::count(text, ':'));
  const bool fits =
      text.find_first_not_of("0123456789abcdefABCDEF:") == text.npos && text.size() - colons == 64;
  if (!fits)
    return invalid(quoted(text) +
                   " is no SHA-256 fingerprint (64 hexadecimal digits, as openssl x509 -fingerprint -sha256 "
                   "prints them)");
  std::string digits = to_lower(text);
  std::erase(digits, ':');
  return digits;
}

Result<std::filesystem::path> parse_source(std::string_view text, const std::filesystem::path& base) {
  namespace fs = std::filesystem;
  if (text.empty()) return invalid("\"\" is not a path");
  const fs::path path = (base / fs::path(text)).lexically_normal();
  const std::string shown = escape(path.native(), 300);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return Error{Errc::not_found, shown + " does not exist"};
  if (!fs::status_known(status)) return Error{Errc::io, shown + ": " + error.message()};
  if (!fs::is_regular_file(status) && !fs::is_directory(status)) {
    return Error{Errc::unsupported, shown + " is neither a file nor a directory"};
  }
  const int wanted = fs::is_directory(status) ? R_OK | X_OK : R_OK;
  if (::access(path.c_str(), wanted) != 0) {
    return Error{Errc::denied, shown + " cannot be read: " + std::generic_category().message(errno)};
  }
  return path;
}

Result<std::filesystem::path> parse_directory(std::string_view text, const std::filesystem::path& base) {
  namespace fs = std::filesystem;
  if (text.empty()) return invalid("\"\" is not a path");
  const fs::path path = (base / fs::path(text)).lexically_normal();
  std::error_code error;
  if (const auto status = fs::status(path, error); fs::exists(status) && !fs::is_directory(status))
    return invalid(escape(path.native(), 300) + " is not a directory");
  return path;
}

}  // namespace lectern::server
