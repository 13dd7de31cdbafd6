#include "media/live/source_protocols.h"

#include <algorithm>
#include <array>

#include "protocol/base/text.h"

namespace lectern::media {
namespace {

struct Scheme {
  std::string_view name;
  std::string_view runs_on;
};

constexpr std::array<Scheme, 15> schemes{{
    {"rtsp", "rtp,srtp,udp,tcp,http"},  // http: a tunnel, where transport says so
    {"rtsps", "rtp,srtp,udp,tcp,tls"},
    {"http", "tcp,httpproxy,hls,crypto"},
    {"https", "tls,tcp,httpproxy,hls,crypto"},
    {"srt", ""},
    {"rtmp", "tcp"},
    {"rtmps", "tcp,tls"},
    {"rtmpt", "http,tcp"},
    {"rtmpts", "https,tls,tcp"},
    {"rtp", "udp"},
    {"srtp", "rtp,udp"},
    {"udp", ""},
    {"tcp", ""},
    {"mmsh", "http,tcp"},
    {"mmst", "tcp"},
}};
constexpr auto names = [] {
  std::array<std::string_view, schemes.size()> all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = schemes[i].name;
  return all;
}();

}  // namespace

std::span<const std::string_view> source_schemes() {
  return names;
}

std::string protocol_whitelist(std::span<const std::string> wanted) {
  std::vector<std::string_view> all;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && std::ranges::find(all, name) == all.end()) all.push_back(name);
  };
  for (const std::string& each : wanted) {
    const auto* known = std::ranges::find(schemes, std::string_view(each), &Scheme::name);
    if (known == schemes.end()) continue;
    add(known->name);
    for (const std::string_view part : split(known->runs_on, ',')) add(part);
  }
  std::string list;
  for (const std::string_view each : all) (list += list.empty() ? "" : ",") += each;
  return list;
}

std::string protocol_whitelist() {
  return protocol_whitelist(std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace lectern::media
