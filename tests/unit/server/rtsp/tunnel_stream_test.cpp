#include "server/rtsp/tunnel_stream.h"

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;

namespace {

/// The connection of the GET, without a socket.
struct Get final : Stream {
  struct Log {
    std::string written;
    Stream::Handler* handler = nullptr;
    bool finished = false, destroyed = false;
  };
  explicit Get(Log& to) : log(to) {}
  ~Get() override { log.destroyed = true; }
  void start(Handler& handler) override { log.handler = &handler; }
  void set_handler(Handler& handler) override { log.handler = &handler; }
  void pause() override {}
  void resume() override {}
  using Stream::write;
  bool write(Bytes bytes) override {
    log.written += as_text(bytes);
    return true;
  }
  std::size_t write_packets(std::span<const Gathered> packets) override { return packets.size(); }
  [[nodiscard]] bool writable() const override { return true; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 7; }
  void finish(std::chrono::milliseconds) override { log.finished = true; }
  [[nodiscard]] const Endpoint& local() const override { return endpoint; }
  [[nodiscard]] const Endpoint& peer() const override { return endpoint; }
  [[nodiscard]] const StreamCounters& counters() const override { return counted; }
  Log& log;
  Endpoint endpoint = Endpoint::loopback(Endpoint::Family::v4, 9);
  StreamCounters counted;
};

struct Reader final : Stream::Handler {
  MutableBytes writable() override { return MutableBytes(buffer); }
  void committed(std::size_t size) override {
    text += as_text(Bytes(buffer).first(size));
    if (pausing) pausing->pause();
  }
  void closed(CloseReason why, int) override { reason = why; }
  std::array<std::byte, 4> buffer{};
  std::string text;
  Stream* pausing = nullptr;
  std::optional<CloseReason> reason;
};

struct Post final : TunnelPost {
  void go_on() override { ++turns; }
  void refuse(rtsp::StatusCode status, const std::string&) override { refused = static_cast<int>(status); }
  void drop() override { dropped = true; }
  int turns = 0, refused = 0;
  bool dropped = false;
};

/// A tunnel on a loop that the test turns.
struct Bench {
  Bench() {
    stream = std::make_unique<TunnelStream>(loop, std::make_unique<Get>(log), registry.reserve(key).value(),
                                            post());
    stream->start(reader);
  }
  ~Bench() {
    stream.reset();
    turn();
  }
  Remote<TunnelGet>::Post post() {
    return [this](std::function<void()> task) { loop.post(std::move(task)); };
  }
  /// Long enough for a task that posts one that posts one.
  void turn(std::chrono::milliseconds time = 5ms) {
    Timer timer(loop, [this] { loop.stop(); });
    timer.start_after(time);
    loop.run();
  }
  Remote<TunnelPost> remote(const std::shared_ptr<Post>& end) { return {post(), end}; }
  std::shared_ptr<Post> join(TunnelPostId id) {
    auto end = std::make_shared<Post>();
    registry.find(key)->tell([&, id](TunnelGet& get) { get.join(id, remote(end)); });
    turn();
    return end;
  }
  void tell(std::function<void(TunnelGet&)> what) {
    registry.find(key)->tell(std::move(what));
    turn();
  }
  void give(TunnelPostId id, std::string_view text) {
    tell([&](TunnelGet& get) { get.give(id, as_bytes(text)); });
  }

  EventLoop loop;
  TunnelRegistry registry;
  const TunnelKey key{Endpoint::loopback(Endpoint::Family::v4, 9), false, "c"};
  Get::Log log;
  Reader reader;
  std::unique_ptr<TunnelStream> stream;
};

}  // namespace

TEST_CASE("tunnel stream: written bytes leave by the GET, what comes by it is passed over", "[tunnel]") {
  Bench bench;
  CHECK(bench.stream->write(std::string_view("down")));
  CHECK(bench.log.written == "down");
  CHECK(bench.stream->queued_bytes() == 7);
  CHECK(bench.stream->peer().port() == 9);
  const auto room = bench.log.handler->writable();
  REQUIRE_FALSE(room.empty());
  bench.log.handler->committed(room.size());
  CHECK(bench.reader.text.empty());
  CHECK(bench.registry.waiting() == 1);
}

