#include "server/rtsp/connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

#include "protocol/base/text.h"
#include "protocol/rtsp/cseq.h"
#include "protocol/rtsp/option_tags.h"
#include "protocol/rtsp/tunnel_cookie.h"
#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/rtsp/dispatch.h"
#include "server/rtsp/http_answer.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/session.h"
#include "server/rtsp/tunnel_stream.h"

namespace lectern::server {
namespace {

constexpr std::chrono::milliseconds closing_time{2000};
constexpr std::string_view server_name = "Lectern";
/// A player's requests come one by one. A flood of them waits its turn, as the media of the loop do not.
constexpr int messages_per_turn = 16;
/// Who does not read its answers is not given more.
constexpr std::size_t most_unsent = 64 * 1024;

/// A handshake record of SSL 3 or later (RFC 8446 section 5.1).
bool begins_tls(Bytes bytes) {
  return u8(bytes[0]) == 0x16 && (bytes.size() < 2 || u8(bytes[1]) == 3);
}

rtsp::Limits limits_of(const Config& config) {
  rtsp::Limits limits;
  limits.header_block = config.max_header_size;
  limits.line = std::min(limits.line, limits.header_block);
  limits.body = config.max_body_size;
  return limits;
}

}  // namespace

Connection::Connection(RtspLoop& owner, std::unique_ptr<Stream> stream, bool secure)
    : owner_(owner),
      peer_(stream->peer()),
      secure_(secure),
      stream_(std::move(stream)),
      parser_(limits_of(owner.config())),
      last_request_us_(EventLoop::now_us()),
      rate_(owner.config().max_request_rate, last_request_us_),
      awaited_since_us_(last_request_us_) {}

Connection::~Connection() = default;

void Connection::committed(std::size_t size) {
  if (!std::exchange(spoken_, true) && begins_tls(arriving_.first(size)))
    return refuse_and_close(rtsp::StatusCode::bad_request, std::nullopt,
                            "a TLS client on the port for plain RTSP: rtsps:// has a port of its own");
  parser_.commit(size);
  process();
}

bool Connection::may_go_on() const {
  return !busy_ && !closing_ && !post_ && !yielded_ && !slowed_ && stream_->queued_bytes() <= most_unsent;
}

void Connection::process() {
  if (processing_) return;
  const auto self = shared_from_this();
  processing_ = true;
  left_over_ = false;
  try {
    handle_messages();
  } catch (const std::exception& error) {
    // What is owed to the player cannot be told any more.
    report_escape("a connection", error.what());
    drop();
  }
  processing_ = false;
  if (closing_ || post_) return;
  if (may_go_on())
    stream_->resume();
  else
    stream_->pause();
}

void Connection::handle_messages() {
  for (int handled = 0; may_go_on(); ++handled) {
    if (handled == messages_per_turn) {
      go_on_next_turn();
      break;
    }
    auto message = parser_.next();
    if (!message) {
      const auto status = message.error().code == Errc::too_large ? rtsp::StatusCode::request_entity_too_large
                                                                  : rtsp::StatusCode::bad_request;
      if (parser_.error_is_http() && !asked_)
        refuse_http(http_refusal(status, message.error().message));
      else
        refuse_and_close(status, parser_.error_cseq(), message.error().message);
      break;
    }
    if (!*message) {
      // Counted from its first byte, whatever trickles in behind it.
      if (!parser_.idle() && !awaited_since_us_) awaited_since_us_ = EventLoop::now_us();
      parser_.release_spare();
      break;
    }
    awaited_since_us_.reset();
    if (auto* request = std::get_if<rtsp::Request>(&**message))
      handle(std::move(*request));
    else if (const auto* frame = std::get_if<rtsp::Interleaved>(&**message))
      received(*frame);
  }
}

// Posted, not deferred: deferred work runs in this turn still, before anyone else's.
void Connection::go_on_next_turn() {
  yielded_ = true;
  owner_.loop().post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->yielded_ = false;
    self->process();
  });
}

void Connection::slow_down() {
  const std::int64_t wait_us = rate_.wait_us(last_request_us_);
  if (wait_us == 0) return;
  slowed_ = true;
  owner_.log_limited(peer_, "asks more often than max_request_rate, and waits");
  owner_.run_after(std::chrono::milliseconds(1 + wait_us / 1000), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->slowed_ = false;
    self->process();
  });
}

