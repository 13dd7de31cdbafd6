#include "media/live/live.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <utility>

extern "C" {
#include <libavcodec/packet.h>
#include <libavutil/time.h>
}

namespace lectern::media {
namespace {

/// After so long without a random access point the video is one that has none (intra refresh), and is sent.
constexpr MediaTime point_patience = 10'000'000;
/// A run that lasted so long was a success.
constexpr MediaTime proven = 10'000'000;
/// Many viewers that come at once do not have a source tried more often.
constexpr Backoff::Duration least_pause{200};
/// What differs more is a clock that was set.
constexpr std::int64_t clock_set = 5'000'000;
/// How fast an estimate of the capture time rises: faster than any clock is slow, slower than jitter.
constexpr std::int64_t most_rise = 100;

}  // namespace

Live::Live(std::unique_ptr<Source> source, LiveOptions options)
    : options_(std::move(options)),
      source_(std::move(source)),
      origin_us_(av_gettime_relative()),
      id_(static_cast<std::uint64_t>(av_gettime())),
      backoff_(options_.first_retry, options_.longest_retry, std::random_device()()),
      ring_(options_.ring) {
  status_.since_us = av_gettime();
}

std::shared_ptr<Live> Live::create(std::unique_ptr<Source> source, LiveOptions options) {
  std::shared_ptr<Live> live(new Live(std::move(source), std::move(options)));
  if (live->options_.fallback)
    live->fallback_ = std::make_unique<LiveFallback>(*live, live->options_.fallback);
  live->thread_ = std::thread([self = live.get()] { self->run(); });
  return live;
}

Live::~Live() {
  close();
  if (thread_.joinable()) thread_.join();
  fallback_.reset();
}

void Live::close() {
  std::vector<Waiting> waiting;
  std::vector<std::weak_ptr<LiveInbox>> inboxes;
  {
    const std::lock_guard lock(mutex_);
    if (closed_.exchange(true)) return;
    waiting.swap(waiting_);
    inboxes.swap(inboxes_);
  }
  changed_.notify_all();
  for (const auto& each : inboxes)
    if (const auto inbox = each.lock()) inbox->close();
  for (Waiting& each : waiting) each.done(Error{Errc::end, "the live media was closed"});
}

MediaTime Live::now() const {
  return av_gettime_relative() - origin_us_;
}

void Live::add_reader() {
  ++readers_;
  kick();
}

void Live::remove_reader() {
  left_us_ = av_gettime_relative();
  --readers_;
}

void Live::kick() {
  {
    const std::lock_guard lock(mutex_);
    kicked_ = true;
  }
  changed_.notify_all();
}

std::shared_ptr<const LiveDescription> Live::description() const {
  const std::lock_guard lock(mutex_);
  return description_;
}

void Live::when_described(Described done, std::optional<std::weak_ptr<const void>> asker) {
  std::shared_ptr<const LiveDescription> description;
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      if (!description_ || (status_.state != LiveState::live && !status_.fallback)) {
        // A camera that never sends is asked again and again.
        std::erase_if(waiting_, [](const Waiting& each) { return each.asker && each.asker->expired(); });
        waiting_.push_back({std::move(done), std::move(asker)});
        return;
      }
      description = description_;
    }
  }
  if (description)
    done(description);
  else
    done(Error{Errc::end, "the live media was closed"});
}

std::size_t Live::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

LiveStatus Live::status() const {
  const std::lock_guard lock(mutex_);
  LiveStatus status = status_;
  status.readers = readers_;
  status.memory = ring_.memory();
  return status;
}

bool Live::stopping() const {
  if (closed_) return true;
  return options_.on_demand && readers_ == 0 &&
         av_gettime_relative() - left_us_ >
             std::chrono::duration_cast<std::chrono::microseconds>(options_.close_after).count();
}

bool Live::sleep_until(std::int64_t monotonic_us) {
  constexpr std::int64_t longest_nap = 100'000;
  while (!stopping()) {
    const std::int64_t left = monotonic_us - av_gettime_relative();
    if (left <= 0) return true;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(std::min(left, longest_nap)),
                      [this] { return closed_.load(); });
  }
  return false;
}

