#pragma once

#include "server/rtsp/session_track.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {

/// The stream and the keys that a protected track is sent with.
OfferedStream sent_stream(const SessionTrack& track);

/// What a KeyMgmt header makes of the keys of a protected track. Errc::unsupported where it wants another key
/// for a stream that all viewers share.
Result<Agreement> agree_on_change(const SessionTrack& track, std::string_view header);

/// Keys for one track that only wait to be taken: what could fail has not.
class TrackKeys {
 public:
  /// Of what was agreed on: the first keys of `track`, or others where it is protected already. Changes
  /// nothing. Errc::invalid for keys that do not fit their suite, else what Protection::prepare() says; all
  /// make a 463. Where the ssrc agreed on is that of a stream that all viewers share, its packets are sent as
  /// they are in `shared`.
  static Result<TrackKeys> prepare(SessionTrack& track, const Agreement& agreement,
                                   std::shared_ptr<const media::SharedStreams> shared = nullptr);
  /// What a KeyMgmt header of a later request changes of a protected track: the keys that the player manages,
  /// or only those of what the player sends.
  static Result<TrackKeys> prepare(SessionTrack& track, std::string_view header);

  [[nodiscard]] const SessionTrack& track() const { return *track_; }
  void take() &&;

 private:
  explicit TrackKeys(SessionTrack& track) : track_(&track) {}

  SessionTrack* track_;
  std::unique_ptr<Protection> first_;
  std::shared_ptr<const media::SharedStreams> shared_;
  Protection::Change change_;
};

/// The value of KeyMgmt for a track that is protected.
std::string key_mgmt_of(const SessionTrack& track);

}  // namespace lectern::server
