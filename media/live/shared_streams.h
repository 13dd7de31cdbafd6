#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/rtp/stream_start.h"
#include "protocol/srtp/session.h"

namespace lectern::media {

/// That a Live protects each packet once for all its viewers: one key, ssrc and sequence a track. Whoever
/// watches has the key, and could forge packets for another viewer.
struct LiveProtection {
  srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80;
  /// Fills bytes from a cryptographic generator; called on the source's thread.
  std::function<void(MutableBytes)> random;
  /// Near its end keys and ssrcs are made anew, and viewers have to begin anew.
  srtp::Lifetime lifetime;
  rtp::StreamStart start{};
};

/// The RTP stream of a track that all viewers of a Live share.
struct SharedStream {
  std::uint32_t ssrc = 0;
  srtp::MasterKey key;               ///< of this track alone, without an MKI
  std::uint32_t timestamp_base = 0;  ///< RTP time at time 0 of the Live
};

/// What viewers are told of the streams that they share. Immutable but for the positions, and thread-safe.
class SharedStreams {
 public:
  /// Random keys, ssrcs, time stamps and first sequence numbers for so many tracks. Errc::internal where the
  /// generator repeats itself so that two ssrcs are the same.
  static Result<std::shared_ptr<SharedStreams>> create(const LiveProtection& protection, std::size_t tracks);

  [[nodiscard]] srtp::Suite suite() const { return suite_; }
  [[nodiscard]] const SharedStream& stream(std::size_t track) const { return streams_[track]; }
  [[nodiscard]] std::size_t size() const { return streams_.size(); }
  /// Of all its reports: the same for all tracks, so that players keep them in step (RFC 7022 section 4.2).
  [[nodiscard]] const std::string& cname() const { return cname_; }

  /// The packet indices of RFC 3711 section 3.3.1, rollover counter << 16 | sequence number: of the packet
  /// that comes next,
  [[nodiscard]] std::uint64_t next_index(std::size_t track) const { return positions_[track].next; }
  /// and of the first one that a viewer gets who begins with the newest random access point.
  [[nodiscard]] std::uint64_t join_index(std::size_t track) const { return positions_[track].join; }

 private:
  friend class LiveProtector;
  struct Position {
    std::atomic<std::uint64_t> next = 0, join = 0;
  };

  SharedStreams(srtp::Suite suite, std::size_t tracks) : suite_(suite), positions_(tracks) {}

  const srtp::Suite suite_;
  std::vector<SharedStream> streams_;
  std::string cname_;
  std::vector<Position> positions_;
};

/// The rollover counter of a packet index: what MIKEY tells.
constexpr std::uint32_t roc_of(std::uint64_t index) {
  return static_cast<std::uint32_t>(index >> 16);
}

}  // namespace lectern::media
