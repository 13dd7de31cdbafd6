#include "media/live/live_fallback.h"

#include <algorithm>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/time.h>
}

#include "media/contained.h"
#include "media/live/live.h"

namespace lectern::media {
namespace {

/// What cannot be shown, or breaks off, is tried again after a while.
constexpr std::chrono::seconds pause{5};
constexpr std::int64_t longest_nap = 100'000;

}  // namespace

LiveFallback::LiveFallback(Live& live, Fallback sources) : live_(live), sources_(std::move(sources)) {
  thread_ = std::thread([this] { run(); });
}

LiveFallback::~LiveFallback() {
  if (thread_.joinable()) thread_.join();
}

void LiveFallback::run() {
  while (const auto wanted = wait_until_wanted()) {
    try {
      show(*wanted);
    } catch (const std::exception&) {  // not even for what there is to show
      rest_ = pause;
    }
  }
}

std::optional<FallbackWanted> LiveFallback::wait_until_wanted() {
  std::unique_lock lock(live_.mutex_);
  live_.changed_.wait_for(lock, std::exchange(rest_, {}), [this] { return live_.closed_.load(); });
  while (!live_.closed_ && !live_.is_out()) {
    if (live_.status_.state == LiveState::connecting && live_.readers_ > 0)
      live_.changed_.wait_for(lock, std::chrono::milliseconds(100));
    else
      live_.changed_.wait(lock);
  }
  if (live_.closed_) return std::nullopt;
  FallbackWanted wanted;
  wanted.since_us = live_.status_.since_us;
  if (live_.description_) {
    const Track& anchor = live_.description_->tracks[live_.description_->anchor];
    wanted.codec = anchor.codec;
    wanted.width = anchor.width;
    wanted.height = anchor.height;
  }
  return wanted;
}

void LiveFallback::show(const FallbackWanted& wanted) {
  std::string why;
  for (const auto& source : sources_(wanted)) {
    begun_ = wanted_no_more_ = false;
    refused_.clear();
    const Error ended = contained([&] { return source->run(*this); });
    if (begun_) return hide();
    if (wanted_no_more_) return;
    const std::string& reason = refused_.empty() ? ended.message : refused_;
    why += (why.empty() ? "" : "; ") + reason;
    // Sources that are tried behind it are a help.
    if (std::exchange(told_, reason) != reason)
      live_.options_.log(Severity::warning, live_.options_.name + ": not shown while it is away: " + reason);
  }
  rest_ = pause;
}

void LiveFallback::hide() {
  const std::lock_guard feeding(live_.feeding_);
  // It came to its end by itself.
  if (showing_.exchange(false) && !closed_or_unwatched()) rest_ = pause;
  const std::lock_guard lock(live_.mutex_);
  live_.status_.fallback = false;
  if (live_.status_.state != LiveState::live) live_.bar_joining();
}

bool LiveFallback::closed_or_unwatched() const {
  return live_.closed_ || live_.readers_ == 0;
}

bool LiveFallback::stopping() const {
  return closed_or_unwatched() || wanted_no_more_ || !refused_.empty() || (begun_ && !showing_);
}

bool LiveFallback::sleep_until(std::int64_t monotonic_us) {
  while (!stopping()) {
    const std::int64_t left = monotonic_us - av_gettime_relative();
    if (left <= 0) return true;
    std::unique_lock lock(live_.mutex_);
    live_.changed_.wait_for(lock, std::chrono::microseconds(std::min(left, longest_nap)),
                            [this] { return live_.closed_.load(); });
  }
  return false;
}

std::size_t LiveFallback::max_payload() const {
  return live_.options_.max_payload;
}

void LiveFallback::begin(TrackSelection selection, const std::string&) {
  if (!selection.tracks[selection.anchor].video()) {
    refused_ = "there is no video in it";
    return;
  }
  const std::lock_guard feeding(live_.feeding_);
  {
    const std::lock_guard lock(live_.mutex_);
    wanted_no_more_ = !live_.is_out();
  }
  if (wanted_no_more_ || !adopt(std::move(selection))) return;
  packetizers_ = {};
  offset_.reset();
  begun_ = showing_ = true;
  told_.clear();
  live_.options_.log(Severity::info, live_.options_.name + ": viewers see something else while it is away");
}

bool LiveFallback::adopt(TrackSelection selection) {
  track_ = static_cast<std::uint8_t>(selection.anchor);
  Track shown = std::move(selection.tracks[selection.anchor]);
  if (!live_.described_) {
    shown.control = "track1";
    TrackSelection alone;
    alone.tracks.push_back(shown);
    live_.describe(std::move(alone), {});
  }
  const LiveDescription& told = *live_.described_;
  const Track& anchor = told.tracks[told.anchor];
  if (!anchor.video()) {
    refused_ = "viewers were told of sound alone";
  } else if (anchor.codec != shown.codec || anchor.format.encoding != shown.format.encoding) {
    refused_ = "viewers were told of " + anchor.format.encoding + ", and it is " + shown.format.encoding;
  }
  if (!refused_.empty()) return false;
  tracks_ = told.tracks;
  tracks_[told.anchor].format.make_packetizer = std::move(shown.format.make_packetizer);
  return true;
}

void LiveFallback::take(LiveUnit live) {
  if (!begun_ || live.unit.track != track_) return;
  const std::lock_guard feeding(live_.feeding_);
  // Reading begins, and goes on, with a random access point.
  if (!showing_ || (!offset_ && !live.unit.random_access)) return;
  Unit& unit = live.unit;
  const MediaTime arrived = live_.now();
  if (!offset_) offset_ = live_.times_.next(arrived) - std::min(unit.dts, unit.pts);
  const std::size_t anchor = live_.described_->anchor;
  unit.track = static_cast<std::uint8_t>(anchor);
  unit.dts += *offset_;
  unit.pts += *offset_;
  unit.pts_ticks += av_rescale(*offset_, tracks_[anchor].format.clock_rate, AV_TIME_BASE);
  live_.times_.note(unit);
  auto piece = std::make_shared<LivePiece>();
  piece->random_access = unit.random_access;
  piece->arrived = arrived;
  piece->wall_origin_us = av_gettime() - arrived;
  live_.seal(std::move(unit), std::move(piece), tracks_, packetizers_, Live::From::fallback);
}

}  // namespace lectern::media
