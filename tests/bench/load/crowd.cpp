#include "tests/bench/load/crowd.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <stdexcept>

#include "server/loop/signals.h"
#include "tests/bench/load/process_usage.h"

namespace lectern::bench {
namespace {

constexpr std::int64_t second = 1'000'000;
/// A viewer that has no media by then counts as failed.
constexpr std::int64_t patience = 10 * second;
/// For the goodbyes to be read.
constexpr std::int64_t parting = second / 5;
/// The end of a recording is nothing to begin at.
constexpr double last_place = 0.9;

volatile std::sig_atomic_t stop_asked = 0;

void stop_at_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

std::int64_t in_us(double seconds) {
  return static_cast<std::int64_t>(seconds * second);
}

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Crowd::Crowd(Options options) : options_(std::move(options)) {
  allow_many_descriptors();
  stop_at_signals();
  server::ignore_broken_pipes();  // OpenSSL writes without MSG_NOSIGNAL
  report_.options = options_;
  for (const std::string& text : options_.urls) {
    auto url = rtsp::parse_url(text);
    if (!url || url->is_bare() || url->any) throw std::runtime_error(text + ": no RTSP URL");
    urls_.push_back(*std::move(url));
  }
}

Report Crowd::run() {
  if (options_.pid) report_.server.emplace().resident_before = usage_of(*options_.pid).resident;
  arrive();
  measure();
  leave();
  return report_;
}

void Crowd::arrive() {
  const std::int64_t begin = now_us();
  viewers_.resize(options_.viewers);
  for (std::size_t i = 0; i < options_.viewers; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(options_.viewers);
    turn_until(begin + in_us(share * options_.ramp), [] { return false; });
    start_viewer(i);
  }
  turn_until(now_us() + patience, [this] { return stop_asked != 0 || all_play(); });
}

void Crowd::measure() {
  const Totals before = totals_;
  const double own_before = usage_of(::getpid()).cpu_seconds;
  const double server_before = options_.pid ? usage_of(*options_.pid).cpu_seconds : 0;
  from_us_ = now_us();
  to_us_ = from_us_ + in_us(options_.duration);
  next_replaced_us_ = from_us_;
  turn_until(to_us_, [this] {
    replace_until(now_us());
    return stop_asked != 0;
  });
  report_.seconds = static_cast<double>(now_us() - from_us_) / second;
  report_.packets = totals_.packets - before.packets;
  report_.bytes = totals_.bytes - before.bytes;
  report_.own_cpu_seconds = usage_of(::getpid()).cpu_seconds - own_before;
  if (options_.pid) {
    const ProcessUsage usage = usage_of(*options_.pid);
    report_.server->cpu_seconds = usage.cpu_seconds - server_before;
    report_.server->resident = usage.resident;
  }
}

void Crowd::leave() {
  for (const auto& viewer : viewers_) viewer->leave();
  turn_until(now_us() + parting, [] { return false; });
  for (std::size_t i = 0; i < viewers_.size(); ++i) retire(i);
  report_.totals = totals_;
  report_.start_up_us = spread_of(std::move(start_up_));
  report_.describe_us = spread_of(std::move(describe_));
  report_.lateness_us = spread_of(std::move(lateness_));
  report_.silence_us = spread_of(std::move(silence_));
}

void Crowd::start_viewer(std::size_t place) {
  Viewer::Plan plan;
  plan.url = urls_[report_.viewers % urls_.size()];
  plan.carrier = options_.carrier;
  plan.srtp = options_.srtp;
  plan.whole_trains = options_.whole_trains;
  plan.reseek_us = in_us(options_.reseek);
  if (options_.seek == Seek::random) plan.place = std::uniform_real_distribution(0.0, last_place)(random_);
  viewers_[place] = std::make_unique<Viewer>(poller_, std::move(plan), totals_);
  ++report_.viewers;
}

void Crowd::retire(std::size_t place) {
  const Viewer& viewer = *viewers_[place];
  viewer.append_lateness(from_us_, to_us_, lateness_);
  report_.own_drops += viewer.socket_drops();
  silence_.push_back(viewer.longest_silence_us());
  if (const auto start_up = viewer.start_up_us()) {
    ++report_.playing;
    start_up_.push_back(*start_up);
    describe_.push_back(viewer.describe_us());
  }
  if (viewer.state() == Viewer::State::failed) {
    ++report_.failed;
    if (report_.failure.empty()) report_.failure = viewer.failure();
  }
  viewers_[place].reset();
}

void Crowd::replace_until(std::int64_t now) {
  while (options_.churn > 0 && next_replaced_us_ <= now) {
    const std::size_t place = replaced_++ % viewers_.size();
    viewers_[place]->leave();
    retire(place);
    start_viewer(place);
    next_replaced_us_ += in_us(1 / options_.churn);
  }
}

void Crowd::tell(std::int64_t now) {
  if (options_.every <= 0 || now < next_told_us_) return;
  next_told_us_ = now + in_us(options_.every);
  Report so_far = report_;
  so_far.totals = totals_;
  so_far.playing = 0;
  std::int64_t silence = 0;
  for (const auto& viewer : viewers_) {
    if (!viewer) continue;
    silence = std::max(silence, viewer->silence_us(now));
    so_far.own_drops += viewer->socket_drops();
    so_far.playing += viewer->state() == Viewer::State::playing ? 1 : 0;
    if (viewer->state() != Viewer::State::failed) continue;
    ++so_far.failed;
    if (so_far.failure.empty()) so_far.failure = viewer->failure();
  }
  so_far.silence_us.most = static_cast<double>(silence);
  std::cout << as_line(so_far) << std::flush;
}

bool Crowd::all_play() const {
  return std::all_of(viewers_.begin(), viewers_.end(), [](const auto& viewer) {
    return viewer->state() == Viewer::State::failed ||
           (viewer->state() == Viewer::State::playing && viewer->start_up_us());
  });
}

void Crowd::turn_until(std::int64_t time, const std::function<bool()>& enough) {
  std::int64_t ticked = 0;
  while (!enough()) {
    const std::int64_t now = now_us();
    if (now >= time) return;
    if (now - ticked > second) {
      ticked = now;
      for (const auto& viewer : viewers_)
        if (viewer) viewer->tick(now);
      tell(now);
    }
    constexpr std::int64_t longest_ms = 5;
    poller_.turn(static_cast<int>(std::clamp<std::int64_t>((time - now) / 1000, 0, longest_ms)));
  }
}

}  // namespace lectern::bench
