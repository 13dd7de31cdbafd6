#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/live/shared_streams.h"
#include "server/srtp/protection.h"

namespace lectern::server {

/// A stream that is promised to a player: its ssrc, and the key that it will be protected with.
struct OfferedStream {
  std::uint32_t ssrc;
  SrtpKeys keys;
  std::uint32_t rollover = 0;  ///< how often its sequence number has wrapped (RFC 3711 section 3.3.1)
};

/// New keys and a new ssrc: never the same pair twice (RFC 3711 section 9.1).
OfferedStream new_stream(srtp::Suite suite);
/// The stream of a track that all viewers share, as it is for who joins now.
OfferedStream shared_stream(const media::SharedStreams& shared, std::size_t track);

/// The keys that an answer to DESCRIBE has handed out, a stream for each track.
struct KeyOffer {
  struct Track {
    OfferedStream stream;
    bool taken = false;
    std::optional<OfferedStream> shared{};  ///< what MIKEY tells instead, where all viewers share a stream
  };
  std::string media_path;
  bool sdes = false;
  std::vector<Track> tracks;
};

/// The offers to one connection, for the SETUPs that follow.
class KeyOffers {
 public:
  /// Instead of an earlier one for the same path; of many the oldest is forgotten.
  const KeyOffer& make(std::string media_path, std::size_t tracks, srtp::Suite suite, bool sdes,
                       const media::SharedStreams* shared = nullptr);
  [[nodiscard]] const KeyOffer* find(std::string_view media_path) const;
  /// The stream that was offered for a track; where none was, or another session has it, a new one.
  [[nodiscard]] OfferedStream stream_for(std::string_view media_path, std::size_t track,
                                         srtp::Suite suite) const;
  /// A session has `ssrc` now, if it is the one that was offered for the track: no other one gets it.
  void take(std::string_view media_path, std::size_t track, std::uint32_t ssrc);

  static constexpr std::size_t most = 4;

 private:
  std::vector<KeyOffer> offers_;
};

}  // namespace lectern::server
