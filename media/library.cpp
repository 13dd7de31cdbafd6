#include "media/library.h"

#include <algorithm>
#include <tuple>

namespace lectern::media {

bool Library::IdentityOrder::operator()(const FileIdentity& a, const FileIdentity& b) const {
  return std::tie(a.device, a.inode, a.size, a.modified_us) <
         std::tie(b.device, b.inode, b.size, b.modified_us);
}

Library::Library(LibraryOptions options)
    : options_(std::move(options)), cache_(options_.cache_bytes), pool_(std::max(1u, options_.threads)) {}

Library::~Library() = default;

void Library::open(std::string root, std::string relative, Opened done) {
  pool_.submit([this, root = std::move(root), relative = std::move(relative),
                done = std::move(done)]() mutable { open_now(root, relative, std::move(done)); });
}

void Library::open_now(const std::string& root, const std::string& relative, Opened done) {
  auto file = relative.empty() ? File::open(root) : File::open_beneath(root, relative);
  if (!file) return done(std::move(file).error());
  std::shared_ptr<Asset> asset;
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find((*file)->identity());
    if (known != known_.end()) asset = known->second.lock();
    if (!asset) {
      auto& waiting = opening_[(*file)->identity()];
      waiting.push_back(std::move(done));
      if (waiting.size() > 1) return;
    }
  }
  if (!asset) return open_file(*file);
  keep(asset);
  done(asset);
}

void Library::open_file(const std::shared_ptr<const File>& file) {
  auto asset = Asset::open(file, {pool_, cache_, options_.log, options_.max_payload});
  std::vector<Opened> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto opening = opening_.find(file->identity());
    waiting = std::move(opening->second);
    opening_.erase(opening);
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    if (asset) known_[file->identity()] = *asset;
  }
  if (asset) {
    keep(*asset);
    for (const LeftOut& left_out : (*asset)->left_out())
      options_.log(Severity::warning, file->path() + ": stream " + std::to_string(left_out.stream) + " (" +
                                          left_out.codec + ") is left out: " + left_out.reason);
  }
  for (Opened& done : waiting) done(asset);
}

void Library::keep(const std::shared_ptr<Asset>& asset) {
  std::list<std::shared_ptr<Asset>> dropped;  // closed after the lock is released
  const std::lock_guard lock(mutex_);
  const auto held = std::find(recent_.begin(), recent_.end(), asset);
  if (held != recent_.end())
    recent_.splice(recent_.begin(), recent_, held);
  else
    recent_.push_front(asset);
  while (recent_.size() > std::max<std::size_t>(1, options_.idle_assets))
    dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
}

}  // namespace lectern::media
