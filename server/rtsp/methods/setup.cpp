#include <algorithm>

#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/transport.h"
#include "server/log/escape.h"
#include "server/rtsp/interleaved_delivery.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/udp_delivery.h"

namespace lectern::server {
namespace {

using rtsp::LowerTransport;
using rtsp::StatusCode;
using rtsp::TransportSpec;

/// Whether what a player offers is something that is done here, and only to the player itself: media never
/// goes to an address that did not ask.
bool is_enabled(const TransportSpec& offer, const Exchange& exchange) {
  if (!offer.supported() || offer.profile != rtsp::Profile::rtp_avp) return false;
  if (offer.cast == rtsp::Cast::multicast) return false;
  if (offer.mode && *offer.mode != rtsp::TransportMode::play) return false;
  if (offer.destination && !offer.destination->empty()) {
    const auto destination = Endpoint::parse_host(*offer.destination);
    if (!destination || !destination->same_host(exchange.peer)) return false;
  }
  if (offer.lower == LowerTransport::tcp) return true;
  return offer.client_port && offer.client_port->rtp != 0 && offer.client_port->rtcp != 0;
}

struct Setup {
  RtspLoop& owner;
  ExchangePtr exchange;
  std::shared_ptr<Session> session;  // empty: a new one is made
  TransportSpec transport;           // the offer; becomes the answer
};

TransportKind kind_of(const TransportSpec& transport) {
  return transport.lower == LowerTransport::udp ? TransportKind::udp : TransportKind::interleaved;
}

/// The track that the URL names; a file with one track is that track.
std::optional<std::size_t> chosen_track(const MediaTarget& target) {
  if (target.track) return target.track;
  // VLC sends SETUP to the base URL, with a slash, where there is only one track.
  return target.asset->tracks().size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
}

StatusCode connect_udp(Setup& setup, SessionTrack& track) {
  const Endpoint rtp = setup.exchange->peer.with_port(setup.transport.client_port->rtp);
  const Endpoint rtcp = setup.exchange->peer.with_port(setup.transport.client_port->rtcp);
  track.set_delivery(nullptr);  // its ports may be asked for again
  if (!setup.owner.context().sessions.claim(rtp)) return StatusCode::bad_request;
  UdpTransport& udp = setup.owner.udp();
  track.set_delivery(
      std::make_unique<UdpDelivery>(udp, setup.owner.context().sessions, *setup.session, rtp, rtcp));
  setup.transport.server_port = rtsp::PortPair{udp.rtp_port(), udp.rtcp_port()};
  return StatusCode::ok;
}

StatusCode connect_interleaved(Setup& setup, SessionTrack& track) {
  const auto connection = setup.exchange->connection.lock();
  if (!connection || connection->gone()) return StatusCode::unsupported_transport;
  if (const auto* before = dynamic_cast<InterleavedDelivery*>(track.delivery())) {
    connection->release_channel(before->rtp_channel());
    connection->release_channel(before->rtcp_channel());
  }
  std::optional<std::pair<std::uint8_t, std::uint8_t>> asked;
  if (const auto& pair = setup.transport.interleaved)
    asked = {static_cast<std::uint8_t>(pair->rtp), static_cast<std::uint8_t>(pair->rtcp)};
  const auto channels = connection->claim_channels(asked, *setup.session);
  if (!channels) return StatusCode::bad_request;
  track.set_delivery(
      std::make_unique<InterleavedDelivery>(connection->stream(), channels->first, channels->second));
  setup.transport.interleaved = rtsp::PortPair{channels->first, channels->second};
  return StatusCode::ok;
}

void answer(const Setup& setup, const SessionTrack& track) {
  TransportSpec transport = setup.transport;
  transport.cast = rtsp::Cast::unicast;
  transport.ssrc = track.ssrc();
  transport.mode = rtsp::TransportMode::play;
  transport.append = false;
  if (transport.lower == LowerTransport::udp) transport.interleaved.reset();
  rtsp::Response response;
  response.headers.set("Transport", rtsp::serialize(transport));
  response.headers.set("Session", rtsp::serialize(rtsp::SessionHeader{
                                      setup.session->id(), setup.owner.context().config.session_timeout}));
  setup.exchange->respond(std::move(response));
}

void set_up(Setup& setup, const Result<MediaTarget>& target) {
  const Exchange& exchange = *setup.exchange;
  if (!target) return exchange.refuse(status_of(target.error()));
  const auto track = chosen_track(*target);
  if (!track) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  const bool made = !setup.session;
  if (made) {
    const auto agent = exchange.request.headers.get("User-Agent").value_or("");
    setup.session =
        setup.owner.add_session(target->asset, target->media_path, exchange.peer, escape(agent, 80));
    if (!setup.session) {
      rtsp::Response response;
      response.status = StatusCode::service_unavailable;
      response.headers.set("Retry-After", "10");
      return exchange.respond(std::move(response));
    }
  }
  Session& session = *setup.session;
  const bool other = session.media_path() != target->media_path ||
                     *track >= session.asset().tracks().size() ||
                     (session.transport() && *session.transport() != kind_of(setup.transport));
  // A session over TCP ends with the one connection that carries all of it.
  const auto connection = exchange.connection.lock();
  const bool elsewhere = session.carrier() && session.carrier() != connection.get();
  if (other || elsewhere) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  // Another request may have come between, while the file was opened.
  const rtsp::Step step = rtsp::step(session.state(), rtsp::Method::setup);
  if (!step.allowed()) return refuse_in_state(exchange, session.state());

  const bool udp = kind_of(setup.transport) == TransportKind::udp;
  const bool known = session.find_track(*track) != nullptr;
  SessionTrack& stream = session.set_up(
      *track, content_base(exchange.url, target->media_path) + session.asset().tracks()[*track].control,
      kind_of(setup.transport), udp ? nullptr : connection.get());
  const StatusCode status = udp ? connect_udp(setup, stream) : connect_interleaved(setup, stream);
  if (status != StatusCode::ok) {
    if (!known || !stream.delivery()) session.remove_track(*track);
    if (made) setup.owner.end_session(session.id());
    if (session.tracks().empty()) session.set_state(rtsp::State::init);
    return exchange.refuse(status);
  }
  session.set_state(step.next);
  answer(setup, stream);
}

}  // namespace

void answer_setup(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  const auto header = exchange->request.headers.get("Transport");
  const auto offers = rtsp::parse_transport(header.value_or(""));
  if (!offers) return exchange->refuse(StatusCode::bad_request);
  const auto offer = std::find_if(offers->begin(), offers->end(),
                                  [&](const TransportSpec& each) { return is_enabled(each, *exchange); });
  if (offer == offers->end()) return exchange->refuse(StatusCode::unsupported_transport);
  auto setup = std::make_shared<Setup>(Setup{owner, exchange, session, *offer});
  open_media(owner, exchange->url, [setup](const Result<MediaTarget>& target) {
    // The player may have gone while the file was opened, and its session with it.
    const bool gone = setup->session && !setup->owner.find_session(setup->session->id());
    if (gone) return setup->exchange->refuse(StatusCode::session_not_found);
    set_up(*setup, target);
  });
}

}  // namespace lectern::server
