#include "protocol/rtsp/transport.h"

#include <algorithm>
#include <array>
#include <span>

#include "protocol/base/text.h"
#include "protocol/rtsp/message.h"
#include "protocol/rtsp/quoted.h"

namespace lectern::rtsp {
namespace {

Status parse_profile(std::string_view text, TransportSpec& spec) {
  for (const std::string_view part : split(text, '/'))
    if (!is_token(part)) return invalid("Transport: malformed profile");
  const std::string lower = to_lower(text);
  if (lower == "rtp/avp" || lower == "rtp/avp/udp") return {};
  if (lower == "rtp/avp/tcp" || lower == "rtp/savp/tcp") spec.lower = LowerTransport::tcp;
  if (lower == "rtp/avp/tcp") return {};
  if (lower == "rtp/savp" || lower == "rtp/savp/udp" || lower == "rtp/savp/tcp") {
    spec.profile = Profile::rtp_savp;
    return {};
  }
  spec.profile = Profile::unsupported;
  spec.profile_name = text;
  return {};
}

/// A single number stands for itself and the next.
std::optional<PortPair> parse_pair(std::string_view text, std::uint16_t max) {
  const auto halves = split_once(text, '-');
  const auto first = parse_number<std::uint16_t>(trim(halves ? halves->first : text));
  if (!first) return std::nullopt;
  // Not an optional: GCC would compare what is in an empty one, harmlessly, and memcheck complain.
  constexpr std::uint32_t none = 0x10000;
  const auto next = static_cast<std::uint16_t>(*first + 1u);
  const std::uint32_t second =
      halves ? parse_number<std::uint32_t>(trim(halves->second)).value_or(none) : next;
  if (second > max || second < *first) return std::nullopt;
  return PortPair{*first, static_cast<std::uint16_t>(second)};
}

std::optional<std::uint32_t> parse_ssrc(std::string_view text) {
  if (text.size() > 8) return std::nullopt;
  return parse_number<std::uint32_t>(text, 16);
}

TransportMode parse_mode(std::string_view text) {
  if (equals_ignoring_case(text, "play")) return TransportMode::play;
  // "receive" is what old FFmpeg and QuickTime Broadcaster publish with.
  if (equals_ignoring_case(text, "record") || equals_ignoring_case(text, "receive"))
    return TransportMode::record;
  return TransportMode::unsupported;
}

template <typename T>
Status keep(std::optional<T>& field, std::optional<T> value, std::string_view name) {
  if (!value) return invalid("Transport: malformed " + std::string(name));
  field = std::move(value);
  return {};
}

// No address holds a separator or a quote; what is kept can be written again as it stands.
std::optional<std::string> parse_address(std::string_view text) {
  if (text.find_first_of("\",;") != std::string_view::npos) return std::nullopt;
  return std::string(text);
}

using Read = Status (*)(std::string_view value, TransportSpec& spec);
struct Parameter {
  std::string_view name;
  Read read;
};

constexpr std::uint16_t max_port = 65535;
constexpr std::uint16_t max_channel = 255;

constexpr std::array parameters = {
    Parameter{"unicast",
              [](std::string_view, TransportSpec& spec) -> Status {
                spec.cast = Cast::unicast;
                return {};
              }},
    Parameter{"multicast",
              [](std::string_view, TransportSpec& spec) -> Status {
                spec.cast = Cast::multicast;
                return {};
              }},
    Parameter{"append",
              [](std::string_view, TransportSpec& spec) -> Status {
                spec.append = true;
                return {};
              }},
    Parameter{"interleaved",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.interleaved, parse_pair(value, max_channel), "interleaved");
              }},
    Parameter{"client_port",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.client_port, parse_pair(value, max_port), "client_port");
              }},
    Parameter{"server_port",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.server_port, parse_pair(value, max_port), "server_port");
              }},
    Parameter{"port",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.port, parse_pair(value, max_port), "port");
              }},
    Parameter{"destination",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.destination, parse_address(value), "destination");
              }},
    Parameter{"source",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.source, parse_address(value), "source");
              }},
    Parameter{"ttl",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.ttl, parse_number<std::uint8_t>(value), "ttl");
              }},
    Parameter{"layers",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.layers, parse_number<std::uint32_t>(value), "layers");
              }},
    Parameter{"ssrc", [](std::string_view value,
                         TransportSpec& spec) { return keep(spec.ssrc, parse_ssrc(value), "ssrc"); }},
    Parameter{"mode",
              [](std::string_view value, TransportSpec& spec) {
                return keep(spec.mode, std::optional{parse_mode(value)}, "mode");
              }},
};

