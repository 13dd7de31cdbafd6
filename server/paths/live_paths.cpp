#include "server/paths/live_paths.h"

#include "media/live/av_source.h"
#include "media/live/fallback.h"
#include "media/live/looped_file.h"
#include "media/live/test_pattern.h"
#include "media/live/v4l2_source.h"
#include "server/paths/camera_certificate.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

constexpr std::string_view camera = "v4l2:";
constexpr std::string_view pattern = "pattern";
/// An interval of pictures, at 25 a second.
constexpr media::MediaTime sound_waits = 40'000;

/// What is said of the pictures, into TestPatternOptions and V4l2Options.
template <typename Options>
void set_pictures(const LiveConfig& live, Options& options) {
  if (live.size) {
    options.width = live.size->width;
    options.height = live.size->height;
  }
  if (live.rate) options.rate = *live.rate;
}

std::unique_ptr<media::Source> source_of(const Config& config, const PathRoot& root,
                                         const PublishSlot* slot) {
  const LiveConfig& live = root.live;
  if (slot) return std::make_unique<media::PublishedSource>(slot->point(), live.start_timeout);
  if (live.loop) return std::make_unique<media::LoopedFile>(root.source.native());
  if (live.url.starts_with(pattern)) {
    media::TestPatternOptions options;
    set_pictures(live, options);
    return std::make_unique<media::TestPattern>(options);
  }
  if (live.url.starts_with(camera)) {
    media::V4l2Options options;
    options.device = live.url.substr(camera.size());
    set_pictures(live, options);
    options.read_timeout = live.read_timeout;
    return std::make_unique<media::V4l2Source>(std::move(options));
  }
  media::AvSourceOptions options;
  options.url = live.url;
  options.transport = live.transport;
  options.open_timeout = live.start_timeout;
  options.read_timeout = live.read_timeout;
  if (!config.source_protocols.empty())
    options.protocols = media::protocol_whitelist(config.source_protocols);
  check_certificate(live, options);
  return std::make_unique<media::AvSource>(std::move(options));
}

std::shared_ptr<media::Live> live_of(const Config& config, const PathRoot& root, const PublishSlot* slot,
                                     const media::Log& log) {
  if (!root.is_live()) return nullptr;
  media::LiveOptions options;
  options.name = "/" + root.name;
  options.on_demand = root.live.on_demand;
  options.close_after = root.live.close_after;
  options.max_payload = config.packet_size;
  if (root.live.latency == Latency::normal) options.sound_waits = sound_waits;
  options.log = log;
  if (root.live.card)
    options.fallback = media::card_fallback();
  else if (!root.live.fallback.empty())
    options.fallback = media::file_fallback(root.live.fallback.native());
  // Before the first viewer is told that nothing comes.
  options.fallback_after = std::chrono::milliseconds(root.live.start_timeout) * 3 / 4;
  const SrtpPolicy policy = srtp_policy(config, root);
  if (root.live.shared_key && policy.mode != SrtpMode::off)
    options.protection = media::LiveProtection{policy.suite, fill_random, {}, config.stream_start};
  return media::Live::create(source_of(config, root, slot), std::move(options));
}

}  // namespace

LivePaths::LivePaths(const Config& config, media::Log log)
    : config_(config),
      log_(std::move(log)),
      lives_(config.roots.size()),
      slots_(config.roots.size()),
      handed_over_(lives_.size()) {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (const LiveConfig& live = config.roots[i].live; live.publish)
      slots_[i] = std::make_shared<PublishSlot>(live.publish_takeover);
}

void LivePaths::start() {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    lives_[i] = live_of(config_, config_.roots[i], slots_[i].get(), log_);
}

void LivePaths::start(LivePaths& before, const std::vector<std::optional<std::size_t>>& going_on) {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (!going_on[i]) lives_[i] = live_of(config_, config_.roots[i], slots_[i].get(), log_);
  // Where one of them could not be started, the others are still with `before`.
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    if (!going_on[i]) continue;
    lives_[i] = before.lives_[*going_on[i]];
    slots_[i] = before.slots_[*going_on[i]];
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
