#include "protocol/rtsp/media_type.h"
#include "server/rtsp/authorize.h"
#include "server/rtsp/connection.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {
namespace {

constexpr std::string_view sdp_type = "application/sdp";

/// Hands out keys with the SDP, which the SETUPs of the same connection take up.
void offer_keys(const Exchange& exchange, const MediaTarget& target, sdp::SessionDescription& description) {
  KeyOffers unknown;  // on another loop than the connection's: SETUP will tell other keys
  const auto connection = exchange.connection.lock();
  KeyOffers& offers = connection ? connection->key_offers() : unknown;
  add_keys(offers.make(target.media_path, description.media.size(), target.srtp.suite,
                       describes_sdes(target.srtp, exchange.secure), target.presentation->shared().get()),
           description);
}

void describe(RtspLoop& owner, const Exchange& exchange, const Result<MediaTarget>& target) {
  if (!target) {
    owner.log_not_described(exchange.peer, exchange.url.path, target.error().message);
    return refuse_media(exchange, target.error());
  }
  if (!still_authorized(owner, exchange))
    return exchange.refuse(rtsp::StatusCode::forbidden, "this user may not do this here");
  sdp::SessionDescription description = target->presentation->describe();
  // A URL of one track asks for that track.
  if (describes_srtp(target->srtp, exchange.secure)) offer_keys(exchange, *target, description);
  if (target->track) description.media = {description.media[*target->track]};
  rtsp::Response response;
  response.headers.set("Content-Base", content_base(exchange.url, target->media_path));
  response.headers.set("Content-Type", sdp_type);
  response.body = sdp::serialize(description);
  exchange.respond(std::move(response));
}

}  // namespace

void answer_describe(RtspLoop& owner, const ExchangePtr& exchange) {
  if (!rtsp::accepts(exchange->request.headers, sdp_type))
    return exchange->refuse(rtsp::StatusCode::not_acceptable, "there is only application/sdp");
  open_media(owner, exchange->url,
             [&owner, exchange](const Result<MediaTarget>& target) { describe(owner, *exchange, target); });
}

}  // namespace lectern::server
