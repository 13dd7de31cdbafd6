#pragma once

#include <functional>
#include <optional>
#include <string>

#include "protocol/rtsp/status_code.h"
#include "protocol/rtsp/url.h"
#include "server/paths/presentation.h"
#include "server/srtp/policy.h"

namespace lectern::server {

class RtspLoop;
struct Exchange;

/// What a URL names: media that is open, or one track of it.
struct MediaTarget {
  std::shared_ptr<const Presentation> presentation;
  std::string media_path;            ///< of the media in URLs, encoded, without a slash at the end
  std::optional<std::size_t> track;  ///< where the URL names one
  SrtpPolicy srtp;
  std::uint64_t root = 0;  ///< Served::numbers of where it was found
};

/// Opens what `url` names, on a worker, and calls `done` on the loop: the file or the live media at its path,
/// or, where there is none, the track (track1, track2 …) that its last segment or its query (track=1) names
/// of the one before it. Live media that does not come within its start_timeout is Errc::end.
void open_media(RtspLoop& owner, const rtsp::Url& url, std::function<void(Result<MediaTarget>)> done);

/// 404, 415, 403, 503, 504 or 500.
rtsp::StatusCode status_of(const Error& error);
/// Answers with status_of() and words for the player; where it may pass, when to come again.
void refuse_media(const Exchange& exchange, const Error& error);

/// Content-Base: the URL of the file, with a slash at the end.
std::string content_base(const rtsp::Url& url, const std::string& media_path);

/// What `url` of a request names of the file at `media_path`: nothing where it is another file, or a track
/// that it has not.
struct PathMatch {
  bool whole = false;
  std::optional<std::size_t> track;
};
std::optional<PathMatch> match_path(const rtsp::Url& url, const std::string& media_path,
                                    const Presentation& presentation);

}  // namespace lectern::server
