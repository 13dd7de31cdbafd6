#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/multicast/config.h"

namespace lectern::server {

/// Where one live path is sent for all who listen, in the formats of one description. Thread-safe.
class MulticastGroup {
 public:
  /// Of one track. RTP and RTCP leave from the ports that they go to.
  struct Stream {
    Endpoint rtp, rtcp;
    std::uint32_t ssrc = 0;
  };

  /// `ssrcs`: one a track, each another one. The pairs of ports follow each other.
  MulticastGroup(const Endpoint& address, const std::vector<std::uint32_t>& ssrcs,
                 const MulticastConfig& config);

  [[nodiscard]] const Stream& stream(std::size_t track) const { return streams_[track]; }
  [[nodiscard]] const std::vector<Stream>& streams() const { return streams_; }
  [[nodiscard]] std::uint8_t ttl() const { return config_.ttl; }
  [[nodiscard]] const std::string& interface() const { return config_.interface; }
  /// The index of the loop that sends: of the first one that asked.
  std::size_t loop_for(std::size_t asking) const;
  [[nodiscard]] bool has_ssrc(std::uint32_t ssrc) const;

 private:
  static constexpr std::size_t none = SIZE_MAX;

  const MulticastConfig config_;
  std::vector<Stream> streams_;
  mutable std::atomic<std::size_t> loop_ = none;
};

}  // namespace lectern::server
