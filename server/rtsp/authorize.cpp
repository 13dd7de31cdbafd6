#include "server/rtsp/authorize.h"

#include <algorithm>

#include "protocol/rtsp/percent.h"
#include "server/access/path_pattern.h"
#include "server/log/escape.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using rtsp::Method;
using rtsp::StatusCode;

bool passes(const rtsp::Request& request) {
  if (*request.method == Method::options) return true;
  const bool parameter = *request.method == Method::get_parameter || *request.method == Method::set_parameter;
  // New keys are more than a sign of life.
  return parameter && request.body.empty() && request.headers.contains("Session") &&
         !request.headers.contains("KeyMgmt");
}

/// nullopt: what both a viewer and a publisher do.
std::optional<Action> action_of(const rtsp::Request& request) {
  switch (*request.method) {
    case Method::describe:
    case Method::play:
      return Action::read;
    case Method::announce:
    case Method::record:
      return Action::publish;
    case Method::setup:
      return asks_to_record(request.headers) ? Action::publish : Action::read;
    default:
      return std::nullopt;
  }
}

AccessQuestion question_of(const Exchange& exchange) {
  AccessQuestion question;
  for (const std::string_view value : exchange.request.headers.get_all("Authorization"))
    question.authorizations.emplace_back(value);
  question.method = exchange.request.method_name;
  question.url = exchange.url;
  question.action = action_of(exchange.request);
  question.peer = exchange.peer;
  question.secure = exchange.secure;
  question.agent = exchange.request.headers.get("User-Agent").value_or("");
  if (const auto connection = exchange.connection.lock()) question.known_user = connection->user();
  return question;
}

/// The same as a track of the file before it, so that no file of that name is opened in its place. Segments
/// that are passed over when permissions are looked up ("track1/.") are so here.
void name_track_by_query(rtsp::Url& url) {
  auto segments = path_segments(url.path);
  if (segments.empty()) return;
  const std::size_t prefix = std::min(std::string_view("track").size(), segments.back().size());
  url.query = "track=" + segments.back().substr(prefix);
  url.has_query = true;
  segments.pop_back();
  url.path.clear();
  for (const std::string& segment : segments) url.path.append("/").append(segment);
  url.raw_path = rtsp::percent_encode_path(url.path);
}

void challenge(RtspLoop& owner, const Exchange& exchange, bool stale) {
  Access& access = *owner.served()->access;
  rtsp::Response response = Exchange::refusal(
      StatusCode::unauthorized, access.needs_tls(exchange.secure) ? "one can log in by rtsps:// alone" : "");
  for (const std::string& value : access.challenges(exchange.peer, exchange.secure, stale))
    response.headers.add("WWW-Authenticate", value);
  exchange.respond(std::move(response));
}

void refuse(RtspLoop& owner, const ExchangePtr& exchange, const AccessDecision& decision) {
  switch (decision.verdict) {
    case Verdict::malformed:
      return exchange->refuse(StatusCode::bad_request, "no valid Authorization");
    case Verdict::forbidden:
      return exchange->refuse(StatusCode::forbidden, "this user may not do this here");
    case Verdict::busy: {
      rtsp::Response response = Exchange::refusal(StatusCode::service_unavailable, "nobody can log in now");
      response.headers.set("Retry-After", "10");
      return exchange->respond(std::move(response));
    }
    default:
      break;
  }
  if (decision.failed) owner.log_login_failed(exchange->peer, exchange->url.path, "wrong user or password");
  if (decision.in_the_clear)
    owner.log_login_failed(exchange->peer, exchange->url.path,
                           "its password came in the clear, which only basic_over_plain permits");
  if (decision.delay.count() == 0) return challenge(owner, *exchange, decision.stale);
  owner.run_after(decision.delay,
                  [&owner, exchange, stale = decision.stale] { challenge(owner, *exchange, stale); });
}

}  // namespace

void authorize(RtspLoop& owner, const ExchangePtr& exchange, std::function<void()> go_on) {
  if (passes(exchange->request)) return go_on();
  // Kept until it has decided: a reload may put another one in its place.
  const auto served = owner.served();
  served->access->decide(
      question_of(*exchange), owner.poster(),
      [&owner, exchange, served, go_on = std::move(go_on)](const AccessDecision& decision) {
        if (decision.verdict != Verdict::granted) return refuse(owner, exchange, decision);
        // A reload came between: who may do what is for those who are configured now.
        if (owner.served() != served) return authorize(owner, exchange, go_on);
        exchange->user = decision.user;
        exchange->granted_elsewhere = decision.elsewhere;
        exchange->decided_by = served;
        // What was announced is known by the URL that was announced for it.
        if (decision.of_parent && action_of(exchange->request) != Action::publish)
          name_track_by_query(exchange->url);
        const auto connection = exchange->connection.lock();
        if (connection && !decision.user.empty()) connection->set_user(decision.user);
        go_on();
      });
}

Grant grant_of(const Exchange& exchange) {
  return {exchange.user.value_or(""), exchange.granted_elsewhere, exchange.secure};
}

bool still_authorized(const RtspLoop& owner, const Exchange& exchange) {
  const auto& served = owner.served();
  if (exchange.decided_by == served) return true;
  const Grant grant = grant_of(exchange);
  return served->access->still_permits(grant, exchange.peer, exchange.url.path, {}) &&
         (!exchange.decided_by || served->access->keeps_login(grant, *exchange.decided_by->access));
}

}  // namespace lectern::server
