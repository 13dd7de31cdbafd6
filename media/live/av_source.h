#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "media/live/source.h"
#include "media/live/source_protocols.h"

namespace lectern::media {

/// Where to connect in place of a source's URL.
struct Detour {
  std::string url;
  std::shared_ptr<void> held;  ///< as long as the connection lives
};

struct AvSourceOptions {
  std::string url;
  /// Of RTSP: "tcp", "udp", "http", "udp_multicast"; empty: UDP, and TCP where nothing comes.
  std::string transport;
  /// As libavformat's protocol_whitelist has it.
  std::string protocols = protocol_whitelist();
  /// Until the source is connected and described.
  std::chrono::milliseconds open_timeout{15'000};
  /// Without a packet for so long it is taken for dead.
  std::chrono::milliseconds read_timeout{10'000};
  /// How long streams are looked at before units are given.
  std::chrono::milliseconds analyze{2'000};
  /// Further options of the demuxer or protocol, such as tls_verify and ca_file.
  std::map<std::string, std::string> more;
  /// Called before each connection, where it is given: refuses a source that is another one than expected.
  /// Nothing: the URL is right. `stop` tells to give up soon.
  std::function<Result<std::optional<Detour>>(const std::function<bool()>& stop)> before;
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

}  // namespace lectern::media
