#include "server/rtsp/playback.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/unit_boundary.h"

namespace lectern::server {
namespace {

/// What is due within it leaves now: the pacer's timer is no more precise.
constexpr std::int64_t slack_us = 500;
/// Sound may be so early: an interval of pictures, at 25 a second.
constexpr std::int64_t sound_lead_us = 40'000;
/// A viewer that was later than this is not caught up with: everything shifts.
constexpr std::int64_t tolerated_lateness_us = 1'000'000;
/// After a disk that was slow, over UDP: more at once does not fit into a
/// player's receive buffer.
constexpr std::int64_t tolerated_burst_us = 100'000;
/// Of reordered pictures a pause sends on no more, which fits into a player's
/// receive buffer.
constexpr std::size_t reordered_packets = 128;
/// GStreamer reads its RTP port no more once a BYE came to its RTCP port, and
/// drops what still waits there.
constexpr std::int64_t bye_delay_us = 200'000;
/// So many packets of live media at once, to the end of the train that reaches
/// them, and the next so much later: 110 to 180 Mbit/s.
constexpr std::size_t burst_packets = 40;
constexpr std::int64_t burst_spacing_us = 4'000;
constexpr std::int64_t longest_wait_us = 60'000'000;

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Playback::Playback(RtspLoop& owner, Host& host, SessionTracks& tracks,
                   std::shared_ptr<const Presentation> presentation, std::string media_path,
                   const Endpoint& peer)
    : owner_(owner),
      host_(host),
      presentation_(std::move(presentation)),
      media_path_(std::move(media_path)),
      peer_(peer),
      tracks_(tracks),
      bandwidth_(owner.context().bandwidth) {}

void Playback::end() {
  if (flow_ == Flow::ended) return;
  flow_ = Flow::ended;
  owner_.pacer().cancel(*this);
  guarded("playback", [this] {
    pending_.refuse({Errc::not_found, "the session ended"});
    run_waiting();
  });
  tracks_.flush();
  bandwidth_.release();
}

Status Playback::check_bandwidth(std::size_t track) const {
  return owner_.context().bandwidth.check(
      presentation_->bit_rate(tracks_.at_scale(1) | media::TrackMask{1} << track));
}

void Playback::tear_down(std::size_t track) {
  SessionTrack* found = tracks_.find(track);
  if (found && found->delivery() && found->owes_bye())
    found->send_bye(EventLoop::now_us(), clock_, owner_.cname(), "teardown");
  tracks_.remove(track);
  bandwidth_.keep(bit_rate_at(terms_));
}

std::uint64_t Playback::bit_rate_at(const PlayTerms& terms) const {
  return static_cast<std::uint64_t>(
      static_cast<double>(presentation_->bit_rate(tracks_.at_scale(terms.scale))) * terms.pace());
}

bool Playback::reads_all_tracks() const {
  return (tracks_.at_scale(terms_.scale) & ~read_tracks_) == 0;
}

void Playback::play(const PlayOrder& order, Begun begun) {
  const bool live = presentation_->live();
  // Sound at another scale has no meaning here, so a session without video
  // plays at 1.
  const bool scalable = !live && tracks_.find(presentation_->anchor()) &&
                        presentation_->tracks()[presentation_->anchor()].video();
  const PlayTerms terms = PlayTerms::of(order, scalable, live);
  const bool goes_on =
      !order.from && has_played() && !finished_ && terms.scale == terms_.scale && reads_all_tracks();
  if (goes_on && playing() && terms == terms_) return begun(describe(cursor_->here()));

  media::MediaTime from = order.from.value_or(has_played() && !finished_ ? cursor_->here().position : 0);
  if (!order.from && terms.scale < 0 && from == 0) from = presentation_->duration();
  if (terms.to && (terms.scale < 0 ? *terms.to >= from : *terms.to <= from))
    return begun(Error{Errc::end, "the range ends where it begins, or before"});

  if (auto status = bandwidth_.take(bit_rate_at(terms)); !status) return begun(std::move(status).error());

  owner_.pacer().cancel(*this);
  if (goes_on) finish_units(EventLoop::now_us());
  tracks_.flush();
  flow_ = Flow::starting;
  terms_ = terms;
  // After a pause live media goes on with the present (RFC 2326 section 3.6).
  if (goes_on && (!live_ || live_->at_present()) && cursor_->extend(terms_.to)) {
    for (const auto& track : tracks_.all()) track->go_on(clock_);
    begin(cursor_->here(), EventLoop::now_us());
    return begun(describe(cursor_->here()));
  }
  train_packet_ = 0;
  for (const auto& track : tracks_.all()) track->begin_anew();
  const std::uint64_t number = pending_.expect(std::move(begun));
  const media::ReadRequest request = terms_.read_request(from, tracks_.at_scale(terms_.scale));
  read_tracks_ = request.tracks;
  if (!cursor_) open();
  const std::weak_ptr<Playback> weak = weak_from_this();
  cursor_->start(request, [weak](const Result<media::ReadStart>& start) {
    if (const auto self = weak.lock()) self->started(start);
  });
  const auto patience = presentation_->start_timeout();
  if (!starting() || patience == patience.zero()) return;
  owner_.run_after(patience, [weak, number] {
    if (const auto self = weak.lock()) self->give_up(number);
  });
}

void Playback::open() {
  cursor_ = presentation_->open(owner_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->woken();
  });
  auto* live_cursor = dynamic_cast<media::LiveCursor*>(cursor_.get());
  if (!live_cursor) return;
  live_.emplace(*live_cursor, presentation_->origin_us());
  live_->tell_rollovers(tracks_.all(), presentation_->tracks().size());
}

void Playback::give_up(std::uint64_t start) {
  if (flow_ != Flow::starting || !pending_.is_pending(start)) return;
  started(Error{Errc::end, "its source sends no random access point"});
}

void Playback::started(const Result<media::ReadStart>& start) {
  const Begun answer = pending_.take();
  run_waiting();
  if (!answer) return;  // a PAUSE or the end came between
  host_.alive(EventLoop::now_us());
  if (!start || (live_ && live_->is_beyond_rollover(tracks_.all()))) {
    bandwidth_.release();
    flow_ = Flow::idle;
    host_.stopped();
    return answer(start ? unsupported("the stream has gone on for long: set it "
                                      "up again, with its keys")
                        : start.error());
  }
  begin(*start, EventLoop::now_us());
  answer(describe(*start));
}

void Playback::run_waiting() {
  for (auto& task : pending_.take_waiting()) owner_.poster()(std::move(task));
}

void Playback::begin(const media::ReadStart& start, std::int64_t now_us) {
  const media::MediaTime lead = tracks_.lead_of(start);
  clock_.play(live_ ? live_->begin(start, now_us, wall_us(), lead)
                    : PlaybackClock::Play{now_us, wall_us(), start.position, start.due, terms_.scale,
                                          terms_.speed, lead});
  flow_ = Flow::begun;
  finished_ = resting_ = false;
  end_us_ = now_us;
  unit_due_ = start.due;
  if (has_played()) return;
  started_us_ = now_us;
  host_.begins_to_play();
}

PlayBegun Playback::describe(const media::ReadStart& start) const {
  PlayBegun play{start.position, terms_.to, terms_.scale, terms_.speed, {}};
  for (const auto& track : tracks_.all()) {
    const std::uint32_t rate = track->clock_rate();
    const auto first = start.first_ticks[track->index()];
    const std::int64_t ticks =
        first ? clock_.rtp_ticks(*first, rate) : clock_.rtp_ticks_of(start.position, rate);
    if (track->shared())
      play.streams.push_back(live_->describe(*track, start.position));
    else
      play.streams.push_back({track->url(), track->next_sequence(), track->timestamp(ticks)});
  }
  return play;
}

void Playback::start_sending() {
  if (flow_ != Flow::begun) return;
  flow_ = Flow::sending;
  for (const auto& track : tracks_.all()) track->report_at_once();
  pump(EventLoop::now_us());
}

media::MediaTime Playback::pause() {
  owner_.pacer().cancel(*this);
  pending_.refuse({Errc::denied, "a PAUSE came"});
  finish_units(EventLoop::now_us());
  bandwidth_.release();
  flow_ = Flow::idle;
  tracks_.flush();
  cursor_->rest();
  let_go_of_read();
  return cursor_->here().position;
}

void Playback::woken() {
  if (flow_ == Flow::waiting) pump(EventLoop::now_us());
}

void Playback::delivery_ready() {
  if (flow_ != Flow::stalled) return;
  if (std::exchange(resting_, false)) cursor_->extend(terms_.to);
  pump(EventLoop::now_us());
}

void Playback::rest() {
  if (flow_ != Flow::stalled || std::exchange(resting_, true)) return;
  cursor_->rest();
  let_go_of_read();
}

std::int64_t Playback::send_time(const media::Train& train) {
  if (train.unit_start) unit_due_ = train.due;
  if (!terms_.random_access_points_only()) return clock_.send_time(train.due);
  // The pieces of one picture follow each other at their own pace, whichever
  // way the film runs.
  return clock_.send_time(unit_due_) + (train.due - unit_due_);
}

void Playback::wait_until(std::int64_t due_us) {
  owner_.pacer().schedule(*this, due_us);
}

void Playback::pump(std::int64_t now_us) {
  try {
    send_what_is_due(now_us);
  } catch (const std::exception& error) {
    end_soon(error.what());
  }
}

void Playback::send_what_is_due(std::int64_t now_us) {
  if (flow_ == Flow::idle || flow_ == Flow::starting || flow_ == Flow::begun || flow_ == Flow::ended) return;
  if (flow_ == Flow::ending && now_us + slack_us >= end_us_) return end_of_media(now_us);
  const std::int64_t report_us = tracks_.report(now_us, clock_, owner_.cname(), now_us + longest_wait_us);
  std::size_t burst = 0;
  bool picture_left = false;
  while (true) {
    const media::Cursor::State state = cursor_->state();
    if (live_ && skipped_too_much()) {
      end_soon(
          "it skipped so much of the shared stream that the player cannot "
          "decrypt it any more");
      break;
    }
    if (state == media::Cursor::State::waiting) {
      flow_ = Flow::waiting;
      wait_until(report_us);
      break;
    }
    if (state != media::Cursor::State::ready) {
      if (flow_ != Flow::ending && host_.over_udp()) end_us_ += bye_delay_us;
      flow_ = Flow::ending;
      if (now_us + slack_us >= end_us_ || state == media::Cursor::State::failed) return end_of_media(now_us);
      wait_until(std::min(end_us_, report_us));
      break;
    }
    if (live_) clock_.correct_wall(live_->wall_of_begin());
    const std::int64_t due_us = send_time(cursor_->train());
    if (due_us > now_us + slack_us && !(picture_left && goes_with_picture(due_us - now_us))) {
      flow_ = Flow::sending;
      wait_until(std::min(due_us, report_us));
      break;
    }
    // The pictures since the random access point that it begins with: paced, as
    // at once they do not fit into a player's receive buffer.
    if (live_ && burst >= burst_packets) {
      flow_ = Flow::sending;
      wait_until(now_us + burst_spacing_us);
      break;
    }
    burst += cursor_->train().count;
    picture_left = picture_left || presentation_->tracks()[cursor_->train().track].video();
    if (!live_ && now_us - due_us > tolerated_lateness()) clock_.delay(now_us - due_us);
    if (!send_train(now_us)) {
      if (!ended_by_spent_key()) stall(now_us);
      break;
    }
  }
  let_go_of_read();
}

/// Encrypted sound that is due before the next picture: sent with the one before, as its keys are in no cache
/// at each visit, which costs more than all else.
bool Playback::goes_with_picture(std::int64_t early_us) const {
  const SessionTrack* track = tracks_.find(cursor_->train().track);
  return !live_ && early_us <= sound_lead_us && track && track->protection() &&
         !presentation_->tracks()[track->index()].video();
}

void Playback::end_soon(std::string_view why) {
  spdlog::warn("{}: {}: {}: the session ends", peer_.to_string(), media_path_, why);
  flow_ = Flow::idle;
  owner_.pacer().cancel(*this);
  host_.must_end(why);
}

bool Playback::ended_by_spent_key() {
  if (!tracks_.any_key_spent()) return false;
  end_soon("an SRTP key has protected as much as it may");
  return true;
}

bool Playback::skipped_too_much() {
  if (!live_->has_skipped()) return false;
  train_packet_ = 0;
  const media::LiveLag& lag = live_->lag();
  const std::int64_t now_us = EventLoop::now_us();
  if (!lagging_since_us_) lagging_since_us_ = now_us;
  owner_.log_lag(peer_, media_path_,
                 fmt::format("{} packets, {:.1f} s, skipped by now, at first {:.0f} s ago", lag.packets,
                             static_cast<double>(lag.time) / 1e6,
                             static_cast<double>(now_us - *lagging_since_us_) / 1e6));
  return live_->is_beyond_rollover(tracks_.all());
}

void Playback::stall(std::int64_t now_us) {
  owner_.pacer().cancel(*this);
  if (flow_ == Flow::stalled) return;
  flow_ = Flow::stalled;
  ++stalls_;
  // Up to now it took everything.
  host_.alive(now_us);
}

std::int64_t Playback::tolerated_lateness() const {
  return flow_ == Flow::waiting && host_.over_udp() ? tolerated_burst_us : tolerated_lateness_us;
}

std::size_t Playback::send_packets(SessionTrack& track, const media::Train& train) {
  if (!track.shared()) return track.send(cursor_->segment(), train, train_packet_, clock_);
  // Without packets that are protected nothing goes out: it would be in the
  // clear.
  if (!live_->shared()) return train.count;
  live_->send_reports(tracks_.all());
  return track.send_shared(*live_->shared(), train, train_packet_);
}

bool Playback::send_train(std::int64_t now_us) {
  const media::Train& train = cursor_->train();
  SessionTrack* track = tracks_.find(train.track);
  if (!track) {  // torn down while it was read, maybe in the middle of a train
    train_packet_ = 0;
    cursor_->advance();
    return true;
  }
  if (!track->delivery()->ready()) return false;
  train_packet_ += send_packets(*track, train);
  if (train_packet_ < train.count) return false;
  train_packet_ = 0;
  const double rate = std::abs(terms_.scale) * terms_.speed;
  end_us_ =
      std::max<std::int64_t>(end_us_, now_us + std::llround(static_cast<double>(train.duration) / rate));
  clock_.sent_until(train.pts, train.duration);
  cursor_->advance();
  return true;
}

void Playback::finish_units(std::int64_t now_us) {
  if (flow_ != Flow::sending && flow_ != Flow::stalled) return;
  const auto amid_something = [&](std::size_t packets) {
    if (train_packet_ > 0 || amid_unit(*cursor_, read_tracks_)) return true;
    return terms_.scale >= 0 && packets < reordered_packets &&
           amid_reordering(*cursor_, tracks_, *presentation_);
  };
  std::size_t packets = 0;
  while (cursor_->state() == media::Cursor::State::ready && amid_something(packets)) {
    packets += cursor_->train().count;
    if (!send_train(now_us)) break;
  }
}

void Playback::let_go_of_read() {
  if (!cursor_->holds_read()) return;
  tracks_.flush();
  cursor_->release();
}

void Playback::end_of_media(std::int64_t now_us) {
  const bool failed = cursor_->state() == media::Cursor::State::failed;
  if (failed) spdlog::warn("{}: {}: {}", peer_.to_string(), media_path_, escape(cursor_->failure().message));
  bandwidth_.release();
  flow_ = Flow::idle;
  host_.stopped();
  finished_ = failed || !terms_.to || *terms_.to >= presentation_->duration();
  for (const auto& track : tracks_.all()) {
    track->send_bye(now_us, clock_, owner_.cname(),
                    !failed ? "end of media"
                    : live_ ? "the formats changed"
                            : "the file broke");
    track->begin_anew();  // behind a BYE nothing is late
  }
  cursor_->rest();
  let_go_of_read();
}

void Playback::say_bye(std::string_view reason) {
  tracks_.say_bye(EventLoop::now_us(), clock_, owner_.cname(), reason);
}

}  // namespace lectern::server
