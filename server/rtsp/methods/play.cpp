#include <fmt/format.h>

#include "protocol/rtsp/range.h"
#include "protocol/rtsp/rtp_info.h"
#include "protocol/rtsp/speed.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using media::MediaTime;
using rtsp::RangeUnit;
using rtsp::StatusCode;

/// What a PLAY says, and how its answer is to say it.
struct Asked {
  PlayOrder order;
  RangeUnit unit = RangeUnit::npt;
  bool scale = false, speed = false;
};

/// Why a request is refused, in a code and in words.
struct Refusal {
  StatusCode status;
  std::string why;
};
using Checked = std::optional<Refusal>;

Refusal invalid_range(std::string why) {
  return {StatusCode::invalid_range, std::move(why)};
}

/// Absolute times count from when the recording began.
MediaTime origin_of(RangeUnit unit, const Presentation& presentation) {
  return unit == RangeUnit::clock ? presentation.recorded_at() : 0;
}

Checked read_range(const rtsp::Headers& headers, const Presentation& presentation, bool backwards,
                   Asked& asked) {
  const auto header = headers.get("Range");
  if (!header) return {};
  const auto range = rtsp::parse_range(*header);
  if (!range) return invalid_range("no npt, clock or smpte range");
  asked.unit = range->unit;
  // Live media has no other place than the present (RFC 2326 section 3.6).
  if (presentation.live()) return {};
  const MediaTime origin = origin_of(range->unit, presentation);
  const MediaTime duration = presentation.duration();
  // "now" is live media's; a recording goes on where it is.
  if (range->start && !range->now) asked.order.from = std::max<MediaTime>(0, range->start->count() - origin);
  if (range->end) asked.order.to = range->end->count() - origin;
  const auto& [from, to, scale, speed] = asked.order;
  if (from && duration > 0 && (backwards ? *from > duration : *from >= duration))
    return invalid_range(fmt::format("the recording is {:.3f} s long", static_cast<double>(duration) / 1e6));
  if (to && *to < 0) return invalid_range("it ends before the recording begins");
  if (to && from && (backwards ? *to >= *from : *to <= *from))
    return invalid_range("it ends where it begins, or before");
  if (asked.order.to && duration > 0 && !backwards) asked.order.to = std::min(*asked.order.to, duration);
  return {};
}

Checked read_order(const Exchange& exchange, const Presentation& presentation, Asked& asked) {
  const rtsp::Headers& headers = exchange.request.headers;
  if (const auto header = headers.get("Scale")) {
    const auto scale = rtsp::parse_scale(*header);
    if (!scale) return Refusal{StatusCode::bad_request, "Scale is a number other than 0"};
    asked.order.scale = *scale;
    asked.scale = true;
  }
  if (const auto header = headers.get("Speed")) {
    const auto speed = rtsp::parse_speed(*header);
    if (!speed) return Refusal{StatusCode::bad_request, "Speed is a number above 0"};
    asked.order.speed = *speed;
    asked.speed = true;
  }
  return read_range(headers, presentation, asked.order.scale.value_or(1) < 0, asked);
}

std::string answered_range(const Asked& asked, const PlayBegun& play, const Presentation& presentation) {
  if (presentation.live()) return "npt=now-";
  const MediaTime origin = origin_of(asked.unit, presentation);
  rtsp::Range range;
  range.unit = asked.unit;
  range.start = std::chrono::microseconds(origin + std::max<MediaTime>(0, play.from));
  const MediaTime last = play.scale < 0 ? 0 : presentation.duration();
  if (play.to || play.scale < 0 || last > 0)
    range.end = std::chrono::microseconds(origin + play.to.value_or(last));
  return rtsp::serialize(range);
}

void answer(const Exchange& exchange, const Asked& asked, const PlayBegun& play,
            const Presentation& presentation) {
  std::vector<rtsp::RtpInfo> streams;
  for (const PlayBegun::Stream& stream : play.streams)
    streams.push_back({stream.url, stream.sequence, stream.timestamp});
  rtsp::Response response;
  response.headers.set("Range", answered_range(asked, play, presentation));
  if (asked.scale || play.scale != 1) response.headers.set("Scale", rtsp::format_scale(play.scale));
  if (asked.speed || play.speed != 1) response.headers.set("Speed", rtsp::format_scale(play.speed));
  response.headers.set("RTP-Info", rtsp::serialize(streams));
  exchange.respond(std::move(response));
}

/// Media is played as a whole: 460 on one track of several (RFC 2326 section 10.5), 404 on something else.
Checked check_path(const Exchange& exchange, const Session& session) {
  const auto match = match_path(exchange.url, session.media_path(), session.presentation());
  if (!match) return Refusal{StatusCode::not_found, "the session plays something else"};
  const bool only_one = session.tracks().size() == 1 && match->track == session.tracks().front()->index();
  if (match->whole || only_one) return {};
  return Refusal{StatusCode::only_aggregate_operation_allowed, "leave out the track"};
}

void refuse_play(RtspLoop& owner, const Exchange& exchange, const Session& session, const Error& error) {
  if (session.ended()) return exchange.refuse(StatusCode::session_not_found);
  if (error.code == Errc::denied) return refuse_in_state(exchange, session.state());
  if (error.code == Errc::too_large) {
    owner.log_limited(exchange.peer, "PLAY refused: " + error.message);
    return exchange.refuse(StatusCode::not_enough_bandwidth, error.message);
  }
  if (error.code == Errc::unsupported)
    return exchange.refuse(StatusCode::key_management_failure, error.message);
  owner.log_not_played(exchange.peer, session.media_path(), error.message);
  if (error.code == Errc::end && session.presentation().live())
    return exchange.refuse(StatusCode::gateway_timeout, "its camera or publisher does not send");
  if (error.code == Errc::end)
    return exchange.refuse(StatusCode::invalid_range, "there is nothing to play in it");
  exchange.refuse(StatusCode::internal_server_error, "see the log of the server");
}

}  // namespace

void answer_play(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  if (const Checked refused = check_path(*exchange, *session))
    return exchange->refuse(refused->status, refused->why);
  Asked asked;
  if (const Checked refused = read_order(*exchange, session->presentation(), asked))
    return exchange->refuse(refused->status, refused->why);
  session->play(asked.order,
                [&owner, exchange, asked, weak = std::weak_ptr(session)](const Result<PlayBegun>& play) {
                  const auto playing = weak.lock();
                  if (!playing) return exchange->refuse(StatusCode::session_not_found);
                  if (!play) return refuse_play(owner, *exchange, *playing, play.error());
                  playing->set_state(rtsp::State::playing);
                  answer(*exchange, asked, *play, playing->presentation());
                  playing->start_sending();
                });
}

void answer_pause(const Exchange& exchange, Session& session) {
  if (const Checked refused = check_path(exchange, session))
    return exchange.refuse(refused->status, refused->why);
  rtsp::Response response;
  if (session.state() == rtsp::State::playing) {
    rtsp::Range range;
    range.start = std::chrono::microseconds(session.pause());
    if (!session.presentation().live()) response.headers.set("Range", rtsp::serialize(range));
    session.set_state(rtsp::State::ready);
  }
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
