#include "media/live/packet_queue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>

#include "protocol/base/bytes.h"

using namespace lectern;
using namespace lectern::media;
using namespace std::chrono_literals;

namespace {

bool put(PacketQueue& queue, const std::string& text) {
  const MutableBytes room = queue.reserve(text.size());
  if (room.empty()) return false;
  std::ranges::copy(as_bytes(text), room.begin());
  queue.commit(text.size());
  return true;
}

std::string take(PacketQueue& queue) {
  const std::string text(as_text(queue.front(0ms)));
  if (!text.empty()) queue.pop();
  return text;
}

}  // namespace

TEST_CASE("packets come out as they went in, and what has no room does not go in", "[packet_queue]") {
  PacketQueue queue(64);
  CHECK(take(queue).empty());
  CHECK(put(queue, "one"));
  CHECK(put(queue, "twelve bytes"));
  CHECK(as_text(queue.front(0ms)) == "one");
  CHECK(as_text(queue.front(0ms)) == "one");
  CHECK(take(queue) == "one");
  CHECK(take(queue) == "twelve bytes");
  CHECK(put(queue, std::string(24, 'a')));  // what is left up to the end is passed over
  CHECK_FALSE(put(queue, std::string(24, 'b')));
  CHECK(take(queue) == std::string(24, 'a'));
  CHECK(put(queue, std::string(24, 'b')));
  CHECK(take(queue) == std::string(24, 'b'));
  CHECK_FALSE(put(queue, std::string(64, 'c')));
  CHECK_FALSE(put(queue, std::string(1000, 'c')));
}

TEST_CASE("of what was reserved only what is committed is there", "[packet_queue]") {
  PacketQueue queue(256);
  CHECK(queue.reserve(100).size() == 100);
  CHECK(take(queue).empty());
  std::ranges::copy(as_bytes(std::string_view("short")), queue.reserve(100).begin());
  queue.commit(5);
  CHECK(take(queue) == "short");
  CHECK(put(queue, "left"));
  CHECK(put(queue, "behind"));
  queue.clear();
  CHECK(take(queue).empty());
}

TEST_CASE("a queue that is closed takes nothing more, and gives what it has", "[packet_queue]") {
  PacketQueue queue(256);
  CHECK(put(queue, "last"));
  queue.close();
  CHECK(queue.closed());
  CHECK_FALSE(put(queue, "more"));
  CHECK(take(queue) == "last");
  CHECK(queue.front(10s).empty());  // at once
}

TEST_CASE("who waits is woken by a packet, and by the end", "[packet_queue]") {
  PacketQueue queue(256);
  std::thread writer([&] {
    std::this_thread::sleep_for(20ms);
    put(queue, "late");
  });
  CHECK(as_text(queue.front(10s)) == "late");
  writer.join();
  queue.pop();
  std::thread closer([&] {
    std::this_thread::sleep_for(20ms);
    queue.close();
  });
  const auto begun = std::chrono::steady_clock::now();
  CHECK(queue.front(10s).empty());
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  closer.join();
}

TEST_CASE("two threads: nothing is lost, nothing changes its order", "[packet_queue]") {
  PacketQueue queue(4096);
  constexpr unsigned count = 20'000;
  std::thread writer([&] {
    std::mt19937 random(1);
    for (unsigned i = 0; i < count; ++i) {
      const std::string text = std::to_string(i) + ":" + std::string(random() % 300, 'x');
      while (!put(queue, text)) std::this_thread::yield();
    }
    queue.close();
  });
  unsigned next = 0;
  bool right = true;
  while (true) {
    const std::string text(as_text(queue.front(5s)));
    if (text.empty()) break;
    queue.pop();
    right = right && text.starts_with(std::to_string(next) + ":");
    ++next;
  }
  writer.join();
  CHECK(right);
  CHECK(next == count);
}
