#include "protocol/rtsp/headers.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

auto named(std::string_view name) {
  return [name](const HeaderField& field) { return equals_ignoring_case(field.name, name); };
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), named(name));
  if (found == fields_.end()) return std::nullopt;
  return found->value;
}

std::vector<std::string_view> Headers::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const HeaderField& field : fields_)
    if (equals_ignoring_case(field.name, name)) values.emplace_back(field.value);
  return values;
}

Headers& Headers::set(std::string_view name, std::string_view value) {
  const auto found = std::find_if(fields_.begin(), fields_.end(), named(name));
  if (found == fields_.end()) return add(name, value);
  found->value = std::string(value);
  fields_.erase(std::remove_if(found + 1, fields_.end(), named(name)), fields_.end());
  return *this;
}

Headers& Headers::add(std::string_view name, std::string_view value) {
  fields_.push_back({std::string(name), std::string(value)});
  return *this;
}

Headers& Headers::remove(std::string_view name) {
  std::erase_if(fields_, named(name));
  return *this;
}

}  // namespace lectern::rtsp
