#include "media/asset.h"

#include <algorithm>
#include <atomic>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/parseutils.h>
}

#include "media/contained.h"

namespace lectern::media {
namespace {

/// So long a scan may hold up the first DESCRIBE: shorter files have an exact duration from the start.
constexpr std::chrono::milliseconds first_slice{150};
constexpr std::chrono::milliseconds slice{25};

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> id{0};
  return ++id;
}

std::string metadata(const AVFormatContext& context, const char* key) {
  const AVDictionaryEntry* entry = av_dict_get(context.metadata, key, nullptr, 0);
  return entry ? entry->value : "";
}

std::int64_t recording_time(const Demuxer& demuxer) {
  const std::string created = metadata(demuxer.context(), "creation_time");
  std::int64_t time = 0;
  // Muxers that know no time write 1970 or 1904.
  if (!created.empty() && av_parse_time(&time, created.c_str(), 0) >= 0 && time > 0) return time;
  return demuxer.file().identity().modified_us;
}

}  // namespace

Asset::Asset(std::shared_ptr<const File> file, AssetContext context, TrackSelection selection)
    : id_(next_id()), file_(std::move(file)), context_(std::move(context)), selection_(std::move(selection)) {
  loading_ = std::make_shared<Strand>(context_.pool, Work::load);
  scanning_ = std::make_shared<Strand>(context_.pool, Work::open);
}

Result<std::shared_ptr<Asset>> Asset::open(std::shared_ptr<const File> file, AssetContext context) {
  std::vector<LeftOut> refused;
  while (true) {
    auto asset = open_without(file, context, refused);
    if (!asset) return asset;
    auto more = (*asset)->refused_tracks();
    if (more.empty()) {
      // Last: from here on other threads see the asset.
      if ((*asset)->scanner_) (*asset)->scan_on();
      return asset;
    }
    refused.insert(refused.end(), more.begin(), more.end());
  }
}

Result<std::shared_ptr<Asset>> Asset::open_without(std::shared_ptr<const File> file, AssetContext context,
                                                   const std::vector<LeftOut>& refused) {
  auto demuxer = Demuxer::open(file);
  if (!demuxer) return std::move(demuxer).error();
  auto selection = select_tracks(**demuxer, context.max_payload, refused);
  if (!selection) return std::move(selection).error();

  std::shared_ptr<Asset> asset(new Asset(file, std::move(context), *std::move(selection)));
  const AVFormatContext& format = (*demuxer)->context();
  asset->container_ = format.iformat->name;
  asset->title_ = metadata(format, "title");
  asset->recorded_at_ = recording_time(**demuxer);
  if (format.duration != AV_NOPTS_VALUE) asset->stated_duration_ = std::max<std::int64_t>(0, format.duration);

  if (auto index = container_index(**demuxer, asset->selection_)) {
    asset->index_ = *std::move(index);
  } else {
    auto second = Demuxer::open(file);
    if (!second) return std::move(second).error();
    if (Status applied = apply_selection(**second, asset->selection_); !applied)
      return std::move(applied).error();
    asset->scanner_ = std::make_unique<Scanner>(*std::move(second), asset->selection_);
    if (asset->scanner_->step(first_slice, asset->index_)) asset->scanner_.reset();
  }
  if (asset->index_.complete() && asset->index_.size() == 0)
    return unsupported(file->path() + ": no frame in it can be read");
  asset->loader_ = std::make_unique<SegmentLoader>(*std::move(demuxer), asset->selection_);
  return asset;
}

std::vector<LeftOut> Asset::refused_tracks() {
  std::vector<LeftOut> refused;
  // Its first viewer wants this segment next, so it is no work for nothing.
  const auto first = index_.knows(0) ? load_now(0, false) : Result<std::shared_ptr<const Segment>>(nullptr);
  if (!first || !*first) return refused;
  for (std::size_t i = 0; i < selection_.tracks.size(); ++i) {
    const std::string& reason = (*first)->refusal_of(i);
    if (!reason.empty()) refused.push_back({selection_.tracks[i].stream, "", reason});
  }
  return refused;
}

MediaTime Asset::duration() const {
  const std::lock_guard lock(mutex_);
  return index_.end().value_or(stated_duration_);
}

std::size_t Asset::segment_count() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

bool Asset::indexed() const {
  const std::lock_guard lock(mutex_);
  return index_.complete();
}

Boundary Asset::boundary(std::size_t k) const {
  const std::lock_guard lock(mutex_);
  return index_.at(k);
}

bool Asset::past_end(std::size_t k) const {
  const std::lock_guard lock(mutex_);
  return index_.complete() && k >= index_.size();
}

void Asset::scan() {
  SegmentIndex found;
  const auto step = contained([&] { return Result<bool>(scanner_->step(slice, found)); });
  // Where it breaks off is the end of what can be played.
  if (!step) found.finish(found.end().value_or(duration()));
  const bool finished = !step || *step;
  persistently([&] {
    const std::lock_guard lock(mutex_);
    index_.append(found);
    if (finished) index_.finish(*found.end());
  });
  if (finished) scanner_.reset();
  index_grew();
  if (!finished) persistently([this] { scan_on(); });
}

