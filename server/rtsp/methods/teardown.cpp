#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {

void answer_teardown(RtspLoop& owner, const Exchange& exchange, Session& session) {
  const auto match = match_path(exchange.url, session.media_path(), session.presentation());
  if (!match) return exchange.refuse(rtsp::StatusCode::not_found, "the session plays something else");
  if (match->track && !session.find_track(*match->track))
    return exchange.refuse(rtsp::StatusCode::not_found, "the track is not set up");
  // The last track takes the session with it.
  if (match->whole || session.tracks().size() == 1) {
    session.say_bye("teardown");
    owner.end_session(session.id());
  } else {
    session.tear_down(*match->track);
  }
  exchange.respond({});
}

}  // namespace lectern::server
