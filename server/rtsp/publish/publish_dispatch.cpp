#include "server/rtsp/publish/publish_dispatch.h"

#include "server/rtsp/methods/methods.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using rtsp::Method;
using rtsp::StatusCode;

void run(RtspLoop& owner, const ExchangePtr& exchange, Publisher& publisher) {
  switch (*exchange->request.method) {
    case Method::options:
      return answer_options(*exchange);
    case Method::describe:
      return answer_describe(owner, exchange);
    case Method::get_parameter:
    case Method::set_parameter:
      return answer_parameters(*exchange, nullptr);
    case Method::setup:
      return answer_record_setup(owner, *exchange, publisher);
    case Method::record:
      return answer_record(*exchange, publisher);
    case Method::pause:
      return answer_record_pause(*exchange, publisher);
    case Method::teardown:
      return answer_record_teardown(owner, *exchange, publisher);
    case Method::announce:
    case Method::play:
      return refuse_in_recording_state(*exchange, publisher.state());
    case Method::redirect:
      return refuse_method(*exchange);
  }
}

}  // namespace

void run_with_publisher(RtspLoop& owner, const ExchangePtr& exchange,
                        const std::shared_ptr<Publisher>& publisher) {
  const bool others = exchange->user && *exchange->user != publisher->user();
  if (others || !publisher->peer().same_host(exchange->peer))
    return exchange->refuse(StatusCode::session_not_found);
  publisher->touch(EventLoop::now_us());
  if (const auto connection = open_connection(*exchange)) publisher->set_connection(connection.get());
  exchange->respond = [id = publisher->id(),
                       respond = std::move(exchange->respond)](rtsp::Response response) {
    if (!response.headers.contains("Session")) response.headers.set("Session", id);
    respond(std::move(response));
  };
  if (!rtsp::step(publisher->state(), *exchange->request.method).allowed())
    return refuse_in_recording_state(*exchange, publisher->state());
  run(owner, exchange, *publisher);
}

}  // namespace lectern::server
