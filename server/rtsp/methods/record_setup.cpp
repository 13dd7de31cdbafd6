#include <algorithm>

#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/transport.h"
#include "server/rtsp/interleaved_delivery.h"
#include "server/rtsp/methods/methods.h"
#include "server/rtsp/methods/publish_methods.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/udp_delivery.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {
namespace {

using rtsp::LowerTransport;
using rtsp::StatusCode;
using rtsp::TransportSpec;

/// Why a SETUP is refused, in a code and in words.
struct Refusal {
  StatusCode status;
  std::string why;
};

struct RecordSetup {
  RtspLoop& owner;
  const Exchange& exchange;
  Publisher& publisher;
  PublishedTrack& track;
  TransportSpec transport{};             // what is granted
  std::optional<Agreement> agreement{};  // where it is SRTP
  std::unique_ptr<Protection> protection{};
};

TransportKind kind_of(const TransportSpec& transport) {
  return transport.lower == LowerTransport::udp ? TransportKind::udp : TransportKind::interleaved;
}

bool is_enabled(const TransportSpec& offer) {
  if (!offer.supported() || offer.cast == rtsp::Cast::multicast) return false;
  if (offer.lower == LowerTransport::tcp) return true;
  return offer.client_port && offer.client_port->rtp != 0 && offer.client_port->rtcp != 0;
}

AskedMedia asked_for(const RecordSetup& setup, const TransportSpec& offer) {
  return {offer.profile, offer.lower, setup.exchange.secure, setup.track.keys() && setup.track.keys()->sdes};
}

std::optional<Refusal> choose_transport(RecordSetup& setup) {
  const auto offers = rtsp::parse_transport(setup.exchange.request.headers.get("Transport").value_or(""));
  if (!offers) return Refusal{StatusCode::bad_request, offers.error().message};
  // Without a mode it is for playing (RFC 2326 section 12.39).
  const auto records = [](const TransportSpec& each) { return each.mode == rtsp::TransportMode::record; };
  const auto known = [](const TransportSpec& each) { return each.supported(); };
  if (std::ranges::any_of(*offers, known) && std::ranges::none_of(*offers, records))
    return Refusal{StatusCode::bad_request, "what was announced is set up with mode=record"};
  Refusal refusal{StatusCode::unsupported_transport, ""};
  for (const TransportSpec& offer : *offers) {
    if (!records(offer) || !is_enabled(offer)) continue;
    const std::string_view why = refusal_of(setup.publisher.srtp(), asked_for(setup, offer));
    if (why.empty()) {
      setup.transport = offer;
      return std::nullopt;
    }
    if (refusal.why.empty()) refusal.why = why;
  }
  return refusal;
}

/// Its media by the key that it has announced, or that KeyMgmt brings; our reports by one of ours, which the
/// answer tells, but where it manages the keys, or knows no answer (a=crypto).
Result<Agreement> agree_on_keys(const RecordSetup& setup) {
  OfferedStream ours = new_stream(setup.publisher.srtp().suite);
  ours.ssrc = setup.track.ssrc();
  if (const auto header = setup.exchange.request.headers.get("KeyMgmt")) return agree(header, ours);
  const auto& announced = setup.track.keys();
  if (!announced) return invalid("neither the SDP nor KeyMgmt has a key for it");
  if (announced->sdes || !announced->keys.key.mki().empty()) ours.keys = announced->keys;
  return Agreement{ours, announced->keys};
}

std::optional<Refusal> make_protection(RecordSetup& setup) {
  if (!is_protected(asked_for(setup, setup.transport))) return std::nullopt;
  auto agreement = agree_on_keys(setup);
  if (!agreement) return Refusal{StatusCode::key_management_failure, agreement.error().message};
  auto protection =
      Protection::create(agreement->outbound.keys, agreement->inbound, {agreement->outbound.ssrc, 0});
  if (!protection) return Refusal{StatusCode::key_management_failure, protection.error().message};
  setup.agreement = *std::move(agreement);
  setup.protection = *std::move(protection);
  return std::nullopt;
}

std::optional<Refusal> connect_udp(RecordSetup& setup) {
  const rtsp::PortPair& pair = *setup.transport.client_port;
  const PlayerPorts ports{setup.exchange.peer.with_port(pair.rtp), setup.exchange.peer.with_port(pair.rtcp)};
  UdpTransport& udp = setup.owner.udp();
  SessionRegistry& registry = setup.owner.context().sessions;
  if (!registry.claim(ports)) return Refusal{StatusCode::bad_request, "another session has these ports"};
  setup.track.connect(
      ports, std::make_unique<UdpDelivery>(udp, registry, setup.publisher, ports, setup.exchange.local),
      std::move(setup.protection));
  udp.receive_media(ports.rtp, setup.publisher);
  setup.transport.server_port = rtsp::PortPair{udp.rtp_port(), udp.rtcp_port()};
  return std::nullopt;
}

std::optional<Refusal> connect_interleaved(RecordSetup& setup, Connection& connection) {
  std::optional<Connection::Channels> asked;
  if (const auto& pair = setup.transport.interleaved)
    asked = {static_cast<std::uint8_t>(pair->rtp), static_cast<std::uint8_t>(pair->rtcp)};
  const auto channels = connection.claim_channels(asked, std::nullopt, setup.publisher);
  if (!channels) return Refusal{StatusCode::bad_request, "no channels are free"};
  setup.track.connect(
      channels->rtp, channels->rtcp,
      std::make_unique<InterleavedDelivery>(connection.stream(), channels->rtp, channels->rtcp),
      std::move(setup.protection));
  setup.transport.interleaved = rtsp::PortPair{channels->rtp, channels->rtcp};
  return std::nullopt;
}

std::optional<Refusal> connect(RecordSetup& setup) {
  const TransportKind kind = kind_of(setup.transport);
  const auto connection = setup.exchange.connection.lock();
  const auto& before = setup.publisher.transport();
  if (setup.track.connected()) return Refusal{StatusCode::bad_request, "the track is set up already"};
  const bool elsewhere = setup.publisher.carrier() && setup.publisher.carrier() != connection.get();
  if ((before && *before != kind) || elsewhere)
    return Refusal{StatusCode::aggregate_operation_not_allowed, "all tracks go the same way"};
  if (kind == TransportKind::udp) {
    if (auto refusal = connect_udp(setup)) return refusal;
  } else {
    if (!connection || connection->gone()) return Refusal{StatusCode::unsupported_transport, ""};
    if (auto refusal = connect_interleaved(setup, *connection)) return refusal;
  }
  setup.publisher.set_up(kind, kind == TransportKind::udp ? nullptr : connection.get());
  return std::nullopt;
}

void answer(const RecordSetup& setup) {
  TransportSpec transport;
  transport.profile = setup.transport.profile;
  transport.lower = setup.transport.lower;
  transport.cast = rtsp::Cast::unicast;
  if (transport.lower == LowerTransport::udp) {
    transport.client_port = setup.transport.client_port;
    transport.server_port = setup.transport.server_port;
  } else {
    transport.interleaved = setup.transport.interleaved;
  }
  transport.ssrc = setup.track.ssrc();
  transport.mode = rtsp::TransportMode::record;
  rtsp::Response response;
  response.headers.set("Transport", rtsp::serialize(transport));
  response.headers.set("Session", rtsp::serialize(rtsp::SessionHeader{
                                      setup.publisher.id(), setup.publisher.order().session_timeout}));
  if (setup.agreement && transport.profile == rtsp::Profile::rtp_savp)
    response.headers.set("KeyMgmt",
                         key_mgmt_answer(rtsp::serialize(setup.exchange.url), setup.agreement->outbound));
  setup.exchange.respond(std::move(response));
}

}  // namespace