void Live::set_state(LiveState state, std::string reason) {
  status_.state = state;
  status_.reason = std::move(reason);
  status_.since_us = av_gettime();
  state_since_ = now();
  changed_.notify_all();
}

bool Live::is_out() const {
  if (readers_ == 0) return false;
  if (status_.state == LiveState::connecting)
    return now() - state_since_ >=
           std::chrono::duration_cast<std::chrono::microseconds>(options_.fallback_after).count();
  return status_.state == LiveState::away;
}

bool Live::wait_until_wanted() {
  std::unique_lock lock(mutex_);
  if (options_.on_demand && readers_ == 0) {
    clear();
    outage_log_ = {};
    set_state(LiveState::idle);
    changed_.wait(lock, [this] { return closed_ || readers_ > 0; });
  }
  if (closed_) return false;
  kicked_ = false;
  if (status_.state != LiveState::away) set_state(LiveState::connecting);
  return true;
}

void Live::wait_to_retry() {
  const Backoff::Duration pause = backoff_.next(), first = std::min(pause, least_pause);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, first, [this] { return closed_.load(); });
  changed_.wait_for(lock, pause - first, [this] { return closed_ || kicked_; });
}

Error Live::run_source() {
  try {
    const bool away = status().state == LiveState::away;
    options_.log(away ? Severity::debug : Severity::info, options_.name + ": " + source_->beginning());
    return source_->run(*this);
  } catch (const std::bad_alloc&) {
    return {Errc::busy, "out of memory"};
  } catch (const std::exception& error) {
    return {Errc::internal, error.what()};
  }
}

void Live::run() {
  while (wait_until_wanted()) {
    unit_taken_ = false;
    wall_origin_us_.reset();
    const MediaTime began = now();
    const Error why = run_source();
    if (stopping()) {
      const std::lock_guard lock(mutex_);
      clear();
      if (!closed_) options_.log(Severity::info, options_.name + ": stopped, as nobody watches");
      continue;
    }
    if (unit_taken_ && now() - began >= proven) backoff_.reset();
    try {
      ended(why);
    } catch (const std::exception&) {  // not even for the reason
    }
    wait_to_retry();
  }
  finished_ = true;
}

void Live::ended(const Error& why) {
  std::string reason = why.message;
  if (why.code == Errc::end) reason = source_->name() + " came to its end";
  const auto news = outage_log_.failed(reason, av_gettime_relative());
  {
    const std::lock_guard lock(mutex_);
    ++status_.failures;
    if (status_.state != LiveState::away) {
      set_state(LiveState::away, reason);
      if (!status_.fallback) bar_joining();
    } else {
      status_.reason = reason;
    }
  }
  options_.log(news ? Severity::warning : Severity::debug,
               options_.name + ": " + news.value_or("still away: " + reason));
}

void Live::begin(TrackSelection selection, const std::string& title) {
  for (const LeftOut& left_out : selection.left_out)
    options_.log(Severity::warning, options_.name + ": stream " + std::to_string(left_out.stream) + " (" +
                                        left_out.codec + ") is left out: " + left_out.reason);
  const std::lock_guard feeding(feeding_);
  const bool goes_on = describe(std::move(selection), title);
  if (fallback_ && !goes_on) fallback_->end();
  packetizers_ = {};
  begun_.assign(described_->tracks.size(), false);
  run_began_ = now();
  const std::lock_guard lock(mutex_);
  ++status_.connects;
}

/// Whether viewers go on with it as with what was described before.
bool Live::describe(TrackSelection selection, const std::string& title) {
  auto made = std::make_shared<LiveDescription>();
  made->tracks = std::move(selection.tracks);
  made->left_out = std::move(selection.left_out);
  made->anchor = selection.anchor;
  made->title = title.empty() ? options_.name : title;
  made->id = id_;
  made->version = described_ ? described_->version + 1 : id_;
  const bool goes_on = described_ && goes_on_with(described_->tracks, made->tracks);
  if (described_) made->generation = described_->generation + (goes_on ? 0 : 1);
  if (goes_on) {
    made->shared = described_->shared;
  } else {
    share(*made);
    times_.reset();
  }
  times_.begin(made->tracks);
  const std::lock_guard lock(mutex_);
  described_ = description_ = std::move(made);
  if (!goes_on) clear();
  return goes_on;
}

