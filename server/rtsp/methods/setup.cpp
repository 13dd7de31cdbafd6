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
  // Who asks by TLS does not want media that anyone can read.
  if (exchange.secure) return false;
  return offer.client_port && offer.client_port->rtp != 0 && offer.client_port->rtcp != 0;
}

struct Setup {
  RtspLoop& owner;
  ExchangePtr exchange;
  std::shared_ptr<Session> session;  // empty: a new one is made
  TransportSpec transport;           // the offer, with the ports or channels that were taken
};

TransportKind kind_of(const TransportSpec& transport) {
  return transport.lower == LowerTransport::udp ? TransportKind::udp : TransportKind::interleaved;
}

/// The track that the URL names; a file with one track is that track.
std::optional<std::size_t> chosen_track(const std::optional<std::size_t>& named, const media::Asset& asset) {
  if (named) return named;
  // VLC sends SETUP to the base URL, with a slash, where there is only one track.
  return asset.tracks().size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
}

StatusCode connect_udp(Setup& setup, SessionTrack& track) {
  const rtsp::PortPair& ports = *setup.transport.client_port;
  const PlayerPorts player{setup.exchange->peer.with_port(ports.rtp),
                           setup.exchange->peer.with_port(ports.rtcp)};
  UdpTransport& udp = setup.owner.udp();
  SessionRegistry& registry = setup.owner.context().sessions;
  if (auto* delivery = dynamic_cast<UdpDelivery*>(track.delivery())) {
    if (!delivery->redirect(player, setup.exchange->local)) return StatusCode::bad_request;
  } else {
    if (!registry.claim(player)) return StatusCode::bad_request;
    track.set_delivery(
        std::make_unique<UdpDelivery>(udp, registry, *setup.session, player, setup.exchange->local));
  }
  setup.transport.server_port = rtsp::PortPair{udp.rtp_port(), udp.rtcp_port()};
  return StatusCode::ok;
}

StatusCode connect_interleaved(Setup& setup, SessionTrack& track) {
  const auto connection = setup.exchange->connection.lock();
  if (!connection || connection->gone()) return StatusCode::unsupported_transport;
  std::optional<Connection::Channels> asked, before;
  if (const auto* delivery = dynamic_cast<InterleavedDelivery*>(track.delivery()))
    before = {delivery->rtp_channel(), delivery->rtcp_channel()};
  if (const auto& pair = setup.transport.interleaved)
    asked = {static_cast<std::uint8_t>(pair->rtp), static_cast<std::uint8_t>(pair->rtcp)};
  const auto channels = connection->claim_channels(asked, before, *setup.session);
  if (!channels) return StatusCode::bad_request;
  track.set_delivery(
      std::make_unique<InterleavedDelivery>(connection->stream(), channels->rtp, channels->rtcp));
  setup.transport.interleaved = rtsp::PortPair{channels->rtp, channels->rtcp};
  return StatusCode::ok;
}

void answer(const Setup& setup, const SessionTrack& track) {
  // Nothing of the offer but what was applied of it.
  TransportSpec transport;
  transport.lower = setup.transport.lower;
  transport.cast = rtsp::Cast::unicast;
  if (transport.lower == LowerTransport::udp) {
    transport.client_port = setup.transport.client_port;
    transport.server_port = setup.transport.server_port;
  } else {
    transport.interleaved = setup.transport.interleaved;
  }
  transport.ssrc = track.ssrc();
  transport.mode = rtsp::TransportMode::play;
  rtsp::Response response;
  response.headers.set("Transport", rtsp::serialize(transport));
  response.headers.set("Session", rtsp::serialize(rtsp::SessionHeader{
                                      setup.session->id(), setup.owner.context().config.session_timeout}));
  setup.exchange->respond(std::move(response));
}

