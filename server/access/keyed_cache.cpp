#include "server/access/keyed_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "server/rtsp/random.h"

namespace lectern::server {

KeyedCache::KeyedCache(std::size_t most, std::chrono::seconds lifetime)
    : most_(most), lifetime_(lifetime), key_(random_secret()) {}

std::string KeyedCache::key_of(const std::string& secret) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), mac.data(), &size);
  return {mac.begin(), mac.begin() + size};
}

std::optional<int> KeyedCache::get(const std::string& secret, Time now) {
  const std::string key = key_of(secret);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  if (found->second.until > now) return found->second.verdict;
  entries_.erase(found);
  return std::nullopt;
}

void KeyedCache::put(const std::string& secret, int verdict, Time now) {
  if (lifetime_.count() == 0) return;
  std::string key = key_of(secret);
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= most_) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
    // What is asked for again is found out again.
    if (entries_.size() >= most_) entries_.clear();
  }
  entries_.insert_or_assign(std::move(key), Entry{verdict, now + lifetime_});
}

}  // namespace lectern::server
