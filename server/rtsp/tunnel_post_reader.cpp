#include "server/rtsp/tunnel_post_reader.h"

#include <array>

namespace lectern::server {
namespace {

/// One a thread and not one a connection: it is empty between the calls.
MutableBytes scratch() {
  thread_local std::array<std::byte, 4096> bytes;
  return bytes;
}

}  // namespace

TunnelPostReader::TunnelPostReader(Stream& stream, Connection& connection, TunnelPostId id,
                                   Remote<TunnelGet> get, ByteVector begun)
    : stream_(stream), connection_(connection), id_(id), get_(std::move(get)), begun_(std::move(begun)) {}

TunnelPostReader::~TunnelPostReader() {
  say_ended();
}

void TunnelPostReader::start(const Remote<TunnelPost>::Post& post) {
  stream_.set_handler(*this);
  stream_.pause();
  const Remote<TunnelPost> self(post, weak_from_this());
  get_.tell([id = id_, self](TunnelGet& get) { get.join(id, self); },
            [self] { self.tell([](TunnelPost& here) { here.drop(); }); });
}

void TunnelPostReader::go_on() {
  if (over_) return;
  if (const ByteVector begun = std::exchange(begun_, {}); !begun.empty())
    pass_on(begun);
  else
    stream_.resume();
}

void TunnelPostReader::refuse(rtsp::StatusCode status, const std::string& why) {
  over_ = true;
  connection_.post_refused(status, why);
}

// One that was refused ends by itself, behind the answer.
void TunnelPostReader::drop() {
  if (!std::exchange(over_, true)) connection_.post_ended();
}

MutableBytes TunnelPostReader::writable() {
  return scratch();
}

void TunnelPostReader::committed(std::size_t size) {
  pass_on(scratch().first(size));
}

void TunnelPostReader::pass_on(Bytes text) {
  if (over_) return;
  ByteVector bytes;
  if (const auto status = decoder_.decode(text, bytes); !status) {
    get_.tell([id = id_](TunnelGet& get) { get.broken(id); });
    return refuse(rtsp::StatusCode::bad_request, status.error().message);
  }
  if (bytes.empty()) return stream_.resume();
  stream_.pause();
  get_.tell([id = id_, bytes = std::move(bytes)](TunnelGet& get) { get.give(id, bytes); });
}

void TunnelPostReader::closed(CloseReason, int) {
  say_ended();
  connection_.post_ended();
}

void TunnelPostReader::say_ended() {
  if (std::exchange(over_, true)) return;
  get_.tell([id = id_](TunnelGet& get) { get.ended(id); });
}

}  // namespace lectern::server
