#include "protocol/rtsp/method.h"

#include <algorithm>
#include <array>

#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

constexpr std::array<std::string_view, method_count> names = {
    "OPTIONS", "DESCRIBE", "ANNOUNCE",      "SETUP",         "PLAY",    "PAUSE",
    "RECORD",  "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT"};

}  // namespace

std::string_view name(Method method) {
  return names[static_cast<std::size_t>(method)];
}

std::optional<Method> parse_method(std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Method>(found - names.begin());
}

std::string serialize_methods(const std::vector<Method>& methods) {
  std::string text;
  for (const Method method : methods) {
    if (!text.empty()) text += ", ";
    text += name(method);
  }
  return text;
}

std::vector<Method> parse_methods(std::string_view text) {
  std::vector<Method> methods;
  for (const std::string_view part : split(text, ','))
    if (const auto method = parse_method(trim(part))) methods.push_back(*method);
  return methods;
}

}  // namespace lectern::rtsp
