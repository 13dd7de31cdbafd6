#include "server/rtsp/tunnel_stream.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"

namespace lectern::server {

struct TunnelStream::State final : std::enable_shared_from_this<State>, Stream::Handler, TunnelGet {
  struct Post {
    TunnelPostId id;
    Remote<TunnelPost> remote;
  };

  State(EventLoop& on, std::unique_ptr<Stream> stream, TunnelRegistry::Place entry)
      : loop(on), get(std::move(stream)), place(std::move(entry)), deadline(on, [this] { time_out(); }) {}

  // Stream::Handler of the GET, which has no body.
  MutableBytes writable() override {
    thread_local std::array<std::byte, 4096> unwanted;
    return unwanted;
  }
  void committed(std::size_t) override {}
  void drained() override {
    if (handler) handler->drained();
  }
  void closed(CloseReason reason, int error) override { close(reason, error); }

  // TunnelGet
  void join(TunnelPostId id, const Remote<TunnelPost>& post) override {
    if (over) return post.tell([](TunnelPost& p) { p.drop(); });
    if (next)
      return post.tell([](TunnelPost& p) {
        p.refuse(rtsp::StatusCode::bad_request, "this tunnel has more POSTs than it can take");
      });
    place.joined();
    next = Post{id, post};
    if (!current) return begin_next();
    deadline.start_after(ending_time);
  }
  void give(TunnelPostId id, Bytes bytes) override {
    if (over || !current || current->id != id) return;
    held.insert(held.end(), bytes.begin(), bytes.end());
    owes_answer = true;
    deliver();
  }
  void ended(TunnelPostId id) override {
    if (next && next->id == id) next.reset();
    if (over || !current || current->id != id) return;
    current.reset();
    owes_answer = false;
    if (next) return begin_next();
    deadline.start_after(joining_time);
  }
  void broken(TunnelPostId id) override {
    if (current && current->id == id) close(CloseReason::peer, 0);
  }

  void begin_next() {
    deadline.stop();
    current = std::exchange(next, std::nullopt);
    // Else each POST would leave something behind where nothing is read.
    owes_answer = !held.empty();
    if (owes_answer) return;
    current->remote.tell([](TunnelPost& post) { post.go_on(); });
  }

  void time_out() {
    if (!current) return close(CloseReason::peer, 0);
    // Its end is behind what we do not read.
    if (owes_answer) return deadline.start_after(ending_time);
    current->remote.tell([](TunnelPost& post) { post.drop(); });
    current.reset();
    owes_answer = false;
    if (next) begin_next();
  }

  /// Gives the handler what there is, as far as it reads.
  void deliver() {
    if (delivering) return;
    delivering = true;
    const auto hold = shared_from_this();  // The handler may destroy the stream.
    ByteVector bytes;
    bytes.swap(held);
    Bytes rest = bytes;
    while (!rest.empty() && reading && handler && !over) {
      const MutableBytes to = handler->writable();
      assert(!to.empty());
      const std::size_t size = std::min(to.size(), rest.size());
      std::memcpy(to.data(), rest.data(), size);
      rest = rest.subspan(size);
      handler->committed(size);
    }
    delivering = false;
    if (over) return;
    held.insert(held.begin(), rest.begin(), rest.end());
    if (held.empty() && reading && std::exchange(owes_answer, false))
      current->remote.tell([](TunnelPost& post) { post.go_on(); });
  }

  /// No more is read.
  void end_posts() {
    over = true;
    deadline.stop();
    held.clear();
    for (const auto* post : {&current, &next})
      if (*post) (*post)->remote.tell([](TunnelPost& p) { p.drop(); });
    current.reset();
    next.reset();
  }

  void close(CloseReason reason, int error) {
    const auto hold = shared_from_this();
    end_posts();
    if (handler) std::exchange(handler, nullptr)->closed(reason, error);
  }

  EventLoop& loop;
  std::unique_ptr<Stream> get;
  TunnelRegistry::Place place;
  Timer deadline;
  Stream::Handler* handler = nullptr;
  std::optional<Post> current, next;
  ByteVector held;           ///< decoded, and not read yet
  bool owes_answer = false;  ///< the current POST waits for go_on()
  bool reading = true, delivering = false;
  bool over = false;  ///< finishing or closed
};

TunnelStream::TunnelStream(EventLoop& loop, std::unique_ptr<Stream> get, TunnelRegistry::Place place,
                           const Remote<TunnelGet>::Post& post)
    : state_(std::make_shared<State>(loop, std::move(get), std::move(place))) {
  state_->place.open(Remote<TunnelGet>(post, state_));
}

TunnelStream::~TunnelStream() {
  state_->handler = nullptr;
  state_->end_posts();
}

void TunnelStream::set_handler(Handler& handler) {
  state_->handler = &handler;
  state_->get->set_handler(*state_);
  state_->get->resume();
}

void TunnelStream::pause() {
  state_->reading = false;
}

void TunnelStream::resume() {
  auto& s = *state_;
  if (std::exchange(s.reading, true) || s.over || s.delivering) return;
  s.loop.defer([weak = s.weak_from_this()] {
    if (const auto state = weak.lock(); state && state->reading) state->deliver();
  });
}

bool TunnelStream::write(Bytes bytes) {
  return state_->get->write(bytes);
}

std::size_t TunnelStream::write_packets(std::span<const Gathered> packets) {
  return state_->get->write_packets(packets);
}

bool TunnelStream::writable() const {
  return state_->get->writable();
}

std::size_t TunnelStream::queued_bytes() const {
  return state_->get->queued_bytes();
}

void TunnelStream::finish(std::chrono::milliseconds deadline) {
  state_->end_posts();
  state_->get->finish(deadline);
}

const Endpoint& TunnelStream::local() const {
  return state_->get->local();
}

const Endpoint& TunnelStream::peer() const {
  return state_->get->peer();
}

const StreamCounters& TunnelStream::counters() const {
  return state_->get->counters();
}

}  // namespace lectern::server
