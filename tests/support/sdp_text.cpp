#include "tests/support/sdp_text.h"

#include <algorithm>
#include <cstdlib>

#include "tests/support/rtsp_client.h"

namespace lectern::test {
namespace {

// "96 H264/90000": the part after `slashes` slashes.
std::string rtpmap_part(const SdpSection& media, int slashes) {
  auto map = media.value("a=rtpmap:");
  map.erase(0, std::min(map.find(' '), map.size() - (map.empty() ? 0 : 1)) + (map.empty() ? 0 : 1));
  for (; slashes > 0; --slashes) {
    const auto slash = map.find('/');
    if (slash == std::string::npos) return {};
    map.erase(0, slash + 1);
  }
  return map.substr(0, map.find('/'));
}

}  // namespace

std::string SdpSection::value(std::string_view prefix) const {
  const auto line = std::ranges::find_if(lines, [&](const auto& each) { return each.starts_with(prefix); });
  return line == lines.end() ? std::string() : line->substr(prefix.size());
}

bool SdpSection::has(std::string_view prefix) const {
  return std::ranges::any_of(lines, [&](const auto& each) { return each.starts_with(prefix); });
}

std::string SdpMedia::kind() const {
  const auto m = value("m=");
  return m.substr(0, m.find(' '));
}

int SdpMedia::payload_type() const {
  const auto m = value("m=");
  const auto profile = m.find("RTP/");
  const auto space = profile == std::string::npos ? profile : m.find(' ', profile);
  return space == std::string::npos ? -1 : std::atoi(m.c_str() + space + 1);
}

int SdpMedia::clock_rate() const {
  const auto rate = rtpmap_part(*this, 1);
  return rate.empty() ? 90000 : std::atoi(rate.c_str());
}

std::string SdpMedia::encoding() const {
  return rtpmap_part(*this, 0);
}

SdpText parse_sdp(std::string_view text) {
  SdpText sdp;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end);
    if (line.empty()) continue;
    if (line.starts_with("m=")) sdp.media.emplace_back();
    auto& section = sdp.media.empty() ? sdp.session : static_cast<SdpSection&>(sdp.media.back());
    section.lines.emplace_back(line);
  }
  return sdp;
}

std::string resolve(const std::string& base, const std::string& control) {
  if (control.empty() || control == "*") return base;
  if (control.find("://") != std::string::npos) return control;
  return base + (base.ends_with('/') ? "" : "/") + control;
}

}  // namespace lectern::test
