#include <fmt/ranges.h>

#include "protocol/rtsp/media_type.h"
#include "protocol/rtsp/percent.h"
#include "protocol/rtsp/session_header.h"
#include "server/access/path_pattern.h"
#include "server/log/escape.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

using rtsp::StatusCode;

constexpr std::string_view sdp_type = "application/sdp";

bool is_sdp(const rtsp::Headers& headers) {
  const auto type = rtsp::parse_media_type(headers.get("Content-Type").value_or(""));
  return type && *type == sdp_type;
}

StatusCode status_of_sdp(const Error& error) {
  return error.code == Errc::unsupported ? StatusCode::unsupported_media_type : StatusCode::bad_request;
}

Result<PublishOrder> read_order(const Exchange& exchange, const sdp::SessionDescription& description) {
  PublishOrder order;
  auto announcement = media::read_announcement(description);
  if (!announcement) return std::move(announcement).error();
  order.announcement = *std::move(announcement);
  order.url = exchange.url;
  order.media_path =
      rtsp::percent_encode_path("/" + fmt::to_string(fmt::join(path_segments(exchange.url.path), "/")));
  order.peer = exchange.peer;
  order.client = escape(exchange.request.headers.get("User-Agent").value_or(""), 80);
  order.grant = {exchange.user.value_or(""), exchange.granted_elsewhere, exchange.secure};
  return order;
}

void refuse_publisher(RtspLoop& owner, const Exchange& exchange, const Error& error) {
  owner.log_limited(exchange.peer, "ANNOUNCE " + escape(exchange.url.path) + " refused: " + error.message);
  if (error.code == Errc::denied) return exchange.refuse(StatusCode::forbidden, error.message);
  rtsp::Response response = Exchange::refusal(StatusCode::service_unavailable, error.message);
  response.headers.set("Retry-After", "10");
  exchange.respond(std::move(response));
}

}  // namespace

Result<std::size_t> publish_root(RtspLoop& owner, const rtsp::Url& url) {
  const Served& served = *owner.served();
  const auto targets = served.paths.targets(url.path);
  if (targets.empty()) return Error{Errc::not_found, "no such path"};
  for (const PathTarget& target : targets)
    if (served.config.roots[target.configured].live.publish) return target.configured;
  return unsupported("nothing can be published there");
}

void answer_announce(RtspLoop& owner, const ExchangePtr& exchange) {
  const auto root = publish_root(owner, exchange->url);
  if (!root) {
    if (root.error().code == Errc::not_found) return exchange->refuse(StatusCode::not_found, "no such path");
    return refuse_method(*exchange);
  }
  if (!is_sdp(exchange->request.headers))
    return exchange->refuse(StatusCode::bad_request, "what is announced is application/sdp");
  const auto description = sdp::parse(exchange->request.body);
  if (!description) return exchange->refuse(StatusCode::bad_request, description.error().message);
  auto order = read_order(*exchange, *description);
  if (!order) return exchange->refuse(status_of_sdp(order.error()), order.error().message);
  // It may have been closed while the publisher was asked about elsewhere: nobody would end the session.
  const auto connection = open_connection(*exchange);
  if (!connection) return exchange->refuse(StatusCode::session_not_found);
  order->connection = connection.get();
  const Served& served = *owner.served();
  const Config& config = served.config;
  order->slot = served.live.publish_slot(*root);
  order->live = served.live.find(*root);
  order->root = served.numbers[*root];
  order->read_timeout = config.roots[*root].live.read_timeout;
  order->session_timeout = config.session_timeout;
  order->srtp = srtp_policy(config, config.roots[*root]);
  for (const sdp::Media& media : description->media) {
    const auto keys = announced_keys(*description, media);
    if (!keys) return exchange->refuse(StatusCode::key_management_failure, keys.error().message);
    order->keys.push_back(*keys);
  }
  const auto publisher = owner.publishers().add(*std::move(order));
  if (!publisher) return refuse_publisher(owner, *exchange, publisher.error());
  rtsp::Response response;
  response.headers.set("Session",
                       rtsp::serialize(rtsp::SessionHeader{(*publisher)->id(), config.session_timeout}));
  exchange->respond(std::move(response));
}

}  // namespace lectern::server
