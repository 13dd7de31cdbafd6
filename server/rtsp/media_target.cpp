#include "server/rtsp/media_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/base/text.h"
#include "protocol/rtsp/percent.h"
#include "server/paths/live_presentation.h"
#include "server/paths/recording.h"
#include "server/rtsp/exchange.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

constexpr std::string_view track_prefix = "track";

/// A file that a URL may mean, and the track of it.
struct Candidate {
  PathTarget target;
  std::string path;   // decoded
  std::string track;  // "track1"; empty for the whole
};

struct Search {
  RtspLoop& owner;
  rtsp::Url url;
  std::shared_ptr<const Served> served;  // in which it is looked for
  std::vector<Candidate> candidates;
  std::size_t next = 0;
  std::function<void(Result<MediaTarget>)> done;
  std::shared_ptr<media::LiveReader> reader{};  // until it is answered: on demand the source starts for it

  [[nodiscard]] std::size_t configured() const { return candidates[next].target.configured; }
  [[nodiscard]] const PathRoot& root() const { return served->config.roots[configured()]; }
};

/// Without slashes at the end, and without the segments "." (RFC 3986 section 5.2.4); ".." is nowhere
/// followed.
std::string normalized(std::string_view path) {
  std::string kept;
  while (path.ends_with('/')) path.remove_suffix(1);
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin + 1), path.size());
    if (const auto segment = path.substr(begin, end - begin); segment != "/.") kept += segment;
    begin = end;
  }
  return kept.empty() ? "/" : kept;
}

/// With one slash at the end, also of what is at the top.
std::string below(const std::string& media_path) {
  return media_path.ends_with('/') ? media_path : media_path + '/';
}

bool names_track(std::string_view segment) {
  return segment.starts_with(track_prefix) && parse_number<unsigned>(segment.substr(track_prefix.size()));
}

std::string track_of_query(std::string_view query) {
  for (const std::string_view parameter : split(query, '&')) {
    const auto pair = split_once(parameter, '=');
    if (pair && pair->first == "track" && parse_number<unsigned>(pair->second))
      return std::string(track_prefix) + std::string(pair->second);
  }
  return {};
}

std::optional<std::size_t> find_track(const Presentation& presentation, std::string_view control) {
  for (std::size_t i = 0; i < presentation.tracks().size(); ++i)
    if (presentation.tracks()[i].control == control) return i;
  return std::nullopt;
}

std::vector<Candidate> candidates_of(const PathTable& paths, const rtsp::Url& url) {
  std::vector<Candidate> candidates;
  const std::string path = normalized(url.path);
  for (PathTarget& target : paths.targets(path))
    candidates.push_back({std::move(target), path, track_of_query(url.query)});
  const std::size_t slash = path.rfind('/');
  if (slash != path.npos && names_track(std::string_view(path).substr(slash + 1))) {
    const std::string parent = normalized(path.substr(0, slash));
    for (PathTarget& target : paths.targets(parent))
      candidates.push_back({std::move(target), parent, path.substr(slash + 1)});
  }
  return candidates;
}

Result<MediaTarget> target_of(const Search& search, std::shared_ptr<const Presentation> presentation) {
  const Candidate& candidate = search.candidates[search.next];
  MediaTarget target{std::move(presentation), rtsp::percent_encode_path(candidate.path), std::nullopt,
                     srtp_policy(search.served->config, search.root()),
                     search.served->numbers[search.configured()]};
  if (candidate.track.empty()) return target;
  target.track = find_track(*target.presentation, candidate.track);
  if (!target.track) return Error{Errc::not_found, candidate.path + " has no " + candidate.track};
  return target;
}

using PresentationPtr = std::shared_ptr<const Presentation>;

/// Answers; or looks anew, where a reload has changed what is found.
void finish(Search& search, Result<PresentationPtr> found) {
  const auto done = std::exchange(search.done, nullptr);
  if (!done) return;
  if (!search.owner.served()->serves(search.served->numbers[search.configured()]))
    return open_media(search.owner, search.url, done);
  if (!found) return done(std::move(found).error());
  done(target_of(search, *std::move(found)));
}