void Asset::scan_on() {
  // A file that nobody holds any more need not be scanned to its end.
  scanning_->submit([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->scan();
  });
}

void Asset::queue_load(const SegmentKey& key) {
  // Not a shared_ptr: the asset holds the strand, and what a stopped pool never runs stays in the strand.
  loading_->submit([weak = weak_from_this(), key] {
    if (const auto self = weak.lock()) self->run_load(key.segment, key.random_access_point_only);
  });
}

void Asset::index_grew() {
  persistently([this] { tell_found(); });
  persistently([this] { go_on_with_loads(); });
}

void Asset::tell_found() {
  std::vector<std::pair<std::function<void(std::size_t)>, std::size_t>> found;
  {
    const std::lock_guard lock(mutex_);
    found.reserve(finds_.size());  // what is taken out below is not to be lost
    std::erase_if(finds_, [&](WaitingFind& find) {
      if (!index_.covers(find.time)) return false;
      found.emplace_back(std::move(find.done), index_.find(find.time));
      return true;
    });
  }
  for (auto& [done, k] : found) persistently([&done = done, k = k] { done(k); });
}

void Asset::go_on_with_loads() {
  std::vector<SegmentKey> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.reserve(loads_.size());
    for (WaitingLoad& load : loads_) {
      if (load.queued) continue;
      if (index_.knows(load.key.segment)) {
        queue_load(load.key);
        load.queued = true;
      } else if (index_.complete()) {
        ended.push_back(load.key);
      }
    }
  }
  for (const SegmentKey& key : ended) finish_load(key, Error{Errc::end, "behind the last segment"});
}

void Asset::find_segment(MediaTime time, std::function<void(std::size_t)> done) {
  std::size_t k = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!index_.covers(time)) {
      finds_.push_back({time, std::move(done)});
      return;
    }
    k = index_.find(time);
  }
  done(k);
}

SegmentKey Asset::key(std::size_t k, bool random_access_point_only) const {
  return {id_, static_cast<std::uint32_t>(k), random_access_point_only};
}

std::shared_ptr<const Segment> Asset::cached(std::size_t k, bool random_access_point_only) const {
  return context_.cache.find(key(k, random_access_point_only));
}

void Asset::load(std::size_t k, bool random_access_point_only, Loaded done) {
  const SegmentKey wanted = key(k, random_access_point_only);
  {
    const std::lock_guard lock(mutex_);
    for (WaitingLoad& load : loads_) {
      if (load.key == wanted) {
        load.done.push_back(std::move(done));
        return;
      }
    }
    if (!index_.complete() || k < index_.size()) {
      WaitingLoad load{wanted, {}, index_.knows(k)};
      load.done.push_back(std::move(done));
      if (load.queued) queue_load(wanted);
      loads_.push_back(std::move(load));
      return;
    }
  }
  done(Error{Errc::end, "behind the last segment"});
}

Result<std::shared_ptr<const Segment>> Asset::load_now(std::size_t k, bool random_access_point_only) {
  if (auto segment = cached(k, random_access_point_only)) return segment;
  SegmentRange range;
  {
    const std::lock_guard lock(mutex_);
    range = index_.range(k);
  }
  auto units = random_access_point_only ? loader_->load_random_access_point(range) : loader_->load(range);
  if (!units) return std::move(units).error();
  if (WorkerPool::stopping_here()) return Error{Errc::io, file_->path() + ": the server stops"};
  if (units->truncated)
    context_.log(Severity::warning, file_->path() + ": ends in the middle of what was indexed (" +
                                        (units->failure.empty() ? "was it truncated?" : units->failure) +
                                        ")");
  else if (!units->failure.empty())
    context_.log(Severity::warning, file_->path() + ": near " + std::to_string(range.begin.cut / 1'000'000) +
                                        " s: " + units->failure);
  auto segment = SegmentBuilder(selection_.tracks).seal(std::move(units->units), units->truncated);
  if (segment->refused() > 0)
    context_.log(Severity::warning, file_->path() + ": left out " + std::to_string(segment->refused()) +
                                        " units near " + std::to_string(range.begin.cut / 1'000'000) +
                                        " s: " + segment->refusal());
  context_.cache.insert(key(k, random_access_point_only), segment);
  return segment;
}

void Asset::run_load(std::size_t k, bool random_access_point_only) {
  finish_load(key(k, random_access_point_only),
              contained([&] { return load_now(k, random_access_point_only); }));
}

void Asset::finish_load(const SegmentKey& key, const Result<std::shared_ptr<const Segment>>& result) {
  std::vector<Loaded> done;
  {
    const std::lock_guard lock(mutex_);
    const auto load = std::find_if(loads_.begin(), loads_.end(),
                                   [&](const WaitingLoad& waiting) { return waiting.key == key; });
    if (load == loads_.end()) return;
    done = std::move(load->done);
    loads_.erase(load);
  }
  for (Loaded& each : done) persistently([&] { each(result); });
}

}  // namespace lectern::media
