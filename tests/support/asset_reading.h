#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>

#include "media/file_cursor.h"
#include "media/library.h"

namespace lectern::test {

/// A loop without a loop: what is posted from workers runs on the test's thread.
class Posts {
 public:
  media::FileCursor::Post poster();
  /// Runs what is posted until `done`; false where that takes longer than `patience`.
  bool run_until(const std::function<bool()>& done,
                 std::chrono::milliseconds patience = std::chrono::seconds(10));

 private:
  struct Queue {
    std::mutex mutex;
    std::deque<std::function<void()>> tasks;
  };
  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

/// What the library says of a file, waited for.
Result<std::shared_ptr<media::Asset>> open_in(media::Library& library, const std::string& root,
                                              const std::string& relative = {});
/// A segment, waited for.
Result<std::shared_ptr<const media::Segment>> load_of(media::Asset& asset, std::size_t k,
                                                      bool random_access_point_only = false);
/// Waits for the index.
void wait_until_indexed(const media::Asset& asset);

/// A cursor that is read to wherever it ends.
class Reader {
 public:
  explicit Reader(const std::shared_ptr<media::Asset>& asset);

  Result<media::ReadStart> start(const media::ReadRequest& request);
  /// All trains from here on, at most `most`; ends with the cursor's state.
  std::vector<media::Train> read(std::size_t most = SIZE_MAX);
  /// Waits until the cursor does not.
  media::Cursor::State settle();

  Posts posts;
  unsigned wakes = 0;
  std::shared_ptr<media::FileCursor> cursor;
};

}  // namespace lectern::test
