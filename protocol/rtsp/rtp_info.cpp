#include "protocol/rtsp/rtp_info.h"

#include "protocol/base/text.h"
#include "protocol/rtsp/quoted.h"

namespace lectern::rtsp {
namespace {

bool begins_entry(std::string_view text) {
  text = trim(text);
  return equals_ignoring_case(text.substr(0, 4), "url=");
}

// Takes the entry and the comma behind it off the front of `text`.
std::string_view take_entry(std::string_view& text) {
  std::size_t comma = text.find(',');
  while (comma != std::string_view::npos && !begins_entry(text.substr(comma + 1)))
    comma = text.find(',', comma + 1);
  const std::string_view entry = text.substr(0, comma);
  text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  return trim(entry);
}

Result<RtpInfo> parse_entry(std::string_view text) {
  RtpInfo info;
  for (const std::string_view part : split(text, ';')) {
    const auto halves = split_once(part, '=');
    if (!halves) continue;
    const std::string_view name = trim(halves->first);
    const std::string_view value = trim(halves->second);
    if (equals_ignoring_case(name, "url")) {
      info.url = trim(unquote(value));
    } else if (equals_ignoring_case(name, "seq")) {
      info.seq = parse_number<std::uint16_t>(value);
      if (!info.seq) return invalid("RTP-Info: malformed seq");
    } else if (equals_ignoring_case(name, "rtptime")) {
      info.rtptime = parse_number<std::uint32_t>(value);
      if (!info.rtptime) return invalid("RTP-Info: malformed rtptime");
    }
  }
  if (info.url.empty()) return invalid("RTP-Info: an entry without url");
  if (info.url.find('"') != std::string::npos) return invalid("RTP-Info: a quote in the url");
  return info;
}

}  // namespace

Result<std::vector<RtpInfo>> parse_rtp_info(std::string_view text) {
  std::vector<RtpInfo> streams;
  do {
    auto info = parse_entry(take_entry(text));
    if (!info) return std::move(info).error();
    streams.push_back(*std::move(info));
  } while (!text.empty());
  return streams;
}

std::string serialize(const std::vector<RtpInfo>& streams) {
  std::string text;
  for (const RtpInfo& info : streams) {
    if (!text.empty()) text += ',';
    text += "url=" + info.url;
    if (info.seq) text += ";seq=" + std::to_string(*info.seq);
    if (info.rtptime) text += ";rtptime=" + std::to_string(*info.rtptime);
  }
  return text;
}

}  // namespace lectern::rtsp
