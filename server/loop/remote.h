#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace lectern::server {

/// An object that lives on a loop, as others know it: what it is told runs on its loop, in the order of
/// telling. From any thread.
template <typename T>
class Remote {
 public:
  /// Runs a task on the object's loop, or drops it where that has ended.
  using Post = std::function<void(std::function<void()>)>;

  Remote(Post post, std::weak_ptr<T> object) : post_(std::move(post)), object_(std::move(object)) {}

  /// `gone` runs on that loop in place of `what`, where the object has ended by then.
  void tell(std::function<void(T&)> what, std::function<void()> gone = {}) const {
    // The object is looked at on its own loop alone, so that it ends there.
    post_([object = object_, what = std::move(what), gone = std::move(gone)] {
      if (const auto here = object.lock())
        what(*here);
      else if (gone)
        gone();
    });
  }

 private:
  Post post_;
  std::weak_ptr<T> object_;
};

}  // namespace lectern::server
