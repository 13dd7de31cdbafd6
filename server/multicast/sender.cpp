#include "server/multicast/sender.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "protocol/base/byte_reader.h"
#include "protocol/rtcp/ntp.h"
#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/rtsp/datagram_delivery.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/viewer_log.h"

namespace lectern::server {
namespace {

/// Sessions time out after seconds at the least.
constexpr std::int64_t heard_period_us = 500'000;

/// Of the first packet of a compound (RFC 3550 section 6.1); nothing where it is none.
std::optional<std::uint32_t> sender_of(Bytes compound) {
  constexpr std::size_t header_and_ssrc = 8;
  if (compound.size() < header_and_ssrc) return std::nullopt;
  ByteReader reader(compound);
  reader.u32();
  return reader.u32();
}

}  // namespace

MulticastSender::MulticastSender(RtspLoop& owner, std::shared_ptr<const MulticastGroup> group,
                                 std::shared_ptr<const Presentation> presentation,
                                 const std::string& media_path, std::function<void()> finished)
    : owner_(owner),
      group_(std::move(group)),
      presentation_(std::move(presentation)),
      media_path_(media_path),
      finished_(std::move(finished)),
      tracks_(presentation_),
      playback_(std::make_shared<Playback>(owner, static_cast<Viewing::Host&>(*this), tracks_, presentation_,
                                           media_path_, group_->streams().front().rtp)) {}

Result<std::shared_ptr<MulticastSender>> MulticastSender::create(
    RtspLoop& owner, std::shared_ptr<const MulticastGroup> group,
    std::shared_ptr<const Presentation> presentation, const std::string& media_path,
    std::function<void()> finished) {
  std::shared_ptr<MulticastSender> made(
      new MulticastSender(owner, std::move(group), std::move(presentation), media_path, std::move(finished)));
  if (Status opened = made->open(); !opened) return std::move(opened).error();
  return made;
}

MulticastSender::~MulticastSender() {
  end("the server stops");
}

Status MulticastSender::open() {
  for (std::size_t i = 0; i < group_->streams().size(); ++i) {
    const MulticastGroup::Stream& stream = group_->stream(i);
    auto transport = MulticastTransport::open(
        owner_.loop(), *group_, stream, [this, i](const Endpoint& from, Bytes datagram, bool truncated) {
          received_rtcp(i, from, datagram, truncated);
        });
    if (!transport) return std::move(transport).error();
    tracks_.add(i, presentation_->tracks()[i].control, stream.ssrc, owner_.served()->config.stream_start)
        .set_delivery(std::make_unique<DatagramDelivery>((*transport)->rtp(), (*transport)->rtcp(),
                                                         PlayerPorts{stream.rtp, stream.rtcp}));
    transports_.push_back(*std::move(transport));
  }
  return {};
}

void MulticastSender::join(const MulticastMember& member, std::uint64_t number) {
  members_.insert_or_assign(member.session, Member{member});
  waiting_.push_back({member.session, number});
  if (playback_->starting()) return;
  playback_->play({}, [weak = weak_from_this()](const Result<PlayBegun>& begun) {
    if (const auto self = weak.lock()) self->begun(begun);
  });
}

void MulticastSender::begun(const Result<PlayBegun>& begun) {
  for (const Waiting& each : std::exchange(waiting_, {})) {
    const auto member = members_.find(each.session);
    if (member == members_.end()) continue;
    // Who cannot be told for want of memory is no reason for the others not to be.
    guarded("multicast", [&] {
      member->second.who.tell(
          [number = each.number, begun](MulticastListener& listener) { listener.joined(number, begun); });
    });
    if (!begun) members_.erase(member);
  }
  if (begun) playback_->start_sending();
  if (members_.empty()) finished_();
}

void MulticastSender::leave(const std::string& session) {
  if (members_.erase(session) > 0 && members_.empty()) finished_();
}

void MulticastSender::stopped() {
  // Who waits is answered by begun().
  if (!waiting_.empty()) return;
  for (const auto& [session, member] : std::exchange(members_, {}))
    member.who.tell([](MulticastListener& listener) { listener.stopped_sending(); });
  finished_();
}

void MulticastSender::end(std::string_view reason) {
  if (playback_->ended()) return;
  playback_->say_bye(reason);
  playback_->end();
  if (playback_->has_played()) log_end();
  tracks_.clear();
  for (const auto& transport : transports_) {
    transport->rtp().flush();
    transport->rtcp().flush();
  }
}

void MulticastSender::received_rtcp(std::size_t track, const Endpoint& from, Bytes datagram, bool truncated) {
  const SessionTrack* about = tracks_.find(track);
  const auto sender = sender_of(datagram);
  // What goes out to the group comes back.
  if (!about || (sender && group_->has_ssrc(*sender))) return;
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const Status taken =
      truncated ? Status(Error{Errc::too_large, "too long"})
                : reports_.take(datagram, *about, tracks_.all(), rtcp::ntp_mid32(rtcp::ntp_from_unix(wall)));
  if (!taken) return owner_.log_bad_rtcp(from, taken.error().message);
  note_heard(from);
}

void MulticastSender::note_heard(const Endpoint& from) {
  const std::int64_t now_us = EventLoop::now_us();
  for (auto& [session, member] : members_) {
    if (!member.who.peer.same_host(from) || now_us - member.told_us < heard_period_us) continue;
    member.told_us = now_us;
    member.who.tell([](MulticastListener& listener) { listener.heard(); });
  }
}

void MulticastSender::begins_to_play() {
  spdlog::info("{} is sent to the group {}, ports {} to {}, ttl {}", escape(media_path_),
               group_->streams().front().rtp.host(), group_->streams().front().rtp.port(),
               group_->streams().back().rtcp.port(), group_->ttl());
}

void MulticastSender::log_end() const {
  spdlog::info(
      "{} is sent to the group {} no more, after {:.1f} s: {} packets, {:.1f} MB{}{}", escape(media_path_),
      group_->streams().front().rtp.host(),
      static_cast<double>(playback_->played_us(EventLoop::now_us())) / 1e6, tracks_.packets(),
      static_cast<double>(tracks_.octets()) / 1e6, describe_reports(tracks_.all(), *presentation_),
      reports_.malformed() > 0 ? fmt::format("; {} malformed RTCP packets", reports_.malformed()) : "");
}

}  // namespace lectern::server
