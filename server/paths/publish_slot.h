#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "media/live/published_source.h"

namespace lectern::server {

/// Who publishes to a path: one at a time. Thread-safe.
class PublishSlot {
 public:
  /// `takeover`: who comes takes the place of who is there.
  explicit PublishSlot(bool takeover)
      : takeover_(takeover), point_(std::make_shared<media::PublishPoint>()) {}

  /// Takes the slot for a session until release(). False where another one has it and keeps it. `evict` is
  /// called, once and from any thread, when another session takes its place.
  bool claim(const std::string& session, std::function<void()> evict);
  /// Nothing, where another one has it by now.
  void release(const std::string& session);
  /// What the session sends is read from here on; false, and it is not, where another one has the slot by
  /// now.
  bool publish(const std::string& session, std::shared_ptr<media::Publication> publication);

  [[nodiscard]] const std::shared_ptr<media::PublishPoint>& point() const { return point_; }

 private:
  const bool takeover_;
  const std::shared_ptr<media::PublishPoint> point_;
  std::mutex mutex_;
  std::string session_;  // empty: nobody
  std::function<void()> evict_;
};

}  // namespace lectern::server
