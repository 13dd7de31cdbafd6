#include "server/rtsp/dispatch.h"

#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/state.h"
#include "server/rtsp/authorize.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/publish/publish_dispatch.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using rtsp::Method;
using rtsp::StatusCode;

void run(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  switch (*exchange->request.method) {
    case Method::options:
      return answer_options(*exchange);
    case Method::describe:
      return answer_describe(owner, exchange);
    case Method::setup:
      return answer_setup(owner, exchange, session);
    case Method::play:
      return session ? answer_play(owner, exchange, session)
                     : exchange->refuse(StatusCode::session_not_found);
    case Method::pause:
      return session ? answer_pause(*exchange, *session) : exchange->refuse(StatusCode::session_not_found);
    case Method::teardown:
      return session ? answer_teardown(owner, *exchange, *session)
                     : exchange->refuse(StatusCode::session_not_found);
    case Method::get_parameter:
    case Method::set_parameter:
      return answer_parameters(*exchange, session.get());
    case Method::announce:
      return answer_announce(owner, exchange);
    case Method::record:
      return refuse_unannounced_record(owner, *exchange);
    case Method::redirect:
      return refuse_method(*exchange);
  }
}

/// Without a session: to be set up may be what was announced on the same connection.
void run_outside(RtspLoop& owner, const ExchangePtr& exchange) {
  if (exchange->request.method == Method::setup) {
    const auto connection = exchange->connection.lock();
    if (const auto publisher = owner.publishers().announced_on(connection.get(), exchange->url))
      return run_with_publisher(owner, exchange, publisher);
    if (asks_to_record(exchange->request.headers)) return refuse_unannounced_setup(owner, *exchange);
  }
  run(owner, exchange, nullptr);
}

/// What RTSP knows and no viewer's session takes, whatever its state.
bool is_for_other_media(Method method) {
  return method == Method::announce || method == Method::record || method == Method::redirect;
}

/// What was sent before is void with the answer, so it must not come behind it.
bool stops_media(Method method) {
  return method == Method::play || method == Method::pause || method == Method::teardown;
}

void answer_behind_media(RtspLoop& owner, Exchange& exchange) {
  exchange.respond = [&owner, respond = std::move(exchange.respond)](rtsp::Response response) {
    owner.udp().rtp().when_left([respond, response = std::move(response)] { respond(response); });
  };
}

bool changes_play(Method method) {
  return method == Method::setup || method == Method::play || method == Method::pause;
}

/// On the loop on which the session lives, or lived.
void run_with_session(RtspLoop& owner, const ExchangePtr& exchange, const std::string& id) {
  if (const auto publisher = owner.publishers().find(id))
    return run_with_publisher(owner, exchange, publisher);
  const auto session = owner.find_session(id);
  const bool others = session && exchange->user && *exchange->user != session->user();
  if (!session || others || !session->peer().same_host(exchange->peer))
    return exchange->refuse(StatusCode::session_not_found);
  session->touch(EventLoop::now_us());
  // Requests of several connections: they take effect one after the other.
  if (session->starting() && changes_play(*exchange->request.method))
    return session->when_begun([&owner, exchange, id] { run_with_session(owner, exchange, id); });
  exchange->respond = [id, respond = std::move(exchange->respond)](rtsp::Response response) {
    if (!response.headers.contains("Session")) response.headers.set("Session", id);
    respond(std::move(response));
  };
  if (session->transport() == TransportKind::udp && stops_media(*exchange->request.method))
    answer_behind_media(owner, *exchange);
  const rtsp::Step step = rtsp::step(session->state(), *exchange->request.method);
  if (is_for_other_media(*exchange->request.method)) return refuse_method(*exchange);
  if (!step.allowed()) return refuse_in_state(*exchange, session->state());
  run(owner, exchange, session);
}

/// The answer goes back to the loop of the connection.
void forward(RtspLoop& from, RtspLoop& to, const ExchangePtr& exchange, const std::string& id) {
  auto there = std::make_shared<Exchange>();
  there->request = exchange->request;
  there->url = exchange->url;
  there->peer = exchange->peer;
  there->local = exchange->local;
  there->secure = exchange->secure;
  there->user = exchange->user;
  there->granted_elsewhere = exchange->granted_elsewhere;
  there->respond = [post = from.poster(), exchange](rtsp::Response response) {
    post([exchange, response = std::move(response)] { exchange->respond(response); });
  };
  to.poster()([&to, there, id] { run_with_session(to, there, id); });
}

/// To the session that it names, on whatever loop that lives.
void route(RtspLoop& owner, const ExchangePtr& exchange) {
  const auto header = exchange->request.headers.get("Session");
  if (!header) return run_outside(owner, exchange);
  const auto named = rtsp::parse_session(*header);
  const auto loop = named ? owner.context().sessions.loop_of(named->id) : std::nullopt;
  if (!loop) return exchange->refuse(StatusCode::session_not_found);
  if (*loop == owner.index()) return run_with_session(owner, exchange, named->id);
  forward(owner, *owner.context().loops[*loop], exchange, named->id);
}

}  // namespace

void dispatch(RtspLoop& owner, const ExchangePtr& exchange) {
  const Method method = *exchange->request.method;
  if (exchange->url.any && method != Method::options && method != Method::get_parameter &&
      method != Method::set_parameter)
    return exchange->refuse(StatusCode::bad_request, "* stands for the server, and this needs a path");
  authorize(owner, exchange, [&owner, exchange] { route(owner, exchange); });
}

}  // namespace lectern::server
