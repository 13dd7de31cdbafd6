#pragma once

#include <chrono>
#include <map>
#include <string>

#include "media/live/source.h"

namespace lectern::media {

/// What of the network libavformat may use for a live source, unless configured otherwise: nothing that reads
/// local files or runs other protocols inside a string.
inline constexpr const char* default_protocols =
    "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,hls,crypto,srt,rtmp,rtmps,rtmpt,rtmpts,mmsh,mmst";

struct AvSourceOptions {
  std::string url;
  /// Of RTSP: "tcp", "udp", "http", "udp_multicast"; empty: UDP, and TCP where nothing comes.
  std::string transport;
  /// As libavformat's protocol_whitelist has it.
  std::string protocols = default_protocols;
  /// Until the source is connected and described.
  std::chrono::milliseconds open_timeout{15'000};
  /// Without a packet for so long it is taken for dead.
  std::chrono::milliseconds read_timeout{10'000};
  /// How long streams are looked at before units are given.
  std::chrono::milliseconds analyze{2'000};
  /// Further options of the demuxer or protocol, such as tls_verify and ca_file.
  std::map<std::string, std::string> more;
};

/// A camera, or anything that libavformat opens by URL.
class AvSource final : public Source {
 public:
  explicit AvSource(AvSourceOptions options) : options_(std::move(options)) {}

  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override;

 private:
  class Pull;

  const AvSourceOptions options_;
};

/// The URL without user and password, for a log.
std::string without_credentials(const std::string& url);

}  // namespace lectern::media
