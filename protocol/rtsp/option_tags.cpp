#include "protocol/rtsp/option_tags.h"

#include "protocol/base/text.h"

namespace lectern::rtsp {

std::vector<std::string> option_tags(const Headers& headers, std::string_view name) {
  std::vector<std::string> tags;
  for (const std::string_view value : headers.get_all(name))
    for (const std::string_view part : split(value, ','))
      if (const std::string_view tag = trim(part); !tag.empty()) tags.emplace_back(tag);
  return tags;
}

std::string serialize_tags(const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) {
    if (!text.empty()) text += ", ";
    text += tag;
  }
  return text;
}

}  // namespace lectern::rtsp