TEST_CASE("tunnel stream: a POST gives more once what it gave was read", "[tunnel]") {
  Bench bench;
  const auto post = bench.join(1);
  CHECK(post->turns == 1);
  CHECK(bench.registry.waiting() == 0);
  bench.give(1, "hello, tunnel");
  CHECK(bench.reader.text == "hello, tunnel");
  CHECK(post->turns == 2);
  bench.give(2, "a stranger's");
  CHECK(bench.reader.text == "hello, tunnel");

  bench.reader.pausing = bench.stream.get();
  bench.give(1, "0123456789");
  CHECK(bench.reader.text == "hello, tunnel0123");
  CHECK(post->turns == 2);
  bench.stream->resume();
  bench.turn();
  CHECK(bench.reader.text == "hello, tunnel01234567");
  bench.reader.pausing = nullptr;
  bench.stream->resume();
  bench.turn();
  CHECK(bench.reader.text == "hello, tunnel0123456789");
  CHECK(post->turns == 3);
}

TEST_CASE("tunnel stream: one POST after another, whose bytes stay in order", "[tunnel]") {
  Bench bench;
  const auto first = bench.join(1), second = bench.join(2), third = bench.join(3);
  CHECK(first->turns == 1);
  CHECK(second->turns == 0);
  CHECK(third->refused == 400);
  bench.reader.pausing = bench.stream.get();
  bench.give(1, "first");
  bench.tell([](TunnelGet& get) { get.ended(1); });
  // What is not read waits in the kernel.
  CHECK(second->turns == 0);
  CHECK(bench.reader.text == "firs");
  bench.reader.pausing = nullptr;
  bench.stream->resume();
  bench.turn();
  CHECK(bench.reader.text == "first");
  CHECK(second->turns == 1);
  bench.give(2, "second");
  CHECK(bench.reader.text == "firstsecond");
  CHECK(second->turns == 2);
  CHECK_FALSE(bench.reader.reason);
}

TEST_CASE("tunnel stream: a POST that does not end makes way, and its late bytes are passed over",
          "[tunnel]") {
  Bench bench;
  const auto first = bench.join(1), second = bench.join(2);
  bench.turn(TunnelStream::ending_time + 100ms);
  CHECK(first->dropped);
  CHECK(second->turns == 1);
  bench.give(1, "late");
  bench.give(2, "new");
  CHECK(bench.reader.text == "new");
}

TEST_CASE("tunnel stream: a POST whose bytes are not read is not taken for one that does not end",
          "[tunnel]") {
  Bench bench;
  const auto first = bench.join(1);
  bench.reader.pausing = bench.stream.get();
  bench.give(1, "first");
  const auto second = bench.join(2);
  bench.turn(TunnelStream::ending_time + 100ms);
  CHECK_FALSE(first->dropped);
  bench.reader.pausing = nullptr;
  bench.stream->resume();
  bench.turn();
  CHECK(first->turns == 2);
  bench.give(1, ", more");
  CHECK(bench.reader.text == "first, more");
  CHECK(second->turns == 0);
}

TEST_CASE("tunnel stream: without another POST it ends", "[tunnel]") {
  Bench bench;
  bench.join(1);
  bench.tell([](TunnelGet& get) { get.ended(1); });
  CHECK_FALSE(bench.reader.reason);
  bench.turn(TunnelStream::joining_time + 100ms);
  CHECK(bench.reader.reason == CloseReason::peer);
}

TEST_CASE("tunnel stream: its POSTs go with it", "[tunnel]") {
  for (int way = 0; way < 4; ++way) {
    CAPTURE(way);
    Bench bench;
    const auto current = bench.join(1), next = bench.join(2);
    if (way == 0) bench.stream->finish(1s);
    if (way == 1) bench.log.handler->closed(CloseReason::error, 104);
    if (way == 2) bench.stream.reset();
    if (way == 3) bench.tell([](TunnelGet& get) { get.broken(1); });
    bench.turn();
    CHECK(current->dropped);
    CHECK(next->dropped);
    CHECK(bench.log.finished == (way == 0));
    CHECK(bench.log.destroyed == (way == 2));
    CHECK(bench.registry.size() == (way == 2 ? 0 : 1));
    if (way == 1) CHECK(bench.reader.reason == CloseReason::error);
    if (way == 3) CHECK(bench.reader.reason == CloseReason::peer);
    if (way != 2) CHECK(bench.join(3)->dropped);
  }
}

TEST_CASE("remote: who is told of an object that has ended is told so, on its loop", "[tunnel]") {
  std::vector<std::function<void()>> loop;
  auto post = std::make_shared<Post>();
  const Remote<TunnelPost> remote([&](std::function<void()> task) { loop.push_back(std::move(task)); }, post);
  bool gone = false;
  remote.tell([](TunnelPost& end) { end.go_on(); }, [&] { gone = true; });
  CHECK(post->turns == 0);
  loop.back()();
  CHECK(post->turns == 1);
  remote.tell([](TunnelPost& end) { end.go_on(); }, [&] { gone = true; });
  post.reset();
  loop.back()();
  CHECK(gone);
}