void Connection::received(const rtsp::Interleaved& frame) {
  Carried* session = channels_[frame.channel];
  if (!session) return owner_.log_foreign_channel(peer_, frame.channel);
  session->received_frame(frame.channel, frame.payload);
}

bool Connection::admit(Exchange& exchange) {
  const rtsp::Request& request = exchange.request;
  if (request.version != rtsp::rtsp_version) {
    exchange.refuse(rtsp::StatusCode::rtsp_version_not_supported);
    return false;
  }
  auto url = rtsp::parse_url(request.url);
  if (url && url->is_bare() && base_) url = rtsp::resolve(*std::move(url), *base_);
  if (!url || url->is_bare()) {
    exchange.refuse(rtsp::StatusCode::bad_request,
                    url ? "the URL has to be a whole one, as rtsp://host/path" : url.error().message);
    return false;
  }
  if (!url->any) base_ = *url;
  exchange.url = *std::move(url);
  if (!request.method) {
    exchange.refuse(rtsp::StatusCode::not_implemented);
    return false;
  }
  auto unsupported = rtsp::option_tags(request.headers, "Require");
  for (std::string& tag : rtsp::option_tags(request.headers, "Proxy-Require"))
    unsupported.push_back(std::move(tag));
  if (!unsupported.empty()) {
    rtsp::Response response;
    response.status = rtsp::StatusCode::option_not_supported;
    response.headers.set("Unsupported", rtsp::serialize_tags(unsupported));
    exchange.respond(std::move(response));
    return false;
  }
  return true;
}

void Connection::handle(rtsp::Request request) {
  last_request_us_ = EventLoop::now_us();
  rate_.take(last_request_us_);
  slow_down();
  const bool first = !std::exchange(asked_, true);
  if (request.is_http() && first) return handle_http(request);
  const auto cseq_header = request.headers.get("CSeq");
  const auto cseq = cseq_header ? rtsp::parse_cseq(*cseq_header) : invalid("no CSeq");
  if (request.is_http() || !cseq)
    return refuse_and_close(rtsp::StatusCode::bad_request, std::nullopt, "no valid CSeq");
  spdlog::debug("{}: {} {}", peer_.to_string(), escape(request.method_name),
                escape(strip_userinfo(request.url)));

  busy_ = true;
  auto exchange = std::make_shared<Exchange>();
  exchange->peer = peer_;
  exchange->local = stream_->local();
  exchange->secure = secure_;
  exchange->connection = weak_from_this();
  const auto owed = std::make_shared<const bool>(true);
  owed_ = owed;
  exchange->respond = [weak = weak_from_this(), text = std::to_string(*cseq), owed](rtsp::Response response) {
    if (const auto self = weak.lock()) self->respond(text, std::move(response));
  };
  exchange->request = std::move(request);
  if (admit(*exchange)) dispatch(owner_, exchange);
}

void Connection::handle_http(const rtsp::Request& request) {
  if (const auto refusal = check_http(request)) return refuse_http(*refusal);
  const TunnelKey key(peer_, secure_, *rtsp::tunnel_cookie(request.headers));
  if (request.method_name == "GET")
    begin_tunnel(key);
  else
    join_tunnel(key);
}

void Connection::begin_tunnel(const TunnelKey& key) {
  auto place = owner_.context().tunnels.reserve(key);
  if (!place && place.error().code == Errc::busy) {
    auto busy = http_refusal(rtsp::StatusCode::service_unavailable, place.error().message);
    busy.headers.add("Retry-After", "10");
    return refuse_http(busy);
  }
  if (!place) return refuse_http(http_refusal(http_conflict, place.error().message));
  spdlog::debug("{}: the GET of a tunnel", peer_.to_string());
  tunnelled_ = true;
  parser_.take_rest();
  stream_ =
      std::make_unique<TunnelStream>(owner_.loop(), std::move(stream_), *std::move(place), owner_.poster());
  stream_->start(*this);
  stream_->write(rtsp::serialize(tunnel_begun()));
  // Of its first request, which a POST is to bring.
  awaited_since_us_ = EventLoop::now_us();
}

void Connection::join_tunnel(const TunnelKey& key) {
  auto& tunnels = owner_.context().tunnels;
  const auto get = tunnels.find(key);
  if (!get)
    return refuse_http(http_refusal(rtsp::StatusCode::not_found,
                                    "no tunnel of this x-sessioncookie is open from your address"));
  spdlog::debug("{}: the POST of a tunnel", peer_.to_string());
  post_ = std::make_shared<TunnelPostReader>(*stream_, static_cast<TunnelPostReader::Connection&>(*this),
                                             tunnels.next_post(), *get, parser_.take_rest());
  post_->start(owner_.poster());
}