Result<TransportSpec> parse_alternative(std::string_view text) {
  auto parts = split_outside_quotes(text, ';');
  if (!parts) return std::move(parts).error();
  TransportSpec spec;
  if (auto status = parse_profile(parts->front(), spec); !status) return std::move(status).error();
  if (!spec.supported()) return spec;
  for (const std::string_view part : std::span{*parts}.subspan(1)) {
    const auto halves = split_once(part, '=');
    const std::string_view name = trim(halves ? halves->first : part);
    const std::string_view value = halves ? unquote(trim(halves->second)) : std::string_view{};
    const auto known = std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
      return equals_ignoring_case(parameter.name, name);
    });
    if (known == parameters.end()) continue;
    if (auto status = known->read(value, spec); !status) return std::move(status).error();
  }
  return spec;
}

void append_pair(std::string& out, std::string_view name, const std::optional<PortPair>& pair) {
  if (!pair) return;
  out += ';';
  out += name;
  out += '=' + std::to_string(pair->rtp) + '-' + std::to_string(pair->rtcp);
}

void append_address(std::string& out, std::string_view name, const std::optional<std::string>& address) {
  if (!address) return;
  out += ';';
  out += name;
  if (!address->empty()) out += '=' + *address;
}

std::string eight_digits(std::uint32_t ssrc) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text(8, '0');
  for (std::size_t i = 8; i-- > 0; ssrc >>= 4) text[i] = digits[ssrc & 15];
  return text;
}

}  // namespace

Result<std::vector<TransportSpec>> parse_transport(std::string_view text) {
  const auto alternatives = split_outside_quotes(text, ',');
  if (!alternatives) return alternatives.error();
  std::vector<TransportSpec> specs;
  for (const std::string_view alternative : *alternatives) {
    auto spec = parse_alternative(alternative);
    if (!spec) return std::move(spec).error();
    specs.push_back(*std::move(spec));
  }
  return specs;
}

std::string serialize(const TransportSpec& spec) {
  if (!spec.supported()) return spec.profile_name;
  std::string out = spec.profile == Profile::rtp_savp ? "RTP/SAVP" : "RTP/AVP";
  if (spec.lower == LowerTransport::tcp) out += "/TCP";
  if (spec.cast) out += *spec.cast == Cast::unicast ? ";unicast" : ";multicast";
  append_address(out, "destination", spec.destination);
  append_address(out, "source", spec.source);
  append_pair(out, "interleaved", spec.interleaved);
  append_pair(out, "client_port", spec.client_port);
  append_pair(out, "server_port", spec.server_port);
  append_pair(out, "port", spec.port);
  if (spec.ttl) out += ";ttl=" + std::to_string(*spec.ttl);
  if (spec.layers) out += ";layers=" + std::to_string(*spec.layers);
  if (spec.append) out += ";append";
  if (spec.ssrc) out += ";ssrc=" + eight_digits(*spec.ssrc);
  if (spec.mode == TransportMode::play) out += ";mode=\"PLAY\"";
  if (spec.mode == TransportMode::record) out += ";mode=\"RECORD\"";
  return out;
}

}  // namespace lectern::rtsp
