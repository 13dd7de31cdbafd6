#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace lectern::server {

/// What `latency` says of where a viewer of live media begins.
enum class Latency : std::uint8_t {
  normal,  ///< with the newest random access point that there is: a picture at once
  low,     ///< with the next one that comes
};

/// In pixels, both even: chroma is shared by two.
struct PictureSize {
  unsigned width = 0, height = 0;
  bool operator==(const PictureSize&) const = default;
};

/// How live media is pulled, and how its viewers begin.
struct LiveConfig {
  std::string
      url;  ///< rtsp://…, v4l2:/dev/video0, pattern; empty where a file plays in a loop, or it is published
  bool loop = false;              ///< PathRoot::source, again and again
  bool publish = false;           ///< whatever is published to it (ANNOUNCE and RECORD)
  bool publish_takeover = false;  ///< who publishes takes the place of who did
  bool on_demand = false;
  std::chrono::seconds close_after{10};
  std::chrono::seconds start_timeout{10};
  std::chrono::seconds read_timeout{10};
  std::string transport;            ///< of RTSP sources: tcp, udp, http; empty: whichever works
  std::optional<PictureSize> size;  ///< of v4l2: and pattern
  std::optional<unsigned> rate;     ///< the same: frames a second
  bool card = false;                ///< fallback: card
  std::filesystem::path fallback;   ///< fallback: FILE; empty: none
  bool tls_verify = false;
  std::string tls_fingerprint;  ///< SHA-256, 64 lower-case hexadecimal digits; empty: any
  Latency latency = Latency::normal;
  bool multicast = true;    ///< where groups are configured
  bool shared_key = false;  ///< key_scope: stream

  bool operator==(const LiveConfig&) const = default;
};

}  // namespace lectern::server
