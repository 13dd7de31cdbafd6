#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "protocol/base/bytes.h"

namespace lectern::server {

/// Remembers verdicts on secrets for a while without keeping the secrets: under their HMAC with a key of this
/// process. Used from all threads.
class KeyedCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  KeyedCache(std::size_t most, std::chrono::seconds lifetime);

  [[nodiscard]] std::optional<int> get(const std::string& secret, Time now);
  void put(const std::string& secret, int verdict, Time now);

 private:
  struct Entry {
    int verdict;
    Time until;
  };
  [[nodiscard]] std::string key_of(const std::string& secret) const;

  const std::size_t most_;
  const std::chrono::seconds lifetime_;
  const ByteVector key_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace lectern::server