/// New keys. Where there can be none, viewers do not go without: each has one of its own.
void Live::share(LiveDescription& made) {
  protector_.reset();
  made.shared = nullptr;
  if (!options_.protection) return;
  auto protector = LiveProtector::create(*options_.protection, made.tracks);
  if (!protector) {
    options_.log(Severity::warning,
                 options_.name +
                     ": viewers have keys of their own instead of shared ones: " + protector.error().message);
    return;
  }
  protector_ = *std::move(protector);
  made.shared = protector_->streams();
}

void Live::renew_keys() {
  auto made = std::make_shared<LiveDescription>(*described_);
  ++made->version;
  ++made->generation;
  share(*made);
  options_.log(Severity::info,
               options_.name + ": the shared keys are used up; viewers begin anew with others");
  const std::lock_guard lock(mutex_);
  described_ = description_ = std::move(made);
  clear();
}

void Live::clear() {
  ring_.clear();
  for (const auto& each : inboxes_)
    if (const auto inbox = each.lock()) inbox->cut(ring_.next());
}

/// What is there is of the past: who comes does not begin with it, who reads it reads on.
void Live::bar_joining() {
  joinable_ = ring_.next();
  for (const auto& each : inboxes_)
    if (const auto inbox = each.lock()) inbox->set_joinable(joinable_);
}

/// What cannot be decoded is not sent: video begins with a random access point.
bool Live::admit(const Unit& unit) {
  const bool audio = !described_->tracks[unit.track].video();
  if (audio || unit.random_access || now() - run_began_ > point_patience) begun_[unit.track] = true;
  return begun_[unit.track];
}

std::int64_t Live::wall_origin(const LiveUnit& live, const Unit& placed) {
  if (live.captured_us) {
    wall_origin_us_ = *live.captured_us - placed.pts;
    return *wall_origin_us_;
  }
  // A unit arrives after it is due for decoding, never before: the least delay seen is nearest to the truth.
  const std::int64_t found = av_gettime() - placed.dts;
  if (!wall_origin_us_ || found < *wall_origin_us_ || found - *wall_origin_us_ > clock_set)
    wall_origin_us_ = found;
  else
    *wall_origin_us_ += std::min((found - *wall_origin_us_) / 64, most_rise);
  return *wall_origin_us_;
}

/// The source goes on with a picture that can be decoded, and with nothing before.
bool Live::ends_fallback(const Unit& unit) const {
  return unit.track == described_->anchor && (unit.random_access || now() - run_began_ > point_patience);
}

void Live::take(LiveUnit live) {
  const std::lock_guard feeding(feeding_);
  Unit& unit = live.unit;
  if (!described_ || unit.track >= described_->tracks.size() || closed_) return;
  if (fallback_ && fallback_->showing()) {
    if (!ends_fallback(unit)) {
      const std::lock_guard lock(mutex_);
      ++status_.dropped;
      return;
    }
    fallback_->end();
    times_.begin(described_->tracks);
  }
  const MediaTime arrived = now();
  note_repair(times_.place(unit, arrived), unit.track);
  if (times_.is_stretched(unit.track)) live.captured_us.reset();
  const bool first = !begun_[unit.track];
  if (!admit(unit)) {
    const std::lock_guard lock(mutex_);
    ++status_.dropped;
    return;
  }
  auto piece = std::make_shared<LivePiece>();
  piece->random_access = unit.track == described_->anchor && (unit.random_access || first);
  piece->arrived = arrived;
  piece->wall_origin_us = wall_origin(live, unit);
  seal(std::move(unit), std::move(piece), described_->tracks, packetizers_, From::source);
}

