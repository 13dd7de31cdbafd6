#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::sdp {

/// a=name:value, or a=name where the value is empty.
struct Attribute {
  std::string name;
  std::string value;

  bool operator==(const Attribute&) const = default;
};

/// b=type:value. AS and CT count kilobits a second; TIAS (RFC 3890), RS and RR (RFC 3556) bits a second.
struct Bandwidth {
  std::string type;
  std::uint64_t value = 0;

  bool operator==(const Bandwidth&) const = default;
};

/// c=; the address may carry /ttl and /count.
struct Connection {
  std::string network = "IN";
  std::string address_type = "IP4";
  std::string address;

  bool operator==(const Connection&) const = default;
};

/// o=; the numbers are texts, as some products write more digits than 64 bits hold.
struct Origin {
  std::string username = "-";
  std::string session_id = "0";
  std::string version = "0";
  std::string network = "IN";
  std::string address_type = "IP4";
  std::string address = "0.0.0.0";

  bool operator==(const Origin&) const = default;
};

/// t=; NTP seconds, 0 0 for a session that is always there.
struct Time {
  std::uint64_t start = 0;
  std::uint64_t stop = 0;

  bool operator==(const Time&) const = default;
};

/// m= and the lines below it.
struct Media {
  std::string media;  ///< "video", "audio", "application" …
  std::uint16_t port = 0;
  std::uint16_t port_count = 1;
  std::string profile = "RTP/AVP";
  std::vector<std::string> formats;  ///< payload types for the RTP profiles
  std::optional<std::string> title;  ///< i=
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  std::vector<Attribute> attributes;

  bool operator==(const Media&) const = default;
};

/// RFC 4566 section 5, as far as RTSP and RTP use it: e=, p=, u=, r=, z= and k= are skipped.
struct SessionDescription {
  Origin origin;
  std::string name;  ///< empty where the text says "-" or a blank
  std::optional<std::string> information;
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  Time time;
  std::vector<Attribute> attributes;
  std::vector<Media> media;

  bool operator==(const SessionDescription&) const = default;
};

struct Limits {
  std::size_t size = std::size_t{128} * 1024;
  std::size_t line = 8192;
  std::size_t lines = 2048;
  std::size_t media = 64;
};

/// Lenient where products are: any line end, missing or odd o=, s=, t= and b= lines, lines in any order.
/// Errc::invalid where the text does not begin with v=0, a line is none, or an m= or c= line makes no sense;
/// Errc::too_large over a limit.
Result<SessionDescription> parse(std::string_view text, const Limits& limits = {});

/// In the order of RFC 4566 section 5 with CRLF ends. A value cannot begin a line or a field of its own: what
/// would is replaced by a blank, or by '_' where a blank separates.
std::string serialize(const SessionDescription& description);

/// The value of the first attribute of that name (case counts, RFC 4566 section 6), empty for a=name.
std::optional<std::string_view> find_attribute(const std::vector<Attribute>& attributes,
                                               std::string_view name);

}  // namespace lectern::sdp
