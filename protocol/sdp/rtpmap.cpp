#include "protocol/sdp/rtpmap.h"

#include <array>

#include "protocol/base/text.h"

namespace lectern::sdp {

namespace {

struct StaticType {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
  unsigned channels;
};

// G722 runs at 8000 here although it samples at 16000: RFC 3551 section 4.5.2 keeps an old error.
constexpr std::array static_types = {
    StaticType{0, "PCMU", 8000, 1},   StaticType{3, "GSM", 8000, 1},    StaticType{4, "G723", 8000, 1},
    StaticType{5, "DVI4", 8000, 1},   StaticType{6, "DVI4", 16000, 1},  StaticType{7, "LPC", 8000, 1},
    StaticType{8, "PCMA", 8000, 1},   StaticType{9, "G722", 8000, 1},   StaticType{10, "L16", 44100, 2},
    StaticType{11, "L16", 44100, 1},  StaticType{12, "QCELP", 8000, 1}, StaticType{13, "CN", 8000, 1},
    StaticType{14, "MPA", 90000, 0},  StaticType{15, "G728", 8000, 1},  StaticType{16, "DVI4", 11025, 1},
    StaticType{17, "DVI4", 22050, 1}, StaticType{18, "G729", 8000, 1},  StaticType{25, "CelB", 90000, 0},
    StaticType{26, "JPEG", 90000, 0}, StaticType{28, "nv", 90000, 0},   StaticType{31, "H261", 90000, 0},
    StaticType{32, "MPV", 90000, 0},  StaticType{33, "MP2T", 90000, 0}, StaticType{34, "H263", 90000, 0},
};

std::string field(std::string_view text) {
  std::string clean(text);
  for (char& c : clean)
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '/') c = '_';
  return clean;
}

}  // namespace

Result<Rtpmap> parse_rtpmap(std::string_view value) {
  const auto malformed = [value] { return invalid("malformed rtpmap " + std::string(value.substr(0, 80))); };
  value = trim(value);
  const std::size_t blank = value.find_first_of(" \t");
  if (blank == std::string_view::npos) return malformed();
  const auto payload_type = parse_number<std::uint8_t>(value.substr(0, blank));
  const auto parts = split(trim(value.substr(blank)), '/');
  if (!payload_type || *payload_type > 127 || parts.size() < 2 || parts.size() > 3) return malformed();

  const std::string_view encoding = trim(parts[0]);
  if (encoding.empty() || field(encoding) != encoding) return malformed();
  const auto clock_rate = parse_number<std::uint32_t>(trim(parts[1]));
  if (!clock_rate || *clock_rate == 0) return malformed();
  unsigned channels = 0;
  // A trailing slash with nothing behind it comes from cameras.
  if (parts.size() == 3 && !trim(parts[2]).empty()) {
    const auto named = parse_number<std::uint8_t>(trim(parts[2]));
    if (!named || *named == 0) return malformed();
    channels = *named;
  }
  return Rtpmap{*payload_type, std::string(encoding), *clock_rate, channels};
}

std::string serialize(const Rtpmap& rtpmap) {
  std::string text = std::to_string(rtpmap.payload_type) + " " + field(rtpmap.encoding) + "/" +
                     std::to_string(rtpmap.clock_rate);
  if (rtpmap.channels != 0) text += "/" + std::to_string(rtpmap.channels);
  return text;
}

std::optional<Rtpmap> static_rtpmap(std::uint8_t payload_type) {
  for (const StaticType& type : static_types)
    if (type.payload_type == payload_type)
      return Rtpmap{payload_type, std::string(type.encoding), type.clock_rate, type.channels};
  return std::nullopt;
}

std::optional<Rtpmap> find_rtpmap(const Media& media, std::uint8_t payload_type) {
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != "rtpmap") continue;
    if (auto rtpmap = parse_rtpmap(attribute.value); rtpmap && rtpmap->payload_type == payload_type)
      return std::move(*rtpmap);
  }
  return static_rtpmap(payload_type);
}

}  // namespace lectern::sdp
