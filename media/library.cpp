#include "media/library.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "media/contained.h"

namespace lectern::media {
namespace {

bool same_file(const FileIdentity& a, const FileIdentity& b) {
  return a.device == b.device && a.inode == b.inode;
}

bool grew(const FileIdentity& before, const FileIdentity& now) {
  return same_file(before, now) && now.size > before.size && now.modified_us >= before.modified_us;
}

}  // namespace

bool Library::IdentityOrder::operator()(const FileIdentity& a, const FileIdentity& b) const {
  return std::tie(a.device, a.inode, a.size, a.modified_us) <
         std::tie(b.device, b.inode, b.size, b.modified_us);
}

Library::Library(LibraryOptions options)
    : options_(std::move(options)), cache_(options_.cache_bytes), pool_(std::max(1u, options_.threads)) {}

Library::~Library() = default;

void Library::open(std::string root, std::string relative, Opened done) {
  pool_.submit([this, root = std::move(root), relative = std::move(relative),
                done = std::move(done)]() mutable { open_now(root, relative, std::move(done)); },
               Work::open);
}

std::shared_ptr<Asset> Library::held(const FileIdentity& identity) const {
  if (const auto known = known_.find(identity); known != known_.end())
    if (auto asset = known->second.asset.lock()) return asset;
  const auto recent = Clock::now() - options_.growing_for;
  for (const auto& [before, known] : known_)
    if (grew(before, identity) && known.opened > recent)
      if (auto asset = known.asset.lock()) return asset;
  return nullptr;
}

void Library::open_now(const std::string& root, const std::string& relative, Opened done) {
  auto file = relative.empty() ? File::open(root) : File::open_beneath(root, relative);
  if (!file) return done(std::move(file).error());
  const FileIdentity& identity = (*file)->identity();
  std::shared_ptr<Asset> asset;
  std::optional<Error> refusal;
  {
    const std::lock_guard lock(mutex_);
    asset = held(identity);
    if (const auto refused = refused_.find(identity);
        !asset && refused != refused_.end() && refused->second.until > Clock::now())
      refusal = refused->second.error;
    if (!asset && !refusal) {
      const auto opening = std::find_if(opening_.begin(), opening_.end(), [&](const auto& entry) {
        return entry.first == identity || grew(entry.first, identity);
      });
      if (opening != opening_.end()) {
        opening->second.push_back(std::move(done));
        return;
      }
      std::vector<Opened> first;
      first.push_back(std::move(done));
      opening_.emplace(identity, std::move(first));
    }
  }
  if (refusal) return done(*std::move(refusal));
  if (!asset) return open_file(*file);
  keep(asset);
  done(asset);
}

std::vector<Library::Opened> Library::note_opened(const FileIdentity& identity,
                                                  const Result<std::shared_ptr<Asset>>& asset) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  const auto opening = opening_.find(identity);
  std::vector<Opened> waiting = std::move(opening->second);
  opening_.erase(opening);
  std::erase_if(known_, [](const auto& entry) { return entry.second.asset.expired(); });
  std::erase_if(refused_, [&](const auto& entry) { return entry.second.until <= now; });
  if (asset)
    known_[identity] = {*asset, now};
  else if (asset.error().code != Errc::busy)  // What the system lacks now it may have at once.
    refused_[identity] = {asset.error(), now + options_.refused_for};
  return waiting;
}

void Library::open_file(const std::shared_ptr<const File>& file) {
  auto asset = contained([&] {
    return Asset::open(file, {pool_, cache_, options_.log, options_.max_payload});
  });
  const std::vector<Opened> waiting = note_opened(file->identity(), asset);
  if (asset) {
    keep(*asset);
    for (const LeftOut& left_out : (*asset)->left_out())
      options_.log(Severity::warning, file->path() + ": stream " + std::to_string(left_out.stream) + " (" +
                                          left_out.codec + ") is left out: " + left_out.reason);
  }
  for (const Opened& done : waiting) {
    try {
      done(asset);
    } catch (const std::exception&) {  // Who asked is told by the end of its question.
    }
  }
}

void Library::keep(const std::shared_ptr<Asset>& asset) {
  std::list<std::shared_ptr<Asset>> dropped;  // closed after the lock is released
  const std::lock_guard lock(mutex_);
  // Nobody will ask for what the file was before.
  for (auto each = recent_.begin(); each != recent_.end();) {
    const auto next = std::next(each);
    if (*each != asset && same_file((*each)->file().identity(), asset->file().identity()))
      dropped.splice(dropped.begin(), recent_, each);
    each = next;
  }
  const auto found = std::find(recent_.begin(), recent_.end(), asset);
  if (found != recent_.end())
    recent_.splice(recent_.begin(), recent_, found);
  else
    recent_.push_front(asset);
  while (recent_.size() > std::max<std::size_t>(1, options_.idle_assets))
    dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
}

}  // namespace lectern::media
