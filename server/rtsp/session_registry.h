#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "server/net/address.h"

namespace lectern::server {

/// What the loops must agree on: on which loop a session lives, and which UDP ports of which player are
/// taken. Asked once a SETUP or TEARDOWN, never by the media.
class SessionRegistry {
 public:
  explicit SessionRegistry(std::size_t max_sessions) : max_sessions_(max_sessions) {}

  /// False where the limit is reached.
  bool add(const std::string& id, std::size_t loop);
  void remove(const std::string& id);
  [[nodiscard]] std::optional<std::size_t> loop_of(const std::string& id) const;
  [[nodiscard]] std::size_t size() const;

  /// False where another session sends to `endpoint` already.
  bool claim(const Endpoint& endpoint);
  void release(const Endpoint& endpoint);

 private:
  const std::size_t max_sessions_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> loops_;
  std::unordered_set<Endpoint> claimed_;
};

}  // namespace lectern::server
