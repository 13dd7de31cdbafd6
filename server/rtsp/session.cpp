#include "server/rtsp/session.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "protocol/rtcp/ntp.h"
#include "server/loop/guard.h"
#include "server/multicast/viewing.h"
#include "server/rtsp/connection.h"
#include "server/rtsp/interleaved_delivery.h"
#include "server/rtsp/playback.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/udp_delivery.h"
#include "server/rtsp/viewer_log.h"

namespace lectern::server {
namespace {

std::string_view name_of(TransportKind kind, const Connection* carrier) {
  if (kind == TransportKind::multicast) return "multicast";
  if (kind == TransportKind::udp) return "UDP";
  return carrier && carrier->tunnelled() ? "HTTP" : "TCP";
}

}  // namespace

Session::Session(RtspLoop& owner, std::string id, std::shared_ptr<const Presentation> presentation,
                 std::string media_path, const SrtpPolicy& srtp, const Endpoint& peer, std::string client)
    : owner_(owner),
      id_(std::move(id)),
      presentation_(std::move(presentation)),
      media_path_(std::move(media_path)),
      srtp_(srtp),
      peer_(peer),
      client_(std::move(client)),
      last_heard_us_(EventLoop::now_us()),
      tracks_(presentation_),
      viewing_(std::make_shared<Playback>(owner, static_cast<Viewing::Host&>(*this), tracks_, presentation_,
                                          media_path_, peer)) {}

Session::~Session() {
  end();
}

void Session::end() {
  if (ended()) return;
  viewing_->end();
  if (has_played()) guarded("log", [this] { log_end(); });
  tracks_.clear();
}

SessionTrack& Session::set_up(std::size_t track, std::string url, TransportKind kind, Connection* carrier,
                              std::optional<std::uint32_t> ssrc) {
  // Once for the session: all its tracks go the same way.
  if (kind == TransportKind::multicast && !transport_)
    viewing_ = std::make_shared<MulticastViewing>(owner_, static_cast<Viewing::Host&>(*this), tracks_,
                                                  presentation_, media_path_, peer_, id_);
  transport_ = kind;
  carrier_ = carrier;
  return tracks_.add(track, std::move(url), ssrc, owner_.served()->config.stream_start);
}

void Session::tear_down(std::size_t track) {
  SessionTrack* found = find_track(track);
  if (!found) return;
  if (const auto* interleaved = dynamic_cast<InterleavedDelivery*>(found->delivery());
      interleaved && carrier_) {
    carrier_->release_channel(interleaved->rtp_channel());
    carrier_->release_channel(interleaved->rtcp_channel());
  }
  viewing_->tear_down(track);
}

void Session::play(const PlayOrder& order, Begun begun) {
  try {
    viewing_->play(order, std::move(begun));
  } catch (...) {
    // Nobody would tell it any more: a request that nobody holds ends its connection, and is not waited for.
    viewing_->forget_start();
    throw;
  }
}

void Session::must_end(std::string_view) {
  owner_.poster()([&owner = owner_, id = id_] { owner.end_session(id); });
}

void Session::delivery_ready() {
  // Who takes data is alive, also without a word of RTCP.
  touch(EventLoop::now_us());
  viewing_->delivery_ready();
}

void Session::received_rtcp(const Endpoint& from, Bytes datagram) {
  for (const auto& track : tracks())
    if (const auto* udp = dynamic_cast<const UdpDelivery*>(track->delivery());
        udp && udp->player().rtcp == from)
      return received_report(*track, from, datagram);
}

void Session::received_frame(std::uint8_t channel, Bytes frame) {
  for (const auto& track : tracks())
    if (const auto* tcp = dynamic_cast<const InterleavedDelivery*>(track->delivery());
        tcp && (tcp->rtcp_channel() == channel || tcp->rtp_channel() == channel))
      return received_report(*track, peer_, frame);
}

void Session::received_report(const SessionTrack& track, const Endpoint& from, Bytes packet) {
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const Status taken = reports_.take(packet, track, tracks(), rtcp::ntp_mid32(rtcp::ntp_from_unix(wall)));
  if (!taken) return owner_.log_bad_rtcp(from, taken.error().message);
  touch(EventLoop::now_us());
}

void Session::log_start() const {
  spdlog::info("{} plays {} ({} of {} tracks over {}{}{}{})", peer_.to_string(), media_path_, tracks().size(),
               presentation_->tracks().size(), name_of(*transport_, carrier_), describe_protection(tracks()),
               client_.empty() ? "" : ", ", client_);
}

void Session::log_end() const {
  const double seconds = static_cast<double>(viewing_->played_us(EventLoop::now_us())) / 1e6;
  // What was sent to the group has a line of its own.
  if (transport_ == TransportKind::multicast)
    return spdlog::info("{} ends {} after {:.1f} s", peer_.to_string(), media_path_, seconds);
  const media::LiveLag lag = viewing_->lag();
  const std::int64_t stalls = viewing_->stalls();
  spdlog::info(
      "{} ends {} after {:.1f} s: {} packets, {:.1f} MB{}{}{}{}{}", peer_.to_string(), media_path_, seconds,
      tracks_.packets(), static_cast<double>(tracks_.octets()) / 1e6,
      lag.times > 0 ? fmt::format(", {} packets ({:.1f} s) skipped in {} times", lag.packets,
                                  static_cast<double>(lag.time) / 1e6, lag.times)
                    : "",
      stalls > 0
          ? fmt::format(", the viewer was slow {}", stalls == 1 ? "once" : fmt::format("{} times", stalls))
          : "",
      describe_reports(tracks(), *presentation_),
      reports_.malformed() > 0 ? fmt::format("; {} malformed RTCP packets", reports_.malformed()) : "",
      reports_.refused() > 0 ? fmt::format("; {} SRTCP packets refused", reports_.refused()) : "");
}

}  // namespace lectern::server
