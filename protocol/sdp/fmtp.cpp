#include "protocol/sdp/fmtp.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::sdp {

namespace {

std::string clean(std::string_view text) {
  std::string result(trim(text));
  for (char& c : result)
    if (c == ';' || c == '\r' || c == '\n' || c == '\0') c = '_';
  return result;
}

}  // namespace

std::optional<std::string_view> Fmtp::get(std::string_view name) const {
  for (const Parameter& parameter : parameters)
    if (equals_ignoring_case(parameter.name, name)) return parameter.value;
  return std::nullopt;
}

Result<Fmtp> parse_fmtp(std::string_view value) {
  value = trim(value);
  // A value of a description is a line without them.
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return invalid("fmtp of more than a line");
  const std::size_t blank = std::min(value.find_first_of(" \t"), value.size());
  const auto payload_type = parse_number<std::uint8_t>(value.substr(0, blank));
  if (!payload_type || *payload_type > 127)
    return invalid("malformed fmtp " + std::string(value.substr(0, 80)));

  Fmtp fmtp{*payload_type, {}};
  for (const std::string_view part : split(value.substr(blank), ';')) {
    // Base64 ends in '=': only the first one separates.
    const auto pair = split_once(part, '=');
    const std::string_view name = trim(pair ? pair->first : part);
    if (name.empty()) continue;
    fmtp.parameters.push_back({std::string(name), std::string(pair ? trim(pair->second) : "")});
  }
  return fmtp;
}

std::string serialize(const Fmtp& fmtp) {
  std::string text = std::to_string(fmtp.payload_type);
  char separator = ' ';
  for (const Fmtp::Parameter& parameter : fmtp.parameters) {
    text += separator;
    text += clean(parameter.name);
    if (!parameter.value.empty()) text += "=" + clean(parameter.value);
    separator = ';';
  }
  return text;
}

std::optional<Fmtp> find_fmtp(const Media& media, std::uint8_t payload_type) {
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != "fmtp") continue;
    if (auto fmtp = parse_fmtp(attribute.value); fmtp && fmtp->payload_type == payload_type)
      return std::move(*fmtp);
  }
  return std::nullopt;
}

}  // namespace lectern::sdp