bool asks_to_record(const rtsp::Headers& headers) {
  const auto offers = rtsp::parse_transport(headers.get("Transport").value_or(""));
  // One alternative that plays, and it is what a viewer asks for.
  return offers && std::ranges::all_of(*offers, [](const TransportSpec& offer) {
           return offer.mode == rtsp::TransportMode::record;
         });
}

void answer_record_setup(RtspLoop& owner, const Exchange& exchange, Publisher& publisher) {
  const auto match = publisher.match(exchange.url);
  if (!match) return exchange.refuse(StatusCode::not_found, "the session has announced no such track");
  if (!match->track) return exchange.refuse(StatusCode::aggregate_operation_not_allowed);
  RecordSetup setup{owner, exchange, publisher, *publisher.tracks()[*match->track]};
  for (const auto step : {choose_transport, make_protection, connect})
    if (const auto refusal = step(setup)) return exchange.refuse(refusal->status, refusal->why);
  answer(setup);
}

void refuse_unannounced_setup(RtspLoop& owner, const Exchange& exchange) {
  rtsp::Url whole = exchange.url;
  while (whole.path.ends_with('/')) whole.path.pop_back();
  whole.path.resize(whole.path.rfind('/') == std::string::npos ? 0 : whole.path.rfind('/'));
  if (publish_root(owner, exchange.url) || publish_root(owner, whole))
    return refuse_in_recording_state(exchange, rtsp::State::init);
  exchange.refuse(StatusCode::unsupported_transport);
}

}  // namespace lectern::server
