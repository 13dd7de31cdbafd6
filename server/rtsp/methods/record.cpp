#include <algorithm>
#include <iterator>

#include "protocol/rtsp/method.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using rtsp::StatusCode;

using enum rtsp::Method;
const std::vector<rtsp::Method> of_publishers{options, describe, setup,         pause,
                                              record,  teardown, get_parameter, set_parameter};

/// A publisher's tracks are recorded, paused and ended together; false where that was refused.
bool names_whole(const Exchange& exchange, const Publisher& publisher) {
  const auto match = publisher.match(exchange.url);
  if (match && match->whole) return true;
  if (match)
    exchange.refuse(StatusCode::only_aggregate_operation_allowed, "leave out the track");
  else
    exchange.refuse(StatusCode::not_found, "the session publishes something else");
  return false;
}

}  // namespace

void refuse_in_recording_state(const Exchange& exchange, rtsp::State state) {
  std::vector<rtsp::Method> allowed;
  std::ranges::copy_if(of_publishers, std::back_inserter(allowed),
                       [&](rtsp::Method method) { return rtsp::step(state, method).allowed(); });
  rtsp::Response response;
  response.status = StatusCode::method_not_valid_in_this_state;
  response.headers.set("Allow", rtsp::serialize_methods(allowed));
  exchange.respond(std::move(response));
}

void answer_record(const Exchange& exchange, Publisher& publisher) {
  if (!names_whole(exchange, publisher)) return;
  if (!publisher.all_set_up()) return refuse_in_recording_state(exchange, rtsp::State::init);
  publisher.record();
  exchange.respond({});
}

void refuse_unannounced_record(RtspLoop& owner, const Exchange& exchange) {
  if (!publish_root(owner, exchange.url)) return refuse_method(exchange);
  exchange.refuse(StatusCode::session_not_found);
}

void answer_record_pause(const Exchange& exchange, Publisher& publisher) {
  if (!names_whole(exchange, publisher)) return;
  publisher.pause();
  exchange.respond({});
}

void answer_record_teardown(RtspLoop& owner, const Exchange& exchange, Publisher& publisher) {
  if (!names_whole(exchange, publisher)) return;
  owner.publishers().end(publisher.id(), "it has ended its session");
  exchange.respond({});
}

}  // namespace lectern::server
