#include "protocol/rtsp/key_mgmt.h"

#include <span>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"
#include "protocol/rtsp/message.h"
#include "protocol/rtsp/quoted.h"

namespace lectern::rtsp {
namespace {

Error too_large(std::string_view what) {
  return {Errc::too_large, "KeyMgmt: too many " + std::string(what)};
}

Result<ByteVector> parse_data(std::string_view value) {
  if (value.size() > (KeyMgmt::max_size + 2) / 3 * 4) return too_large("bytes of data");
  auto data = base64_decode(value);
  if (!data || data->empty()) return invalid("KeyMgmt: the data is not base64");
  return data;
}

Result<KeyMgmt> parse_entry(std::string_view text) {
  const auto parts = split_outside_quotes(text, ';');
  if (!parts) return parts.error();
  KeyMgmt entry{.protocol = ""};
  for (const std::string_view part : *parts) {
    const auto halves = split_once(part, '=');
    if (!halves) continue;
    const std::string_view name = trim(halves->first);
    const std::string_view value = unquote(trim(halves->second));
    if (equals_ignoring_case(name, "prot")) {
      if (!is_token(value)) return invalid("KeyMgmt: malformed prot");
      entry.protocol = value;
    } else if (equals_ignoring_case(name, "uri")) {
      if (value.find('"') != std::string_view::npos) return invalid("KeyMgmt: a quote in the uri");
      entry.uri = value;
    } else if (equals_ignoring_case(name, "data")) {
      auto data = parse_data(value);
      if (!data) return std::move(data).error();
      entry.data = *std::move(data);
    }
  }
  if (entry.protocol.empty()) return invalid("KeyMgmt: an entry without prot");
  if (entry.data.empty()) return invalid("KeyMgmt: an entry without data");
  return entry;
}

}  // namespace

Result<std::vector<KeyMgmt>> parse_key_mgmt(std::string_view text) {
  const auto parts = split_outside_quotes(text, ',');
  if (!parts) return parts.error();
  if (parts->size() > KeyMgmt::max_entries) return too_large("entries");
  std::vector<KeyMgmt> entries;
  for (const std::string_view part : *parts) {
    auto entry = parse_entry(part);
    if (!entry) return std::move(entry).error();
    entries.push_back(*std::move(entry));
  }
  return entries;
}

std::string serialize(const KeyMgmt& entry) {
  std::string text = "prot=" + entry.protocol + ";";
  if (!entry.uri.empty()) text += "uri=\"" + entry.uri + "\";";
  return text + "data=\"" + base64_encode(entry.data) + "\"";
}

std::string serialize(const std::vector<KeyMgmt>& entries) {
  std::string text;
  for (const KeyMgmt& entry : entries) {
    if (!text.empty()) text += ",";
    text += serialize(entry);
  }
  return text;
}

}  // namespace lectern::rtsp
