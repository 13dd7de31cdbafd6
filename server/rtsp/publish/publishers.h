#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/log/rate_limited.h"
#include "server/rtsp/publish/publisher.h"

namespace lectern::server {

/// The sessions of publishers on one loop.
class Publishers {
 public:
  explicit Publishers(RtspLoop& owner) : owner_(owner) {}
  ~Publishers() { close(); }
  Publishers(const Publishers&) = delete;
  Publishers& operator=(const Publishers&) = delete;

  /// A new session. Errc::busy where a limit is reached, Errc::denied where somebody publishes there already
  /// and is not to be taken over.
  Result<std::shared_ptr<Publisher>> add(PublishOrder order);
  [[nodiscard]] std::shared_ptr<Publisher> find(const std::string& id) const;
  /// What was announced on `connection`, and is not recorded yet, where `url` names it or a track of it.
  [[nodiscard]] std::shared_ptr<Publisher> announced_on(const Connection* connection,
                                                        const rtsp::Url& url) const;
  void end(const std::string& id, std::string_view why);
  /// Needs no memory.
  void connection_closed(const Connection& connection);
  /// Reports that are due, and publishers that are silent.
  void sweep(std::int64_t now_us);
  /// Ends those for which there is a reason.
  void keep_those(const std::function<std::string_view(const Publisher&)>& why_ended);
  void close();

  void log_flaw(const Publisher& publisher, Flaw flaw);
  void log_loss(const Publisher& publisher, std::int64_t lost, std::int64_t in_all);

 private:
  void evict(const std::string& id);
  /// Of a publisher that was ended, who would not notice otherwise over UDP.
  void drop_if_unused(Connection* connection);

  RtspLoop& owner_;
  std::unordered_map<std::string, std::shared_ptr<Publisher>> sessions_;
  std::array<RateLimited, flaw_count> flaws_{RateLimited(LogLevel::warning), RateLimited(LogLevel::warning),
                                             RateLimited(LogLevel::warning), RateLimited(LogLevel::warning),
                                             RateLimited(LogLevel::warning), RateLimited(LogLevel::warning),
                                             RateLimited(LogLevel::warning)};
  RateLimited losses_{LogLevel::warning};
};

}  // namespace lectern::server
