#include <spdlog/spdlog.h>

#include "protocol/rtsp/range.h"
#include "protocol/rtsp/rtp_info.h"
#include "protocol/rtsp/speed.h"
#include "server/log/escape.h"
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

/// Absolute times count from when the recording began.
MediaTime origin_of(RangeUnit unit, const media::Asset& asset) {
  return unit == RangeUnit::clock ? asset.recorded_at() : 0;
}

StatusCode read_range(const rtsp::Headers& headers, const media::Asset& asset, bool backwards, Asked& asked) {
  const auto header = headers.get("Range");
  if (!header) return StatusCode::ok;
  const auto range = rtsp::parse_range(*header);
  if (!range) return StatusCode::invalid_range;
  asked.unit = range->unit;
  const MediaTime origin = origin_of(range->unit, asset);
  const MediaTime duration = asset.duration();
  // "now" is live media's; a recording goes on where it is.
  if (range->start && !range->now) asked.order.from = std::max<MediaTime>(0, range->start->count() - origin);
  if (range->end) asked.order.to = range->end->count() - origin;
  const auto& [from, to, scale, speed] = asked.order;
  if (from && duration > 0 && (backwards ? *from > duration : *from >= duration))
    return StatusCode::invalid_range;
  if (to && (*to < 0 || (from && (backwards ? *to >= *from : *to <= *from))))
    return StatusCode::invalid_range;
  if (asked.order.to && duration > 0 && !backwards) asked.order.to = std::min(*asked.order.to, duration);
  return StatusCode::ok;
}

StatusCode read_order(const Exchange& exchange, const media::Asset& asset, Asked& asked) {
  const rtsp::Headers& headers = exchange.request.headers;
  if (const auto header = headers.get("Scale")) {
    const auto scale = rtsp::parse_scale(*header);
    if (!scale) return StatusCode::bad_request;
    asked.order.scale = *scale;
    asked.scale = true;
  }
  if (const auto header = headers.get("Speed")) {
    const auto speed = rtsp::parse_speed(*header);
    if (!speed) return StatusCode::bad_request;
    asked.order.speed = *speed;
    asked.speed = true;
  }
  return read_range(headers, asset, asked.order.scale.value_or(1) < 0, asked);
}

std::string answered_range(const Asked& asked, const PlayBegun& play, const media::Asset& asset) {
  const MediaTime origin = origin_of(asked.unit, asset);
  rtsp::Range range;
  range.unit = asked.unit;
  range.start = std::chrono::microseconds(origin + std::max<MediaTime>(0, play.from));
  const MediaTime last = play.scale < 0 ? 0 : asset.duration();
  if (play.to || play.scale < 0 || last > 0)
    range.end = std::chrono::microseconds(origin + play.to.value_or(last));
  return rtsp::serialize(range);
}

void answer(const Exchange& exchange, const Asked& asked, const PlayBegun& play, const media::Asset& asset) {
  std::vector<rtsp::RtpInfo> streams;
  for (const PlayBegun::Stream& stream : play.streams)
    streams.push_back({stream.url, stream.sequence, stream.timestamp});
  rtsp::Response response;
  response.headers.set("Range", answered_range(asked, play, asset));
  if (asked.scale || play.scale != 1) response.headers.set("Scale", rtsp::format_scale(play.scale));
  if (asked.speed || play.speed != 1) response.headers.set("Speed", rtsp::format_scale(play.speed));
  response.headers.set("RTP-Info", rtsp::serialize(streams));
  exchange.respond(std::move(response));
}

/// Media is played as a whole: 460 on one track of several (RFC 2326 section 10.5), 404 on something else.
StatusCode check_path(const Exchange& exchange, const Session& session) {
  const auto match = match_path(exchange.url.path, session.media_path(), session.asset());
  if (!match) return StatusCode::not_found;
  if (match->whole || session.tracks().size() == 1) return StatusCode::ok;
  return StatusCode::only_aggregate_operation_allowed;
}

}  // namespace

void answer_play(RtspLoop&, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  if (const StatusCode status = check_path(*exchange, *session); status != StatusCode::ok)
    return exchange->refuse(status);
  Asked asked;
  if (const StatusCode status = read_order(*exchange, session->asset(), asked); status != StatusCode::ok)
    return exchange->refuse(status);
  session->play(asked.order, [exchange, asked, weak = std::weak_ptr(session)](const Result<PlayBegun>& play) {
    const auto playing = weak.lock();
    if (!playing) return exchange->refuse(StatusCode::session_not_found);
    if (!play) {
      spdlog::warn("{}: PLAY {}: {}", exchange->peer.to_string(), playing->media_path(),
                   escape(play.error().message));
      return exchange->refuse(play.error().code == Errc::end      ? StatusCode::invalid_range
                              : play.error().code == Errc::denied ? StatusCode::method_not_valid_in_this_state
                                                                  : StatusCode::internal_server_error);
    }
    playing->set_state(rtsp::State::playing);
    answer(*exchange, asked, *play, playing->asset());
    playing->start_sending();
  });
}

void answer_pause(const Exchange& exchange, Session& session) {
  if (const StatusCode status = check_path(exchange, session); status != StatusCode::ok)
    return exchange.refuse(status);
  rtsp::Response response;
  if (session.state() == rtsp::State::playing) {
    rtsp::Range range;
    range.start = std::chrono::microseconds(session.pause());
    response.headers.set("Range", rtsp::serialize(range));
    session.set_state(rtsp::State::ready);
  }
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
