#pragma once

#include "server/rtsp/session_track.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {

/// Keys for one track that only wait to be taken: what could fail has not.
class TrackKeys {
 public:
  /// Of what was agreed on: the first keys of `track`, or others where it is protected already. Changes
  /// nothing. Errc::invalid for keys that do not fit their suite, else what Protection::prepare() says; all
  /// make a 463.
  static Result<TrackKeys> prepare(SessionTrack& track, const Agreement& agreement);
  /// What a KeyMgmt header of a later request changes of a protected track: the keys that the player manages,
  /// or only those of what the player sends.
  static Result<TrackKeys> prepare(SessionTrack& track, std::string_view header);

  [[nodiscard]] const SessionTrack& track() const { return *track_; }
  void take() &&;

 private:
  explicit TrackKeys(SessionTrack& track) : track_(&track) {}

  SessionTrack* track_;
  std::unique_ptr<Protection> first_;
  Protection::Change change_;
};

/// The value of KeyMgmt for a track that is protected.
std::string key_mgmt_of(const SessionTrack& track);

}  // namespace lectern::server
