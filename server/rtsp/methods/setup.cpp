#include <algorithm>

#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/transport.h"
#include "server/log/escape.h"
#include "server/multicast/group.h"
#include "server/rtsp/authorize.h"
#include "server/rtsp/interleaved_delivery.h"
#include "server/rtsp/media_target.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/track_keys.h"
#include "server/rtsp/udp_delivery.h"

namespace lectern::server {
namespace {

using rtsp::LowerTransport;
using rtsp::StatusCode;
using rtsp::TransportSpec;

/// Whether what a player offers is something that is done here, and only to the player itself: media never
/// goes to an address that did not ask.
bool is_enabled(const TransportSpec& offer, const Exchange& exchange) {
  if (!offer.supported()) return false;
  if (offer.mode && *offer.mode != rtsp::TransportMode::play) return false;
  // Which group it is, is not for the player to say: see refusal_of_group().
  if (offer.cast == rtsp::Cast::multicast) return offer.lower == LowerTransport::udp && offer.ttl != 0;
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
  std::shared_ptr<Session> session;   // empty: a new one is made
  std::vector<TransportSpec> offers;  // those that are enabled
  TransportSpec transport;            // the one that is granted, with the ports or channels that were taken
};

bool is_multicast(const TransportSpec& transport) {
  return transport.cast == rtsp::Cast::multicast;
}

TransportKind kind_of(const TransportSpec& transport) {
  if (is_multicast(transport)) return TransportKind::multicast;
  return transport.lower == LowerTransport::udp ? TransportKind::udp : TransportKind::interleaved;
}

/// The track that the URL names; a file with one track is that track.
std::optional<std::size_t> chosen_track(const std::optional<std::size_t>& named,
                                        const Presentation& presentation) {
  if (named) return named;
  // VLC sends SETUP to the base URL, with a slash, where there is only one track.
  return presentation.tracks().size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
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
  transport.profile = setup.transport.profile;
  transport.lower = setup.transport.lower;
  transport.cast = setup.transport.cast.value_or(rtsp::Cast::unicast);
  if (is_multicast(transport)) {
    const auto group = setup.session->presentation().multicast();
    const MulticastGroup::Stream& stream = group->stream(track.index());
    transport.destination = stream.rtp.host();
    transport.port = rtsp::PortPair{stream.rtp.port(), stream.rtcp.port()};
    transport.ttl = group->ttl();
  } else if (transport.lower == LowerTransport::udp) {
    transport.client_port = setup.transport.client_port;
    transport.server_port = setup.transport.server_port;
  } else {
    transport.interleaved = setup.transport.interleaved;
  }
  transport.ssrc = track.ssrc();
  transport.mode = rtsp::TransportMode::play;
  rtsp::Response response;
  response.headers.set("Transport", rtsp::serialize(transport));
  response.headers.set("Session",
                       rtsp::serialize(rtsp::SessionHeader{setup.session->id(), setup.session->timeout()}));
  if (transport.profile == rtsp::Profile::rtp_savp) response.headers.set("KeyMgmt", key_mgmt_of(track));
  setup.exchange->respond(std::move(response));
}

/// What the player's SDP has told, where it asked for it on this connection.
const KeyOffer* offer_of(const Exchange& exchange, const std::string& media_path) {
  const auto connection = exchange.connection.lock();
  return connection ? connection->key_offers().find(media_path) : nullptr;
}

AskedMedia asked_for(const TransportSpec& transport, const Exchange& exchange,
                     const std::string& media_path) {
  const KeyOffer* offer = offer_of(exchange, media_path);
  return {transport.profile, transport.lower, exchange.secure, offer && offer->sdes};
}

/// A track that was set up goes on as SRTP, or in the clear: the player would take one for the other.
std::string_view refusal_of_change(const SessionTrack* known, const AskedMedia& asked) {
  if (!known || is_protected(asked) == (known->protection() != nullptr)) return {};
  return known->protection() ? "the track is set up with SRTP, and stays so"
                             : "the track is set up without SRTP, and stays so";
}

/// Why what is sent to a group is not what the player asks for.
std::string_view refusal_of_group(const MulticastGroup* group, const TransportSpec& offer,
                                  const AskedMedia& asked) {
  if (!group) return "it is not sent by multicast";
  // Whoever joins a group hears it, and each player of SRTP has keys of its own.
  if (is_protected(asked)) return "SRTP is not sent by multicast";
  if (offer.destination && !offer.destination->empty() &&
      *offer.destination != group->streams().front().rtp.host())
    return "it is sent to another group";
  return {};
}

/// Of what the player offers the first that the path has; else the reason why not even the first one is.
/// `known`: the track, where it is set up already.
std::string_view choose_transport(Setup& setup, const Presentation& presentation, const SrtpPolicy& policy,
                                  const std::string& media_path, const SessionTrack* known) {
  std::string_view why;
  for (const TransportSpec& each : setup.offers) {
    const AskedMedia asked = asked_for(each, *setup.exchange, media_path);
    std::string_view refusal = refusal_of(policy, asked);
    if (refusal.empty()) refusal = refusal_of_change(known, asked);
    if (refusal.empty() && is_multicast(each))
      refusal = refusal_of_group(presentation.multicast().get(), each, asked);
    if (refusal.empty()) {
      setup.transport = each;
      return {};
    }
    if (why.empty()) why = refusal;
  }
  return why;
}

/// The keys and the ssrc for a track that is set up, and its stream, from the exchange of keys.
Result<std::optional<Agreement>> agree_on_keys(const Setup& setup, const SessionTrack* known,
                                               std::size_t track) {
  const Exchange& exchange = *setup.exchange;
  const SrtpPolicy& policy = setup.session->srtp();
  const std::string& media_path = setup.session->media_path();
  if (!is_protected(asked_for(setup.transport, exchange, media_path))) return std::optional<Agreement>();
  const auto header = exchange.request.headers.get("KeyMgmt");
  const auto optional = [](Result<Agreement> agreement) -> Result<std::optional<Agreement>> {
    if (!agreement) return std::move(agreement).error();
    return std::optional(*std::move(agreement));
  };
  // Set up once more: its stream goes on with its keys, unless the player brings others.
  if (known && known->protection())
    return optional(header ? agree_on_change(*known, *header)
                           : Agreement{sent_stream(*known), known->protection()->inbound()});
  const auto shared = setup.session->presentation().shared();
  // FFmpeg cannot be told how often the sequence number of the shared stream has wrapped.
  if (shared && setup.transport.profile == rtsp::Profile::rtp_savp) {
    auto agreement = agree(header, shared_stream(*shared, track));
    // Who manages its keys has a stream of its own.
    if (agreement && !agreement->inbound.key.mki().empty())
      agreement = agree(header, new_stream(policy.suite));
    return optional(std::move(agreement));
  }
  const auto connection = exchange.connection.lock();
  return optional(agree(header, connection
                                    ? connection->key_offers().stream_for(media_path, track, policy.suite)
                                    : new_stream(policy.suite)));
}

/// Takes the keys and the transport, or neither of them.
StatusCode connect(Setup& setup, SessionTrack& stream, const std::optional<Agreement>& agreement,
                   std::string& why) {
  std::optional<TrackKeys> keys;
  if (agreement) {
    auto prepared = TrackKeys::prepare(stream, *agreement, setup.session->presentation().shared());
    if (!prepared) {
      why = prepared.error().message;
      return StatusCode::key_management_failure;
    }
    keys = *std::move(prepared);
  }
  StatusCode status = StatusCode::ok;  // of multicast: the group is there for all
  const TransportKind kind = kind_of(setup.transport);
  if (kind == TransportKind::udp) status = connect_udp(setup, stream);
  if (kind == TransportKind::interleaved) status = connect_interleaved(setup, stream);
  if (status == StatusCode::bad_request)
    why = kind == TransportKind::udp ? "another session has these ports" : "no channels are free";
  if (status != StatusCode::ok || !keys) return status;
  std::move(*keys).take();
  if (const auto connection = setup.exchange->connection.lock())
    connection->key_offers().take(setup.session->media_path(), stream.index(), stream.ssrc());
  return status;
}

std::optional<std::uint32_t> promised_ssrc(const Setup& setup, std::size_t track,
                                           const std::optional<Agreement>& agreement) {
  if (is_multicast(setup.transport)) return setup.session->presentation().multicast()->stream(track).ssrc;
  return agreement ? std::optional(agreement->outbound.ssrc) : std::nullopt;
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

  const TransportKind kind = kind_of(setup.transport);
  const SessionTrack* known = session.find_track(track);
  if (const Status fits = session.check_bandwidth(track);
      !known && !fits && kind != TransportKind::multicast) {
    if (made) setup.owner.end_session(session.id());
    setup.owner.log_limited(exchange.peer, "SETUP refused: " + fits.error().message);
    return exchange.refuse(StatusCode::not_enough_bandwidth, fits.error().message);
  }
  // Another request may have set the track up otherwise since.
  const AskedMedia asked = asked_for(setup.transport, exchange, session.media_path());
  if (const auto why = refusal_of_change(known, asked); !why.empty())
    return exchange.refuse(StatusCode::unsupported_transport, why);
  const auto agreement = agree_on_keys(setup, known, track);
  if (!agreement) {
    if (made) setup.owner.end_session(session.id());
    return exchange.refuse(StatusCode::key_management_failure, agreement.error().message);
  }
  SessionTrack& stream = session.set_up(
      track,
      content_base(exchange.url, session.media_path()) + session.presentation().tracks()[track].control, kind,
      kind == TransportKind::interleaved ? connection.get() : nullptr,
      promised_ssrc(setup, track, *agreement));
  std::string why;
  const StatusCode status = connect(setup, stream, *agreement, why);
  if (status != StatusCode::ok) {
    if (!known) session.remove_track(track);
    if (made) setup.owner.end_session(session.id());
    if (session.tracks().empty()) session.set_state(rtsp::State::init);
    return exchange.refuse(status, why);
  }
  session.set_state(step.next);
  answer(setup, stream);
}

void set_up_new(const std::shared_ptr<Setup>& setup, const MediaTarget& target) {
  const Exchange& exchange = *setup->exchange;
  const auto track = chosen_track(target.track, *target.presentation);
  if (!track) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  if (const std::string_view why =
          choose_transport(*setup, *target.presentation, target.srtp, target.media_path, nullptr);
      !why.empty())
    return exchange.refuse(StatusCode::unsupported_transport, why);
  if (!still_authorized(setup->owner, exchange))
    return exchange.refuse(StatusCode::forbidden, "this user may not do this here");
  const auto agent = exchange.request.headers.get("User-Agent").value_or("");
  auto session = setup->owner.add_session(target.presentation, target.media_path, target.srtp, exchange.peer,
                                          escape(agent, 80), exchange.user.value_or(""));
  if (session) {
    setup->session = *std::move(session);
    setup->session->set_grant(grant_of(exchange));
    setup->session->set_root(target.root);
    return set_up(setup, *track, true);
  }
  setup->owner.log_limited(exchange.peer, "SETUP refused: " + session.error().message);
  rtsp::Response response = Exchange::refusal(StatusCode::service_unavailable, session.error().message);
  response.headers.set("Retry-After", "10");
  exchange.respond(std::move(response));
}

/// The session has its file open: opened again, one that is being written would be another.
void set_up_further(const std::shared_ptr<Setup>& setup, const PathMatch& match) {
  Session& session = *setup->session;
  const auto track = chosen_track(match.track, session.presentation());
  if (!track) return setup->exchange->refuse(StatusCode::aggregate_operation_not_allowed);
  if (const std::string_view why = choose_transport(*setup, session.presentation(), session.srtp(),
                                                    session.media_path(), session.find_track(*track));
      !why.empty())
    return setup->exchange->refuse(StatusCode::unsupported_transport, why);
  set_up(setup, *track, false);
}

}  // namespace

void answer_setup(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session) {
  const auto header = exchange->request.headers.get("Transport");
  const auto offers = rtsp::parse_transport(header.value_or(""));
  if (!offers) return exchange->refuse(StatusCode::bad_request, offers.error().message);
  auto setup = std::make_shared<Setup>(Setup{owner, exchange, session, {}, {}});
  std::ranges::copy_if(*offers, std::back_inserter(setup->offers),
                       [&](const TransportSpec& each) { return is_enabled(each, *exchange); });
  if (setup->offers.empty())
    return exchange->refuse(StatusCode::unsupported_transport,
                            "RTP/AVP or RTP/SAVP to the player's own address, by client_port or interleaved");
  if (session)
    if (const auto match = match_path(exchange->url, session->media_path(), session->presentation()))
      return set_up_further(setup, *match);
  open_media(owner, exchange->url, [setup](const Result<MediaTarget>& target) {
    if (!target) return refuse_media(*setup->exchange, target.error());
    if (!setup->session) return set_up_new(setup, *target);
    if (target->media_path != setup->session->media_path() ||
        target->presentation->tracks().size() != setup->session->presentation().tracks().size())
      return setup->exchange->refuse(StatusCode::aggregate_operation_not_allowed);
    set_up_further(setup, {!target->track, target->track});
  });
}

}  // namespace lectern::server
