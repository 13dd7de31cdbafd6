#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "media/live/live_ring.h"
#include "media/live/shared_streams.h"
#include "media/track.h"

namespace lectern::media {

/// Protects the pieces of a Live once for all its viewers, and makes their sender reports: everything that
/// is ever sent with the keys of one SharedStreams. Belongs to the source's thread.
class LiveProtector {
 public:
  /// With new keys. Errc::internal where libsrtp does not take the suite.
  static Result<LiveProtector> create(const LiveProtection& protection, const std::vector<Track>& tracks);

  [[nodiscard]] const std::shared_ptr<SharedStreams>& streams() const { return streams_; }
  /// `piece` has its segment and its times. Errc::too_large where a key is used up; sequence numbers of what
  /// failed are not used again.
  Result<std::shared_ptr<const SharedPackets>> protect(const LivePiece& piece);
  /// It is time for another protector.
  [[nodiscard]] bool near_key_limit() const;

 private:
  struct Stream {
    srtp::Session session;
    std::uint8_t payload_type = 0;
    std::uint32_t clock_rate = 1;
    std::uint64_t next_index = 0;
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;  // of payload
  };

  explicit LiveProtector(std::shared_ptr<SharedStreams> streams) : streams_(std::move(streams)) {}
  [[nodiscard]] bool report_due(const LivePiece& piece) const;
  Status report(const LivePiece& piece);
  Status protect_packets(const Segment& segment, SharedPackets& packets);

  std::shared_ptr<SharedStreams> streams_;
  std::vector<Stream> of_track_;
  std::shared_ptr<const SharedReports> reports_;
  MediaTime reported_ = 0;  // when the newest reports were made
};

}  // namespace lectern::media