void Live::seal(Unit unit, std::shared_ptr<LivePiece> piece, const std::vector<Track>& tracks,
                Packetizers& packetizers, From from) {
  // It is sent when it comes: what the network delayed is not delayed once more.
  unit.dts = piece->arrived;
  Units units;
  units.push_back(std::move(unit));
  piece->segment = SegmentBuilder(tracks).seal(units, false, packetizers);
  if (const std::size_t refused = piece->segment->refused(); refused > 0)
    note_refusal(refused, piece->segment->refusal());
  if (piece->segment->trains().empty()) return;
  if (piece->random_access && protector_ && protector_->near_key_limit()) renew_keys();
  piece->generation = described_->generation;
  if (protector_) {
    auto shared = protector_->protect(*piece);
    if (!shared) return note_refusal(1, shared.error().message);
    piece->shared = *std::move(shared);
  }
  publish(std::move(piece), from);
}

/// What a source does wrong is told of, once a second a kind.
void Live::note_repair(TimeFault fault, std::size_t track) {
  static constexpr std::array<const char*, time_faults> words{
      "", "jump", "go back", "are no times, or too far apart",
      "go at another pace than time does, as of a wrong clock rate"};
  if (fault == TimeFault::none) return;
  constexpr MediaTime once_in = 1'000'000;
  auto& logged = repair_logged_[static_cast<std::size_t>(fault)];
  if (logged && now() - *logged < once_in) return;
  logged = now();
  options_.log(Severity::warning, options_.name + ": " + described_->tracks[track].control + ": its times " +
                                      words[static_cast<std::size_t>(fault)] + "; set right, " +
                                      std::to_string(times_.repaired()) + " by now");
}

void Live::note_refusal(std::size_t units, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    status_.refused += units;
  }
  constexpr MediaTime once_in = 1'000'000;
  if (refusal_logged_ && now() - *refusal_logged_ < once_in) return;
  refusal_logged_ = now();
  options_.log(Severity::warning, options_.name + ": a unit is left out: " + reason);
}

/// Sound waits for the picture: most of what a packet of it costs is that it goes alone.
MediaTime Live::patience_for(const LivePiece& piece) const {
  const std::vector<Track>& tracks = described_->tracks;
  const Train& train = piece.segment->trains().front();
  if (tracks[train.track].video() || !tracks[described_->anchor].video()) return 0;
  return train.duration <= options_.sound_waits ? options_.sound_waits : 0;
}

void Live::publish(std::shared_ptr<LivePiece> piece, From from) {
  std::vector<Waiting> waiting;
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    piece->number = ring_.next();
    piece->packets_before = status_.packets;
    for (const Train& train : piece->segment->trains()) status_.packets += train.count;
    ++status_.units;
    status_.repaired = times_.repaired();
    const std::shared_ptr<const LivePiece> sealed = std::move(piece);
    const MediaTime patience = patience_for(*sealed);
    bool gone = false;
    try {
      ring_.push(sealed);
      for (const auto& each : inboxes_) {
        if (const auto inbox = each.lock())
          inbox->deliver(sealed, ring_.oldest(), patience);
        else
          gone = true;
      }
    } catch (...) {
      // Some have it and others not: nobody keeps it, and all go on with the next random access point.
      clear();
      throw;
    }
    if (gone) std::erase_if(inboxes_, [](const auto& each) { return each.expired(); });
    news = from == From::source && !std::exchange(unit_taken_, true);
    if (news) set_state(LiveState::live);
    status_.fallback = from == From::fallback;
    waiting.swap(waiting_);
  }
  if (news)
    options_.log(Severity::info, options_.name + ": live from " + source_->name() + ", " +
                                     std::to_string(described_->tracks.size()) +
                                     (described_->tracks.size() == 1 ? " track" : " tracks") +
                                     outage_log_.back(av_gettime_relative()));
  for (Waiting& each : waiting) each.done(described_);
}

void Live::attach(const std::shared_ptr<LiveInbox>& inbox) {
  const std::lock_guard lock(mutex_);
  inbox->fill(ring_, joinable_, closed_);
  if (!closed_) inboxes_.push_back(inbox);
}

}  // namespace lectern::media
