#include <algorithm>
#include <vector>

#include "protocol/base/text.h"
#include "protocol/rtsp/key_mgmt.h"
#include "server/log/escape.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/session.h"
#include "server/rtsp/track_keys.h"

namespace lectern::server {
namespace {

/// The names in a text/parameters body: one a line, with a value behind a colon in SET_PARAMETER.
std::vector<std::string> parameter_names(std::string_view body) {
  std::vector<std::string> names;
  for (std::string_view line : split(body, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view name = trim(line.substr(0, line.find(':')));
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

/// Re-keying (ONVIF Streaming Specification, section 5.1.2): each entry of KeyMgmt is for the track that its
/// uri names, or for all where it names none. All of them are taken, or none.
Status change_keys_of(Session& session, std::string_view header) {
  const auto entries = rtsp::parse_key_mgmt(header);
  if (!entries) return entries.error();
  std::vector<TrackKeys> changes;
  for (const rtsp::KeyMgmt& entry : *entries) {
    const auto url = rtsp::parse_url(entry.uri);
    const auto match = url ? match_path(*url, session.media_path(), session.presentation()) : std::nullopt;
    if (!match && !entry.uri.empty()) return invalid("the uri of KeyMgmt is not of this session");
    bool named = false;
    for (const auto& track : session.tracks()) {
      if (match && match->track && *match->track != track->index()) continue;
      if (std::ranges::any_of(changes, [&](const TrackKeys& each) { return &each.track() == track.get(); }))
        return invalid("KeyMgmt has two keys for one track");
      auto keys = TrackKeys::prepare(*track, rtsp::serialize(entry));
      if (!keys) return std::move(keys).error();
      changes.push_back(*std::move(keys));
      named = true;
    }
    if (!named) return invalid("the uri of KeyMgmt is of no track that was set up");
  }
  for (TrackKeys& keys : changes) std::move(keys).take();
  return {};
}

/// False where it was refused, and the answer is given.
bool re_key(const Exchange& exchange, Session* session) {
  const auto header = exchange.request.headers.get("KeyMgmt");
  if (!header || exchange.request.method != rtsp::Method::set_parameter) return true;
  const Status changed = session ? change_keys_of(*session, *header) : invalid("there is no session");
  if (!changed) exchange.refuse(rtsp::StatusCode::key_management_failure, changed.error().message);
  return changed.ok();
}

}  // namespace

void answer_parameters(const Exchange& exchange, Session* session) {
  if (!re_key(exchange, session)) return;
  const std::vector<std::string> names = parameter_names(exchange.request.body);
  // Empty, it is a sign of life, and that is what players send it for.
  if (names.empty()) return exchange.respond({});
  rtsp::Response response;
  response.status = rtsp::StatusCode::parameter_not_understood;
  response.headers.set("Content-Type", "text/parameters");
  for (const std::string& name : names) response.body += escape(name, 100) + "\r\n";
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
