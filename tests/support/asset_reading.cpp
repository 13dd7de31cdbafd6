#include "tests/support/asset_reading.h"

#include <future>
#include <thread>

namespace lectern::test {

using namespace lectern::media;

FileCursor::Post Posts::poster() {
  return [queue = queue_](std::function<void()> task) {
    const std::lock_guard lock(queue->mutex);
    queue->tasks.push_back(std::move(task));
  };
}

bool Posts::run_until(const std::function<bool()>& done, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::function<void()> task;
    {
      const std::lock_guard lock(queue_->mutex);
      if (!queue_->tasks.empty()) {
        task = std::move(queue_->tasks.front());
        queue_->tasks.pop_front();
      }
    }
    if (task)
      task();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

Result<std::shared_ptr<Asset>> open_in(Library& library, const std::string& root,
                                       const std::string& relative) {
  auto answer = std::make_shared<std::promise<Result<std::shared_ptr<Asset>>>>();
  library.open(root, relative,
               [answer](Result<std::shared_ptr<Asset>> asset) { answer->set_value(std::move(asset)); });
  return answer->get_future().get();
}

Result<std::shared_ptr<const Segment>> load_of(Asset& asset, std::size_t k, bool random_access_point_only) {
  auto answer = std::make_shared<std::promise<Result<std::shared_ptr<const Segment>>>>();
  asset.load(k, random_access_point_only, [answer](Result<std::shared_ptr<const Segment>> segment) {
    answer->set_value(std::move(segment));
  });
  return answer->get_future().get();
}

void wait_until_indexed(const Asset& asset) {
  while (!asset.indexed()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Reader::Reader(const std::shared_ptr<Asset>& asset)
    : cursor(std::make_shared<FileCursor>(asset, posts.poster(), [this] { ++wakes; })) {}

Result<ReadStart> Reader::start(const ReadRequest& request) {
  std::optional<Result<ReadStart>> answer;
  cursor->start(request, [&](Result<ReadStart> start) { answer.emplace(std::move(start)); });
  posts.run_until([&] { return answer.has_value(); });
  if (!answer) return Error{Errc::internal, "the cursor does not start"};
  return *std::move(answer);
}

Cursor::State Reader::settle() {
  posts.run_until([&] { return cursor->state() != Cursor::State::waiting; });
  return cursor->state();
}

std::vector<Train> Reader::read(std::size_t most) {
  std::vector<Train> trains;
  while (trains.size() < most && settle() == Cursor::State::ready) {
    trains.push_back(cursor->train());
    cursor->advance();
  }
  return trains;
}

}  // namespace lectern::test
