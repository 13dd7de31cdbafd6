#include <spdlog/spdlog.h>

#include "media/description.h"
#include "protocol/rtsp/media_type.h"
#include "server/log/escape.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

constexpr std::string_view sdp_type = "application/sdp";

void describe(const Exchange& exchange, const Result<MediaTarget>& target) {
  if (!target) {
    spdlog::info("{}: DESCRIBE {}: {}", exchange.peer.to_string(), escape(exchange.url.path),
                 escape(target.error().message));
    return refuse_media(exchange, target.error());
  }
  sdp::SessionDescription description = media::describe(*target->asset);
  // A URL of one track asks for that track.
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
    return exchange->refuse(rtsp::StatusCode::not_acceptable);
  open_media(owner, exchange->url,
             [exchange](const Result<MediaTarget>& target) { describe(*exchange, target); });
}

}  // namespace lectern::server
