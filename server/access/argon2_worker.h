#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/access/keyed_cache.h"

namespace lectern::server {

/// Checks argon2id hashes on a thread of its own, as each takes tens of milliseconds on purpose, and
/// remembers for ten minutes which passwords were right.
class Argon2Worker {
 public:
  struct Job {
    std::string user, password;
    std::vector<std::string> encoded;      ///< any of them is right
    std::function<void(bool right)> done;  ///< called on the thread; it must not block
  };
  static constexpr std::size_t most_waiting = 64;

  Argon2Worker();
  /// Jobs that wait are dropped.
  ~Argon2Worker();
  Argon2Worker(const Argon2Worker&) = delete;
  Argon2Worker& operator=(const Argon2Worker&) = delete;

  /// Whether this very password was right a short while ago.
  [[nodiscard]] bool remembers(const std::string& user, const std::string& password);
  /// False, and not taken, where too many wait.
  bool check(Job job);

 private:
  void run();

  KeyedCache right_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lectern::server
