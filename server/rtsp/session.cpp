#include "server/rtsp/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "protocol/rtcp/ntp.h"
#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/rtsp/connection.h"
#include "server/rtsp/interleaved_delivery.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/udp_delivery.h"
#include "server/rtsp/viewer_log.h"

namespace lectern::server {
namespace {

/// Scales within show all frames; beyond, random access points only.
constexpr double slowest_scale = 0.5, fastest_full_scale = 2, fastest_scale = 64;
constexpr double slowest_speed = 0.1, fastest_speed = 16;
/// Ten pictures a second at most are shown when only random access points are.
constexpr double picture_spacing_us = 100'000;
/// What is due within it leaves now: the pacer's timer is no more precise.
constexpr std::int64_t slack_us = 500;
/// A viewer that was later than this is not caught up with: everything shifts.
constexpr std::int64_t tolerated_lateness_us = 1'000'000;
/// After a disk that was slow, over UDP: more at once does not fit into a player's receive buffer.
constexpr std::int64_t tolerated_burst_us = 100'000;
/// Of reordered pictures a pause sends on no more, which fits into a player's receive buffer; and no codec of
/// the field reorders over more than 16 pictures (H.264 section A.3.1), with sound between them.
constexpr std::size_t reordered_packets = 128, trains_looked_at = 64;
/// GStreamer reads its RTP port no more once a BYE came to its RTCP port, and drops what still waits there.
constexpr std::int64_t bye_delay_us = 200'000;
/// So many packets of live media at once, and the next so much later: 100 Mbit/s.
constexpr std::size_t burst_packets = 40;
constexpr std::int64_t burst_spacing_us = 4'000;
constexpr std::int64_t longest_wait_us = 60'000'000;

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double apply_scale(double asked) {
  if (asked < 0) return -std::clamp(-asked, slowest_scale, fastest_scale);
  return std::clamp(asked, slowest_scale, fastest_scale);
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
      bandwidth_(owner.context().bandwidth) {}

Session::~Session() {
  end();
}

void Session::end() {
  if (flow_ == Flow::ended) return;
  flow_ = Flow::ended;
  owner_.pacer().cancel(*this);
  guarded("session", [this] {
    if (begun_) std::exchange(begun_, nullptr)(Error{Errc::not_found, "the session ended"});
    run_waiting();
  });
  for (const auto& track : tracks_)
    if (track->delivery()) track->delivery()->flush();
  if (played_) guarded("log", [this] { log_end(); });
  bandwidth_.release();
  tracks_.clear();
}

Status Session::check_bandwidth(std::size_t track) const {
  return owner_.context().bandwidth.check(
      presentation_->bit_rate(tracks_at(1) | media::TrackMask{1} << track));
}

SessionTrack& Session::set_up(std::size_t track, std::string url, TransportKind kind, Connection* carrier,
                              std::optional<std::uint32_t> ssrc) {
  transport_ = kind;
  carrier_ = carrier;
  if (SessionTrack* known = find_track(track)) return *known;
  return *tracks_.emplace_back(
      std::make_unique<SessionTrack>(track, presentation_->tracks()[track], std::move(url), ssrc));
}

SessionTrack* Session::find_track(std::size_t track) {
  for (const auto& each : tracks_)
    if (each->index() == track) return each.get();
  return nullptr;
}

void Session::remove_track(std::size_t track) {
  if (SessionTrack* found = find_track(track)) {
    if (found->delivery()) found->delivery()->flush();
    forgotten_packets_ += found->packets();
    forgotten_octets_ += found->octets();
  }
  std::erase_if(tracks_, [&](const auto& each) { return each->index() == track; });
}

void Session::tear_down(std::size_t track) {
  SessionTrack* found = find_track(track);
  if (!found) return;
  if (found->delivery() && found->owes_bye())
    found->send_bye(EventLoop::now_us(), clock_, owner_.cname(), "teardown");
  if (const auto* interleaved = dynamic_cast<InterleavedDelivery*>(found->delivery());
      interleaved && carrier_) {
    carrier_->release_channel(interleaved->rtp_channel());
    carrier_->release_channel(interleaved->rtcp_channel());
  }
  remove_track(track);
  bandwidth_.keep(bit_rate_at(scale_, speed_));
}

bool Session::random_access_points_only() const {
  return scale_ < slowest_scale || scale_ > fastest_full_scale;
}

media::TrackMask Session::tracks_at(double scale) const {
  media::TrackMask mask = 0;
  for (const auto& track : tracks_)
    if (scale == 1 || presentation_->tracks()[track->index()].video())
      mask |= media::TrackMask{1} << track->index();
  return mask;
}

std::uint64_t Session::bit_rate_at(double scale, double speed) const {
  // Of random access points alone nobody knows the rate before: it is seldom more than twice that of all.
  const double pace = std::min(std::abs(scale), fastest_full_scale) * speed;
  return static_cast<std::uint64_t>(static_cast<double>(presentation_->bit_rate(tracks_at(scale))) * pace);
}

media::ReadRequest Session::read_request(media::MediaTime from) const {
  media::ReadRequest request;
  request.from = from;
  request.to = to_;
  request.random_access_points_only = random_access_points_only();
  request.backwards = scale_ < 0;
  request.spacing = std::llround(std::abs(scale_) * picture_spacing_us);
  request.tracks = tracks_at(scale_);
  return request;
}

void Session::play(const PlayOrder& order, Begun begun) {
  const bool live = presentation_->live();
  const bool has_anchor_video = !live && find_track(presentation_->anchor()) &&
                                presentation_->tracks()[presentation_->anchor()].video();
  // Sound at another scale has no meaning here, so a session without video plays at 1.
  const double scale = has_anchor_video ? apply_scale(order.scale.value_or(1)) : 1;
  const double speed = live ? 1 : std::clamp(order.speed.value_or(1), slowest_speed, fastest_speed);
  const bool goes_on = !order.from && played_ && !finished_ && scale == scale_ && reads_all_tracks();
  if (goes_on && state_ == rtsp::State::playing && speed == speed_ && order.to == to_)
    return begun(describe_play(cursor_->here()));

  media::MediaTime from = order.from.value_or(played_ && !finished_ ? cursor_->here().position : 0);
  if (!order.from && scale < 0 && from == 0) from = presentation_->duration();
  std::optional<media::MediaTime> to = order.to;
  // Backwards was asked for, and the other way is played.
  if (order.scale.value_or(1) < 0 && scale > 0) to.reset();
  if (to && (scale < 0 ? *to >= from : *to <= from))
    return begun(Error{Errc::end, "the range ends where it begins, or before"});

  if (auto status = bandwidth_.take(bit_rate_at(scale, speed)); !status)
    return begun(std::move(status).error());

  owner_.pacer().cancel(*this);
  if (goes_on) finish_units(EventLoop::now_us());
  for (const auto& track : tracks_) track->delivery()->flush();
  flow_ = Flow::starting;
  scale_ = scale;
  speed_ = speed;
  to_ = to;
  // After a pause live media goes on with the present (RFC 2326 section 3.6).
  if (goes_on && (!live_ || live_->at_present()) && cursor_->extend(to_)) {
    for (const auto& track : tracks_) track->go_on(clock_);
    begin(cursor_->here(), EventLoop::now_us());
    return begun(describe_play(cursor_->here()));
  }
  train_packet_ = 0;
  for (const auto& track : tracks_) track->begin_anew();
  if (begun_) std::exchange(begun_, nullptr)(Error{Errc::denied, "another PLAY came"});
  begun_ = std::move(begun);
  const media::ReadRequest request = read_request(from);
  read_tracks_ = request.tracks;
  const std::weak_ptr<Session> weak = weak_from_this();
  if (!cursor_) {
    cursor_ = presentation_->open(owner_, [weak] {
      if (const auto self = weak.lock()) self->woken();
    });
    if (auto* live_cursor = dynamic_cast<media::LiveCursor*>(cursor_.get())) {
      live_.emplace(*live_cursor, presentation_->origin_us());
      live_->tell_rollovers(tracks_, presentation_->tracks().size());
    }
  }
  cursor_->start(request, [weak](const Result<media::ReadStart>& start) {
    if (const auto self = weak.lock()) self->started(start);
  });
  const auto patience = presentation_->start_timeout();
  if (!starting() || patience == patience.zero()) return;
  owner_.run_after(patience, [weak, number = ++starts_] {
    if (const auto self = weak.lock()) self->give_up(number);
  });
}

void Session::give_up(std::uint64_t start) {
  if (start != starts_ || flow_ != Flow::starting || !begun_) return;
  started(Error{Errc::end, "its source sends no random access point"});
}

void Session::started(const Result<media::ReadStart>& start) {
  touch(EventLoop::now_us());
  const Begun answer = std::exchange(begun_, nullptr);
  run_waiting();
  if (!answer) return;  // a PAUSE or the end came between
  if (!start || (live_ && live_->is_beyond_rollover(tracks_))) {
    bandwidth_.release();
    flow_ = Flow::idle;
    state_ = rtsp::State::ready;
    return answer(start ? unsupported("the stream has gone on for long: set it up again, with its keys")
                        : start.error());
  }
  begin(*start, EventLoop::now_us());
  answer(describe_play(*start));
}

bool Session::reads_all_tracks() const {
  return (read_request(0).tracks & ~read_tracks_) == 0;
}

media::MediaTime Session::lead_of(const media::ReadStart& start) const {
  media::MediaTime lead = 0;
  for (const auto& track : tracks_)
    if (const auto first = start.first_ticks[track->index()])
      lead = std::max(lead, start.position - static_cast<media::MediaTime>(static_cast<__int128>(*first) *
                                                                           1'000'000 / track->clock_rate()));
  return lead;
}

void Session::run_waiting() {
  for (auto& task : std::exchange(waiting_, {})) owner_.poster()(std::move(task));
}

void Session::begin(const media::ReadStart& start, std::int64_t now_us) {
  const media::MediaTime lead = lead_of(start);
  clock_.play(live_
                  ? live_->begin(start, now_us, wall_us(), lead)
                  : PlaybackClock::Play{now_us, wall_us(), start.position, start.due, scale_, speed_, lead});
  flow_ = Flow::begun;
  finished_ = resting_ = false;
  end_us_ = now_us;
  unit_due_ = start.due;
  if (!played_) {
    started_us_ = now_us;
    log_start();
  }
  played_ = true;
}

bool Session::skipped_too_much() {
  if (!live_->has_skipped()) return false;
  train_packet_ = 0;
  const media::LiveLag& lag = live_->lag();
  owner_.log_lag(
      peer_, media_path_,
      fmt::format("{} packets, {:.1f} s, skipped by now", lag.packets, static_cast<double>(lag.time) / 1e6));
  return live_->is_beyond_rollover(tracks_);
}

PlayBegun::Stream Session::describe_shared(const SessionTrack& track, media::MediaTime position) const {
  if (const auto first = live_->first_of(track))
    return {track.url(), static_cast<std::uint16_t>(first->index), first->timestamp};
  const auto ticks = static_cast<__int128>(position) * track.clock_rate() / 1'000'000;
  return {track.url(), std::nullopt,
          track.shared()->stream(track.index()).timestamp_base + static_cast<std::uint32_t>(ticks)};
}

PlayBegun Session::describe_play(const media::ReadStart& start) const {
  PlayBegun play{start.position, to_, scale_, speed_, {}};
  for (const auto& track : tracks_) {
    const std::uint32_t rate = track->clock_rate();
    const auto first = start.first_ticks[track->index()];
    const std::int64_t ticks =
        first ? clock_.rtp_ticks(*first, rate) : clock_.rtp_ticks_of(start.position, rate);
    if (track->shared())
      play.streams.push_back(describe_shared(*track, start.position));
    else
      play.streams.push_back({track->url(), track->next_sequence(), track->timestamp(ticks)});
  }
  return play;
}

void Session::start_sending() {
  if (flow_ != Flow::begun) return;
  flow_ = Flow::sending;
  for (const auto& track : tracks_) track->report_at_once();
  pump(EventLoop::now_us());
}

media::MediaTime Session::pause() {
  owner_.pacer().cancel(*this);
  if (begun_) std::exchange(begun_, nullptr)(Error{Errc::denied, "a PAUSE came"});
  finish_units(EventLoop::now_us());
  bandwidth_.release();
  flow_ = Flow::idle;
  for (const auto& track : tracks_) track->delivery()->flush();
  cursor_->rest();
  let_go_of_read();
  return cursor_->here().position;
}

void Session::due(std::int64_t now_us) {
  pump(now_us);
}

void Session::woken() {
  if (flow_ == Flow::waiting) pump(EventLoop::now_us());
}

void Session::delivery_ready() {
  // Who takes data is alive, also without a word of RTCP.
  touch(EventLoop::now_us());
  if (flow_ != Flow::stalled) return;
  if (std::exchange(resting_, false)) cursor_->extend(to_);
  pump(EventLoop::now_us());
}

void Session::rest() {
  if (flow_ != Flow::stalled || std::exchange(resting_, true)) return;
  cursor_->rest();
  let_go_of_read();
}

std::int64_t Session::send_time(const media::Train& train) {
  if (train.unit_start) unit_due_ = train.due;
  if (!random_access_points_only()) return clock_.send_time(train.due);
  // The pieces of one picture follow each other at their own pace, whichever way the film runs.
  return clock_.send_time(unit_due_) + (train.due - unit_due_);
}

void Session::wait_until(std::int64_t due_us) {
  owner_.pacer().schedule(*this, due_us);
}

std::int64_t Session::report(std::int64_t now_us) {
  std::int64_t next_us = now_us + longest_wait_us;
  for (const auto& track : tracks_)
    next_us = std::min(next_us, track->report_if_due(now_us, clock_, owner_.cname()));
  return next_us;
}

void Session::pump(std::int64_t now_us) {
  try {
    send_what_is_due(now_us);
  } catch (const std::exception& error) {
    end_soon(error.what());
  }
}

void Session::send_what_is_due(std::int64_t now_us) {
  if (flow_ == Flow::idle || flow_ == Flow::starting || flow_ == Flow::begun || flow_ == Flow::ended) return;
  if (flow_ == Flow::ending && now_us + slack_us >= end_us_) return end_of_media(now_us);
  const std::int64_t report_us = report(now_us);
  std::size_t burst = 0;
  while (true) {
    const media::Cursor::State state = cursor_->state();
    if (live_ && skipped_too_much()) {
      end_soon("it skipped so much of the shared stream that the player cannot decrypt it any more");
      break;
    }
    if (state == media::Cursor::State::waiting) {
      flow_ = Flow::waiting;
      wait_until(report_us);
      break;
    }
    if (state != media::Cursor::State::ready) {
      if (flow_ != Flow::ending && transport_ == TransportKind::udp) end_us_ += bye_delay_us;
      flow_ = Flow::ending;
      if (now_us + slack_us >= end_us_ || state == media::Cursor::State::failed) return end_of_media(now_us);
      wait_until(std::min(end_us_, report_us));
      break;
    }
    if (live_) clock_.correct_wall(live_->wall_of_begin());
    const std::int64_t due_us = send_time(cursor_->train());
    if (due_us > now_us + slack_us) {
      flow_ = Flow::sending;
      wait_until(std::min(due_us, report_us));
      break;
    }
    // The pictures since the random access point that it begins with: paced, as at once they do not fit into
    // a player's receive buffer.
    if (live_ && burst >= burst_packets) {
      flow_ = Flow::sending;
      wait_until(now_us + burst_spacing_us);
      break;
    }
    burst += cursor_->train().count;
    if (!live_ && now_us - due_us > tolerated_lateness()) clock_.delay(now_us - due_us);
    if (!send_train(now_us)) {
      if (!ended_by_spent_key()) stall(now_us);
      break;
    }
  }
  let_go_of_read();
}

void Session::end_soon(std::string_view why) {
  spdlog::warn("{}: {}: {}: the session ends", peer_.to_string(), media_path_, why);
  flow_ = Flow::idle;
  owner_.pacer().cancel(*this);
  owner_.poster()([&owner = owner_, id = id_] { owner.end_session(id); });
}

bool Session::ended_by_spent_key() {
  const auto is_spent = [](const auto& track) { return track->protection() && track->protection()->spent(); };
  if (std::ranges::none_of(tracks_, is_spent)) return false;
  end_soon("an SRTP key has protected as much as it may");
  return true;
}

void Session::stall(std::int64_t now_us) {
  owner_.pacer().cancel(*this);
  if (flow_ == Flow::stalled) return;
  flow_ = Flow::stalled;
  ++stalls_;
  // Up to now it took everything.
  touch(now_us);
}

std::int64_t Session::tolerated_lateness() const {
  return flow_ == Flow::waiting && transport_ == TransportKind::udp ? tolerated_burst_us
                                                                    : tolerated_lateness_us;
}

bool Session::send_train(std::int64_t now_us) {
  const media::Train& train = cursor_->train();
  SessionTrack* track = find_track(train.track);
  if (!track) {  // torn down while it was read, maybe in the middle of a train
    train_packet_ = 0;
    cursor_->advance();
    return true;
  }
  if (!track->delivery()->ready()) return false;
  if (track->shared()) {
    // Without packets that are protected nothing goes out: it would be in the clear.
    if (live_->shared()) {
      live_->send_reports(tracks_);
      train_packet_ += track->send_shared(*live_->shared(), train, train_packet_);
    } else {
      train_packet_ = train.count;
    }
  } else {
    train_packet_ += track->send(cursor_->segment(), train, train_packet_, clock_);
  }
  if (train_packet_ < train.count) return false;
  train_packet_ = 0;
  const double rate = std::abs(scale_) * speed_;
  end_us_ =
      std::max<std::int64_t>(end_us_, now_us + std::llround(static_cast<double>(train.duration) / rate));
  clock_.sent_until(train.pts, train.duration);
  cursor_->advance();
  return true;
}

bool Session::amid_unit() const {
  if (train_packet_ > 0) return true;
  const std::vector<media::Train>& trains = cursor_->segment().trains();
  media::TrackMask passed = 0;
  for (auto i = static_cast<std::size_t>(&cursor_->train() - trains.data()); i < trains.size(); ++i) {
    const media::TrackMask track = media::TrackMask{1} << trains[i].track;
    if ((read_tracks_ & track) != 0 && (passed & track) == 0 && !trains[i].unit_start) return true;
    passed |= track;
    if ((read_tracks_ & ~passed) == 0) break;
  }
  return false;
}

bool Session::amid_reordering() const {
  if (scale_ < 0) return false;
  const std::vector<media::Train>& trains = cursor_->segment().trains();
  const auto next = static_cast<std::size_t>(&cursor_->train() - trains.data());
  const std::size_t end = std::min(trains.size(), next + trains_looked_at);
  return std::any_of(trains.data() + next, trains.data() + end, [&](const media::Train& train) {
    const auto track =
        std::ranges::find(tracks_, train.track, [](const auto& each) { return each->index(); });
    return track != tracks_.end() && presentation_->tracks()[train.track].video() &&
           (*track)->shown_before_sent(train.pts_ticks);
  });
}

void Session::finish_units(std::int64_t now_us) {
  if (flow_ != Flow::sending && flow_ != Flow::stalled) return;
  std::size_t packets = 0;
  while (cursor_->state() == media::Cursor::State::ready &&
         (amid_unit() || (amid_reordering() && packets < reordered_packets))) {
    packets += cursor_->train().count;
    if (!send_train(now_us)) break;
  }
}

void Session::let_go_of_read() {
  if (!cursor_->holds_read()) return;
  for (const auto& track : tracks_) track->delivery()->flush();
  cursor_->release();
}

void Session::end_of_media(std::int64_t now_us) {
  const bool failed = cursor_->state() == media::Cursor::State::failed;
  if (failed) spdlog::warn("{}: {}: {}", peer_.to_string(), media_path_, escape(cursor_->failure().message));
  bandwidth_.release();
  flow_ = Flow::idle;
  state_ = rtsp::State::ready;
  finished_ = failed || !to_ || *to_ >= presentation_->duration();
  for (const auto& track : tracks_) {
    track->send_bye(now_us, clock_, owner_.cname(),
                    !failed ? "end of media"
                    : live_ ? "the formats changed"
                            : "the file broke");
    track->begin_anew();  // behind a BYE nothing is late
  }
  cursor_->rest();
  let_go_of_read();
}

void Session::say_bye(std::string_view reason) {
  for (const auto& track : tracks_)
    if (track->delivery() && track->owes_bye())
      track->send_bye(EventLoop::now_us(), clock_, owner_.cname(), reason);
}

void Session::received_rtcp(const Endpoint& from, Bytes datagram) {
  for (const auto& track : tracks_)
    if (const auto* udp = dynamic_cast<const UdpDelivery*>(track->delivery());
        udp && udp->player().rtcp == from)
      return received_report(*track, from, datagram);
}

void Session::received_frame(std::uint8_t channel, Bytes frame) {
  for (const auto& track : tracks_)
    if (const auto* tcp = dynamic_cast<const InterleavedDelivery*>(track->delivery());
        tcp && (tcp->rtcp_channel() == channel || tcp->rtp_channel() == channel))
      return received_report(*track, peer_, frame);
}

void Session::received_report(const SessionTrack& track, const Endpoint& from, Bytes packet) {
  const std::uint32_t now_mid32 = rtcp::ntp_mid32(rtcp::ntp_from_unix(std::chrono::microseconds(wall_us())));
  const Status taken = reports_.take(packet, track, tracks_, now_mid32);
  if (!taken) return owner_.log_bad_rtcp(from, taken.error().message);
  touch(EventLoop::now_us());
}

void Session::log_start() const {
  spdlog::info("{} plays {} ({} of {} tracks over {}{}{}{})", peer_.to_string(), media_path_, tracks_.size(),
               presentation_->tracks().size(), transport_ == TransportKind::udp ? "UDP" : "TCP",
               describe_protection(tracks_), client_.empty() ? "" : ", ", client_);
}

void Session::log_end() const {
  std::uint64_t packets = forgotten_packets_, octets = forgotten_octets_;
  for (const auto& track : tracks_) {
    packets += track->packets();
    octets += track->octets();
  }
  const media::LiveLag lag = live_ ? live_->lag() : media::LiveLag();
  spdlog::info(
      "{} ends {} after {:.1f} s: {} packets, {:.1f} MB{}{}{}{}{}", peer_.to_string(), media_path_,
      static_cast<double>(EventLoop::now_us() - started_us_) / 1e6, packets,
      static_cast<double>(octets) / 1e6,
      lag.times > 0 ? fmt::format(", {} packets ({:.1f} s) skipped in {} times", lag.packets,
                                  static_cast<double>(lag.time) / 1e6, lag.times)
                    : "",
      stalls_ > 0 ? fmt::format(", the viewer was slow {} times", stalls_) : "",
      describe_reports(tracks_, *presentation_),
      reports_.malformed() > 0 ? fmt::format("; {} malformed RTCP packets", reports_.malformed()) : "",
      reports_.refused() > 0 ? fmt::format("; {} SRTCP packets refused", reports_.refused()) : "");
}

}  // namespace lectern::server
