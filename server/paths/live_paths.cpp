#include "server/paths/live_paths.h"

#include "media/live/av_source.h"
#include "media/live/looped_file.h"
#include "media/live/test_pattern.h"
#include "media/live/v4l2_source.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

constexpr std::string_view camera = "v4l2:";
constexpr std::string_view pattern = "pattern";

std::unique_ptr<media::Source> source_of(const PathRoot& root) {
  const LiveConfig& live = root.live;
  if (live.loop) return std::make_unique<media::LoopedFile>(root.source.native());
  if (live.url.starts_with(pattern)) return std::make_unique<media::TestPattern>(media::TestPatternOptions{});
  if (live.url.starts_with(camera)) {
    media::V4l2Options options;
    options.device = live.url.substr(camera.size());
    options.read_timeout = live.read_timeout;
    return std::make_unique<media::V4l2Source>(std::move(options));
  }
  media::AvSourceOptions options;
  options.url = live.url;
  options.transport = live.transport;
  options.open_timeout = live.start_timeout;
  options.read_timeout = live.read_timeout;
  return std::make_unique<media::AvSource>(std::move(options));
}

std::shared_ptr<media::Live> live_of(const Config& config, const PathRoot& root, const media::Log& log) {
  if (!root.is_live()) return nullptr;
  media::LiveOptions options;
  options.name = "/" + root.name;
  options.on_demand = root.live.on_demand;
  options.close_after = root.live.close_after;
  options.max_payload = config.packet_size;
  options.log = log;
  const SrtpPolicy policy = srtp_policy(config, root);
  if (root.live.shared_key && policy.mode != SrtpMode::off)
    options.protection = media::LiveProtection{policy.suite, fill_random, {}};
  return media::Live::create(source_of(root), std::move(options));
}

}  // namespace

void LivePaths::start() {
  for (std::size_t i = 0; i < lives_.size(); ++i) lives_[i] = live_of(config_, config_.roots[i], log_);
}

void LivePaths::start(LivePaths& before, const std::vector<std::optional<std::size_t>>& going_on) {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (!going_on[i]) lives_[i] = live_of(config_, config_.roots[i], log_);
  // Where one of them could not be started, the others are still with `before`.
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    if (!going_on[i]) continue;
    lives_[i] = before.lives_[*going_on[i]];
    before.handed_over_[*going_on[i]] = true;
  }
}

void LivePaths::close() {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (lives_[i] && !handed_over_[i]) lives_[i]->close();
}

bool LivePaths::at_rest() const {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (lives_[i] && !handed_over_[i] && (lives_[i].use_count() > 1 || !lives_[i]->finished())) return false;
  return true;
}

LivePaths::~LivePaths() {
  close();
}

}  // namespace lectern::server
