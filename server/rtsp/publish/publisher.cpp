#include "server/rtsp/publish/publisher.h"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "server/access/path_pattern.h"
#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/rtsp/connection.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {
namespace {

/// What a URL names, however its path is written.
std::string name_of(const rtsp::Url& url) {
  std::string name = fmt::to_string(fmt::join(path_segments(url.path), "/"));
  if (url.has_query) name.append("?").append(url.query);
  return name;
}

/// The same of a track: its a=control is a URL, or is put behind that of the whole, as FFmpeg does also
/// where that has a query.
std::string name_of_track(const rtsp::Url& base, const std::string& control) {
  if (const auto full = rtsp::parse_url(control); full && !full->is_bare() && !full->any)
    return name_of(*full);
  std::string text = rtsp::serialize(base);
  if (!text.ends_with('/')) text += '/';
  const auto url = rtsp::parse_url(text + control);
  return url ? name_of(*url) : std::string();
}

}  // namespace

Publisher::Publisher(RtspLoop& owner, std::string id, PublishOrder order)
    : owner_(owner),
      id_(std::move(id)),
      order_(std::move(order)),
      base_(name_of(order_.url)),
      connection_(order_.connection),
      last_heard_us_(EventLoop::now_us()) {
  for (std::size_t i = 0; i < order_.announcement.tracks.size(); ++i)
    tracks_.push_back(std::make_unique<PublishedTrack>(order_.announcement.tracks[i], order_.keys[i]));
}

Publisher::~Publisher() {
  end("the server stops");
}

std::optional<Publisher::Match> Publisher::match(const rtsp::Url& url) const {
  const std::string named = name_of(url);
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    if (named == name_of_track(order_.url, tracks_[i]->announced().control))
      return Match{tracks_.size() == 1, i};
  if (named != base_) return std::nullopt;
  return Match{true, tracks_.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt};
}

bool Publisher::all_set_up() const {
  return std::ranges::all_of(tracks_, [](const auto& track) { return track->connected(); });
}

void Publisher::set_up(TransportKind kind, Connection* carrier) {
  transport_ = kind;
  carrier_ = carrier;
  state_ = rtsp::State::ready;
}

void Publisher::record() {
  if (state_ == rtsp::State::recording) return;
  state_ = rtsp::State::recording;
  touch(EventLoop::now_us());
  if (publication_) return;
  started_us_ = EventLoop::now_us();
  publication_ = std::make_shared<media::Publication>(order_.peer.to_string(), order_.announcement.inner_sdp,
                                                      transport_ == TransportKind::udp);
  // Who was evicted meanwhile is ended soon, and stands in nobody's way until then.
  if (order_.slot->publish(id_, publication_) && order_.live) order_.live->kick();
  log_start();
}

void Publisher::pause() {
  state_ = rtsp::State::ready;
}

void Publisher::end(std::string_view why) {
  if (std::exchange(ended_, true)) return;
  state_ = rtsp::State::init;
  for (const auto& track : tracks_)
    if (track->ports()) owner_.udp().ignore_media(track->ports()->rtp);
  if (publication_) {
    publication_->end(why);
    guarded("log", [&] { log_end(why); });
  }
  order_.slot->release(id_);
  tracks_.clear();
}

bool Publisher::depends_on(const Connection& connection) const {
  return carrier_ == &connection || (state_ != rtsp::State::recording && connection_ == &connection);
}

void Publisher::forget(const Connection& connection) {
  if (connection_ == &connection) connection_ = nullptr;
}

void Publisher::note(std::optional<Flaw> flaw) {
  if (flaw) owner_.publishers().log_flaw(*this, *flaw);
}

void Publisher::received_rtp(const Endpoint& from, Bytes datagram, bool truncated) {
  const auto track = std::ranges::find_if(
      tracks_, [&](const auto& each) { return each->ports() && each->ports()->rtp == from; });
  if (track == tracks_.end()) return;
  const std::int64_t now_us = EventLoop::now_us();
  touch(now_us);
  if (state_ != rtsp::State::recording) return;
  note(truncated ? (*track)->dropped(Flaw::too_long)
                 : (*track)->received_rtp(datagram, publication_->packets(), now_us));
}

void Publisher::received_rtcp(const Endpoint& from, Bytes datagram) {
  const auto track = std::ranges::find_if(
      tracks_, [&](const auto& each) { return each->ports() && each->ports()->rtcp == from; });
  if (track == tracks_.end()) return;
  const std::int64_t now_us = EventLoop::now_us();
  touch(now_us);
  if (state_ == rtsp::State::recording)
    note((*track)->received_rtcp(datagram, publication_->packets(), now_us));
}

void Publisher::received_frame(std::uint8_t channel, Bytes frame) {
  const std::int64_t now_us = EventLoop::now_us();
  touch(now_us);
  if (state_ != rtsp::State::recording) return;
  for (const auto& track : tracks_) {
    if (track->rtp_channel() == channel)
      return note(track->received_rtp(frame, publication_->packets(), now_us));
    if (track->rtcp_channel() == channel)
      return note(track->received_rtcp(frame, publication_->packets(), now_us));
  }
}

void Publisher::report_if_due(std::int64_t now_us) {
  if (state_ != rtsp::State::recording) return;
  for (const auto& track : tracks_) {
    const std::int64_t before = track->lost();
    track->report_if_due(now_us, owner_.cname());
    if (track->lost() > before) owner_.publishers().log_loss(*this, track->lost() - before, track->lost());
  }
}

void Publisher::log_start() const {
  const Protection* protection = tracks_.front()->protection();
  spdlog::info("{} publishes {} ({} {} over {}{}{}{})", peer().to_string(), media_path(), tracks_.size(),
               tracks_.size() == 1 ? "track" : "tracks", transport_ == TransportKind::udp ? "UDP" : "TCP",
               protection ? fmt::format(", SRTP {}", srtp::info(protection->inbound().suite).name) : "",
               order_.client.empty() ? "" : ", ", order_.client);
}

void Publisher::log_end(std::string_view why) const {
  std::uint64_t packets = 0, octets = 0;
  std::int64_t lost = 0;
  std::array<std::uint64_t, flaw_count> flaws{};
  for (const auto& track : tracks_) {
    packets += track->packets();
    octets += track->octets();
    lost += track->lost();
    for (std::size_t i = 0; i < flaw_count; ++i) flaws[i] += track->flaws(static_cast<Flaw>(i));
  }
  std::string dropped;
  for (std::size_t i = 0; i < flaw_count; ++i)
    if (flaws[i] > 0)
      dropped += fmt::format("; dropped {} times {}", flaws[i], server::name_of(static_cast<Flaw>(i)));
  spdlog::info("{} ends publishing {} after {:.1f} s ({}): {} packets, {:.1f} MB, {} lost{}",
               peer().to_string(), media_path(), static_cast<double>(EventLoop::now_us() - started_us_) / 1e6,
               why, packets, static_cast<double>(octets) / 1e6, lost, dropped);
}

}  // namespace lectern::server
