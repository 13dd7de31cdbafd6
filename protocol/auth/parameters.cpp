#include "protocol/auth/parameters.h"

#include <algorithm>

#include "protocol/base/text.h"
#include "protocol/rtsp/message.h"

namespace lectern::auth {
namespace {

void skip_blanks(std::string_view& text) {
  text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Takes what stands up to one of `ends`.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

Result<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    value += text[i];
  }
  return invalid("a quote is not closed");
}

Result<std::string> take_value(std::string_view& text) {
  if (text.starts_with('"')) return take_quoted(text);
  const std::string_view value = trim(take_until(text, ","));
  // A nonce or a response without quotes may hold "/" and "=", as some players write them.
  if (value.empty() || value.find_first_of(" \t\"") != value.npos) return invalid("a value is malformed");
  return std::string(value);
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

}  // namespace

Result<Parameters> parse_parameters(std::string_view text) {
  if (text.size() > max_header) return Error{Errc::too_large, "too long"};
  if (std::ranges::any_of(text, is_control)) return invalid("a control character");
  Parameters parameters;
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    const std::string name = to_lower(trim(take_until(text, "=,")));
    if (!rtsp::is_token(name) || !text.starts_with('=')) return invalid("a parameter without a value");
    if (find(parameters, name)) return invalid(name + " stands twice");
    text.remove_prefix(1);
    skip_blanks(text);
    auto value = take_value(text);
    if (!value) return std::move(value).error();
    parameters.emplace_back(name, *std::move(value));
    skip_blanks(text);
    if (text.empty()) break;
    if (!text.starts_with(',')) return invalid("junk behind a value");
    text.remove_prefix(1);
  }
  return parameters;
}

const std::string* find(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
  return found == parameters.end() ? nullptr : &found->second;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace lectern::auth