void Connection::refuse_http(const rtsp::Response& response) {
  // A line of its own in the body, not in the log.
  std::string_view said = response.body;
  while (said.ends_with('\n')) said.remove_suffix(1);
  owner_.log_http(peer_, said.empty() ? "answered " + std::to_string(static_cast<int>(response.status))
                                      : "answered " + std::string(said));
  stream_->write(rtsp::serialize(response));
  closing_ = true;
  stream_->finish(closing_time);
}

void Connection::post_refused(rtsp::StatusCode status, const std::string& why) {
  refuse_http(http_refusal(status, why));
}

void Connection::respond(const std::string& cseq, rtsp::Response response) {
  rtsp::Headers headers{{"CSeq", cseq}, {"Server", std::string(server_name)}};
  for (const rtsp::HeaderField& field : response.headers) headers.add(field.name, field.value);
  response.headers = std::move(headers);
  if (const auto session = response.headers.get("Session")) session_ = session->substr(0, session->find(';'));
  spdlog::debug(
      "{}: answered {} {}", peer_.to_string(), static_cast<int>(response.status),
      response.reason.empty() ? std::string(rtsp::reason(response.status)) : escape(response.reason));
  stream_->write(rtsp::serialize(response));
  busy_ = false;
  if (processing_ || closing_) return;
  // Not from within the answer: who answered may have more to do before the next request.
  left_over_ = true;
  try {
    owner_.loop().defer([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->process();
    });
  } catch (const std::bad_alloc&) {
    // The loop's next sweep goes on with it; the answer is out, and whose it is has nothing to do with this.
  }
}

void Connection::refuse_and_close(rtsp::StatusCode status, std::optional<std::uint32_t> cseq,
                                  const std::string& why) {
  owner_.log_refused(peer_, why);
  rtsp::Response response = Exchange::refusal(status, why);
  if (cseq) response.headers.set("CSeq", std::to_string(*cseq));
  stream_->write(rtsp::serialize(response));
  closing_ = true;
  stream_->finish(closing_time);
}

std::optional<Connection::Channels> Connection::claim_channels(std::optional<Channels> asked,
                                                               std::optional<Channels> before,
                                                               Carried& session) {
  const auto is_free = [&](std::uint8_t channel) {
    return !channels_[channel] || (before && (channel == before->rtp || channel == before->rtcp));
  };
  if (!asked || asked->rtp == asked->rtcp || !is_free(asked->rtp) || !is_free(asked->rtcp)) asked = before;
  for (unsigned i = 0; i < channels_.size() && !asked; i += 2) {
    const Channels pair{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i + 1)};
    if (is_free(pair.rtp) && is_free(pair.rtcp)) asked = pair;
  }
  if (!asked) return std::nullopt;
  if (before) channels_[before->rtp] = channels_[before->rtcp] = nullptr;
  channels_[asked->rtp] = channels_[asked->rtcp] = &session;
  find_carried();
  return asked;
}

void Connection::release_channel(std::uint8_t channel) {
  channels_[channel] = nullptr;
  find_carried();
}

void Connection::forget(const Carried& session) {
  for (Carried*& channel : channels_)
    if (channel == &session) channel = nullptr;
  find_carried();
}

void Connection::find_carried() {
  carried_.clear();
  for (Carried* session : channels_)
    if (session && std::ranges::find(carried_, session) == carried_.end()) carried_.push_back(session);
}

void Connection::drained() {
  // A session may end while it is told: from the end on, so that none is passed over.
  for (std::size_t i = carried_.size(); i-- > 0;)
    if (i < carried_.size()) carried_[i]->delivery_ready();
  process();
}

void Connection::closed(CloseReason, int error) {
  if (error != 0) spdlog::debug("{}: connection ended: {}", peer_.to_string(), std::strerror(error));
  drop();
}

void Connection::drop() {
  closing_ = gone_ = true;
  owner_.connection_closed(*this);
}

void Connection::time_out() {
  awaited_since_us_.reset();
  if (!closing_)
    refuse_and_close(rtsp::StatusCode::request_timeout, std::nullopt, "a request took too long to arrive");
}

std::shared_ptr<Connection> open_connection(const Exchange& exchange) {
  auto connection = exchange.connection.lock();
  return connection && !connection->gone() ? connection : nullptr;
}

}  // namespace lectern::server