/// The track of the session, which may be on its way to play, or gone, by now.
void set_up(const std::shared_ptr<Setup>& shared, std::size_t track, bool made) {
  Setup& setup = *shared;
  const Exchange& exchange = *setup.exchange;
  Session& session = *setup.session;
  if (!setup.owner.find_session(session.id())) return exchange.refuse(StatusCode::session_not_found);
  if (session.starting()) return session.when_begun([=] { set_up(shared, track, made); });
  const bool other = session.transport() && *session.transport() != kind_of(setup.transport);
  // A session over TCP ends with the one connection that carries all of it.
  const auto connection = exchange.connection.lock();
  const bool elsewhere = session.carrier() && session.carrier() != connection.get();
  if (other || elsewhere) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  // Another request may have come between, while the file was opened.
  const rtsp::Step step = rtsp::step(session.state(), rtsp::Method::setup);
  if (!step.allowed()) return refuse_in_state(exchange, session.state());

  const bool udp = kind_of(setup.transport) == TransportKind::udp;
  const bool known = session.find_track(track) != nullptr;
  SessionTrack& stream = session.set_up(
      track, content_base(exchange.url, session.media_path()) + session.asset().tracks()[track].control,
      kind_of(setup.transport), udp ? nullptr : connection.get());
  const StatusCode status = udp ? connect_udp(setup, stream) : connect_interleaved(setup, stream);
  if (status != StatusCode::ok) {
    if (!known) session.remove_track(track);
    if (made) setup.owner.end_session(session.id());
    if (session.tracks().empty()) session.set_state(rtsp::State::init);
    return exchange.refuse(status);
  }
  session.set_state(step.next);
  answer(setup, stream);
}

void set_up_new(const std::shared_ptr<Setup>& setup, const MediaTarget& target) {
  const Exchange& exchange = *setup->exchange;
  const auto track = chosen_track(target.track, *target.asset);
  if (!track) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  const auto agent = exchange.request.headers.get("User-Agent").value_or("");
  setup->session =
      setup->owner.add_session(target.asset, target.media_path, exchange.peer, escape(agent, 80));
  if (setup->session) return set_up(setup, *track, true);
  rtsp::Response response;
  response.status = StatusCode::service_unavailable;
  response.headers.set("Retry-After", "10");
  exchange.respond(std::move(response));
}

/// The session has its file open: opened again, one that is being written would be another.
void set_up_further(const std::shared_ptr<Setup>& setup, const PathMatch& match) {
  const auto track = chosen_track(match.track, setup->session->asset());
  if (!track) return setup->exchange->refuse(StatusCode::aggregate_operation_not_allowed);
  set_up(setup, *track, false);
}

}  // namespace

void answer_setup(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  const auto header = exchange->request.headers.get("Transport");
  const auto offers = rtsp::parse_transport(header.value_or(""));
  if (!offers) return exchange->refuse(StatusCode::bad_request);
  const auto offer = std::find_if(offers->begin(), offers->end(),
                                  [&](const TransportSpec& each) { return is_enabled(each, *exchange); });
  if (offer == offers->end())
    return exchange->refuse(StatusCode::unsupported_transport,
                            exchange->secure ? "over RTSPS media go over TCP: ask for RTP/AVP/TCP" : "");
  auto setup = std::make_shared<Setup>(Setup{owner, exchange, session, *offer});
  if (session)
    if (const auto match = match_path(exchange->url, session->media_path(), session->asset()))
      return set_up_further(setup, *match);
  open_media(owner, exchange->url, [setup](const Result<MediaTarget>& target) {
    if (!target) return refuse_media(*setup->exchange, target.error());
    if (!setup->session) return set_up_new(setup, *target);
    if (target->media_path != setup->session->media_path() ||
        target->asset->tracks().size() != setup->session->asset().tracks().size())
      return setup->exchange->refuse(StatusCode::aggregate_operation_not_allowed);
    set_up_further(setup, {!target->track, target->track});
  });
}

}  // namespace lectern::server
