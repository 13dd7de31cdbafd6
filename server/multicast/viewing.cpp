#include "server/multicast/viewing.h"

#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {

MulticastViewing::MulticastViewing(RtspLoop& owner, Host& host, SessionTracks& tracks,
                                   std::shared_ptr<const Presentation> presentation, std::string media_path,
                                   const Endpoint& peer, std::string session)
    : owner_(owner),
      host_(host),
      tracks_(tracks),
      presentation_(std::move(presentation)),
      group_(presentation_->multicast()),
      media_path_(std::move(media_path)),
      peer_(peer),
      session_(std::move(session)),
      sends_(*owner.context().loops[group_->loop_for(owner.index())]) {}

void MulticastViewing::play(const PlayOrder&, Begun begun) {
  const std::uint64_t number = pending_.expect(std::move(begun));
  member_ = true;
  sends_.poster()([&to = sends_.multicast(), group = group_, presentation = presentation_, path = media_path_,
                   member = MulticastMember{session_, peer_, owner_.poster(), weak_from_this()},
                   number] { to.join(group, presentation, path, member, number); });
}

void MulticastViewing::joined(std::uint64_t number, const Result<PlayBegun>& begun) {
  if (!pending_.is_pending(number)) return;  // a PAUSE or the end came between
  const Begun answer = pending_.take();
  run_waiting();
  host_.alive(EventLoop::now_us());
  if (!begun) {
    member_ = false;
    host_.stopped();
    return answer(begun.error());
  }
  if (!has_played()) {
    started_us_ = EventLoop::now_us();
    host_.begins_to_play();
  }
  answer(of_tracks(*begun));
}

PlayBegun MulticastViewing::of_tracks(const PlayBegun& group) const {
  PlayBegun own = group;
  own.streams.clear();
  for (const auto& track : tracks_.all()) {
    PlayBegun::Stream stream = group.streams[track->index()];
    stream.url = track->url();
    own.streams.push_back(std::move(stream));
  }
  return own;
}

void MulticastViewing::heard() {
  if (!ended_) host_.alive(EventLoop::now_us());
}

void MulticastViewing::stopped_sending() {
  // Another PLAY is on its way already, and is answered.
  if (ended_ || starting() || !std::exchange(member_, false)) return;
  host_.stopped();
}

void MulticastViewing::leave() {
  if (!std::exchange(member_, false)) return;
  sends_.poster()(
      [&from = sends_.multicast(), group = group_, session = session_] { from.leave(group.get(), session); });
}

media::MediaTime MulticastViewing::pause() {
  pending_.refuse({Errc::denied, "a PAUSE came"});
  run_waiting();
  leave();
  return 0;
}

void MulticastViewing::end() {
  if (std::exchange(ended_, true)) return;
  leave();
  pending_.refuse({Errc::not_found, "the session ended"});
  run_waiting();
}

void MulticastViewing::run_waiting() {
  for (auto& task : pending_.take_waiting()) owner_.poster()(std::move(task));
}

}  // namespace lectern::server