void open_live(const std::shared_ptr<Search>& search, const std::shared_ptr<media::Live>& live) {
  search->reader = std::make_shared<media::LiveReader>(live);
  const std::weak_ptr<Search> waiting = search;
  const auto told_at_last = [waiting, post = search->owner.poster()](
                                const Result<std::shared_ptr<const media::LiveDescription>>& told) {
    post([waiting, told] {
      const auto asked = waiting.lock();
      if (!asked || !asked->done) return;
      auto reads = std::exchange(asked->reader, nullptr);
      if (!told) return finish(*asked, told.error());
      const LiveConfig& config = asked->root().live;
      const auto join =
          config.latency == Latency::low ? media::LiveJoin::next_point : media::LiveJoin::newest_point;
      auto group = asked->served->multicast->find(asked->configured(), **told);
      finish(*asked, PresentationPtr(std::make_shared<LivePresentation>(
                         std::move(reads), *told, join, config.start_timeout, std::move(group))));
    });
  };
  live->when_described(told_at_last, waiting);
  const auto patience = search->root().live.start_timeout;
  search->owner.run_after(patience, [search, patience] {
    if (!search->done) return;
    const auto reads = std::exchange(search->reader, nullptr);
    std::string why = reads->live()->status().reason;
    if (why.empty()) why = fmt::format("nothing has come within {} s", patience.count());
    finish(*search, Error{Errc::end, std::move(why)});
  });
}

void try_next(const std::shared_ptr<Search>& search) {
  const Candidate& candidate = search->candidates[search->next];
  if (const auto& live = search->served->live.find(candidate.target.configured))
    return open_live(search, live);
  search->owner.context().library.open(
      candidate.target.root, candidate.target.relative,
      // What the request holds, maybe a session, is to be let go of on the loop and not on a worker.
      [search, post = search->owner.poster()](Result<std::shared_ptr<media::Asset>> asset) mutable {
        post([search = std::move(search), asset = std::move(asset)] {
          if (asset) return finish(*search, PresentationPtr(std::make_shared<Recording>(*asset)));
          Error error = asset.error();
          if (error.code == Errc::end) error.code = Errc::invalid;  // an empty file
          const bool missing = error.code == Errc::not_found;
          if (!missing || search->next + 1 == search->candidates.size())
            return finish(*search, std::move(error));
          ++search->next;
          try_next(search);
        });
      });
}

/// status_of() in words for the player, who is told nothing of the paths here.
std::string_view reason_of(const Error& error) {
  switch (status_of(error)) {
    case rtsp::StatusCode::not_found:
      return "there is no such recording or track";
    case rtsp::StatusCode::forbidden:
      return "the server may not read it";
    case rtsp::StatusCode::unsupported_media_type:
      return "no audio or video in it that RTP carries";
    case rtsp::StatusCode::service_unavailable:
      return "too many files are open";
    case rtsp::StatusCode::gateway_timeout:
      return "its camera or publisher does not send";
    default:
      return "see the log of the server";
  }
}

}  // namespace

void open_media(RtspLoop& owner, const rtsp::Url& url, std::function<void(Result<MediaTarget>)> done) {
  const auto& served = owner.served();
  auto search = std::make_shared<Search>(
      Search{owner, url, served, candidates_of(served->paths, url), 0, std::move(done)});
  if (search->candidates.empty()) return search->done(Error{Errc::not_found, "no such path"});
  try_next(search);
}

rtsp::StatusCode status_of(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return rtsp::StatusCode::not_found;
    case Errc::denied:
      return rtsp::StatusCode::forbidden;
    case Errc::invalid:
    case Errc::unsupported:
    case Errc::too_large:
      return rtsp::StatusCode::unsupported_media_type;
    case Errc::end:
      return rtsp::StatusCode::gateway_timeout;
    case Errc::busy:
      return rtsp::StatusCode::service_unavailable;
    default:
      return rtsp::StatusCode::internal_server_error;
  }
}

void refuse_media(const Exchange& exchange, const Error& error) {
  rtsp::Response response = Exchange::refusal(status_of(error), reason_of(error));
  if (error.code == Errc::busy) response.headers.set("Retry-After", "10");
  exchange.respond(std::move(response));
}

std::string content_base(const rtsp::Url& url, const std::string& media_path) {
  rtsp::Url base = url;
  base.raw_path = below(media_path);
  base.query.clear();
  base.has_query = false;
  return rtsp::serialize(base);
}

std::optional<PathMatch> match_path(const rtsp::Url& url, const std::string& media_path,
                                    const Presentation& presentation) {
  const std::string encoded = rtsp::percent_encode_path(normalized(url.path));
  std::string control;
  if (encoded == media_path) {
    control = track_of_query(url.query);
    if (control.empty()) return PathMatch{true, std::nullopt};
  } else {
    const std::string prefix = below(media_path);
    if (!encoded.starts_with(prefix)) return std::nullopt;
    control = encoded.substr(prefix.size());
  }
  const auto track = find_track(presentation, control);
  if (!track) return std::nullopt;
  return PathMatch{false, track};
}

}  // namespace lectern::server
