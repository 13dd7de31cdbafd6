#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "server/access/keyed_cache.h"
#include "server/log/rate_limited.h"

namespace lectern::server {

/// The keys of `auth` in the configuration.
struct HttpCheckConfig {
  std::string http;  ///< URL; empty: nobody is asked
  std::chrono::seconds cache{30};
  std::chrono::seconds timeout{5};
  bool operator==(const HttpCheckConfig&) const = default;
};

/// What the external check is told, as JSON.
struct HttpQuestion {
  std::string user, password;  ///< empty where none was given, and where it was verified here
  bool verified = false;       ///< the password was right for a user of the configuration
  std::string ip, path, action, protocol, agent;
};

enum class HttpVerdict {
  granted,      ///< 2xx
  forbidden,    ///< 403: the user is right, but may not do this
  refused,      ///< any other answer
  unreachable,  ///< none in time, or too many are being asked
};

/// Asks an HTTP server whether somebody may do something: a POST each, on a thread of its own with libcurl's
/// multi interface. Answers are cached, those that none came for are not.
class HttpCheck {
 public:
  using Done = std::function<void(HttpVerdict)>;
  /// Questions that wait or are being asked.
  static constexpr std::size_t most_waiting = 256;

  explicit HttpCheck(HttpCheckConfig config);
  /// Questions that wait are dropped.
  ~HttpCheck();
  HttpCheck(const HttpCheck&) = delete;
  HttpCheck& operator=(const HttpCheck&) = delete;

  /// Calls `done` at once where the answer is known, else on the thread; it must not block.
  void ask(HttpQuestion question, Done done);

 private:
  struct Request;
  struct Multi;
  void run();
  void start_waiting();
  void finish_done();
  void finish(Request& request, int curl_code);

  const HttpCheckConfig config_;
  KeyedCache cache_;
  RateLimited unreachable_{LogLevel::error};
  std::unique_ptr<Multi> multi_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Request>> waiting_;
  std::size_t under_way_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

/// The body of the POST.
std::string to_json(const HttpQuestion& question);

}  // namespace lectern::server
