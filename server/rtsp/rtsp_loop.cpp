#include "server/rtsp/rtsp_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/rtsp/percent.h"
#include "server/log/escape.h"
#include "server/loop/guard.h"
#include "server/net/tcp_stream.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

constexpr std::chrono::milliseconds sweep_period{500};
/// Who takes nothing for so long has paused without a word, as mpv does, and may do so for long.
constexpr std::int64_t silent_pause_us = 2'000'000;

/// Hundreds of viewers have thousands of due times a second. Woken for each, a loop would spend most of its
/// time on waking; in steps, their frames leave together, and nobody notices 2 ms.
constexpr std::int64_t pacer_slack_us = 500, pacer_step_us = 2'000;

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

constexpr std::string_view not_permitted = "it is not permitted any more";

/// Why the media of this number is not served by another configuration; empty where it is.
std::string_view why_not_served(std::uint64_t root, const Served& before, const Served& now) {
  if (now.serves(root)) return {};
  const auto name = before.name_of(root);
  return name && now.has_name(*name) ? "its path was changed" : "its path was removed";
}

std::string_view why_ended(const Publisher& publisher, const Served& before, const Served& now) {
  const PublishOrder& order = publisher.order();
  if (const auto why = why_not_served(order.root, before, now); !why.empty()) return why;
  const bool permitted =
      now.access->still_permits(order.grant, order.peer, order.url.path, {}, Action::publish) &&
      now.access->keeps_login(order.grant, *before.access);
  return permitted ? "" : not_permitted;
}

/// Why a session does not go on with another configuration; empty where it does.
std::string_view why_ended(const Session& session, const Served& before, const Served& now) {
  if (const auto why = why_not_served(session.root(), before, now); !why.empty()) return why;
  const auto path = rtsp::percent_decode(session.media_path());
  std::vector<std::string> tracks;
  for (const auto& track : session.tracks())
    tracks.push_back(session.presentation().tracks()[track->index()].control);
  const bool permitted = path && now.access->still_permits(session.grant(), session.peer(), *path, tracks) &&
                         now.access->keeps_login(session.grant(), *before.access);
  return permitted ? "" : not_permitted;
}

std::int64_t in_us(std::chrono::microseconds time) {
  return time.count();
}

}  // namespace

RtspLoop::RtspLoop(ServerContext& context, Worker& worker, std::size_t index, const Endpoint& listen)
    : context_(context),
      served_(context.served),
      worker_(worker),
      index_(index),
      cname_("lectern-" + random_session_id().substr(0, 12)),
      pacer_(worker.loop(), pacer_slack_us, pacer_step_us),
      sweeper_(worker.loop(), [this] { sweep(); }),
      delayed_(worker.loop()) {
  auto udp = UdpTransport::open(worker.loop(), listen.with_port(0), config().udp_ports.value_or(PortRange{}));
  if (!udp) throw std::runtime_error(udp.error().message);
  udp_ = *std::move(udp);
  sweeper_.start_every(sweep_period);
}

RtspLoop::~RtspLoop() {
  close();
}

RtspLoop::Post RtspLoop::poster() {
  return [&loop = loop(), alive = std::weak_ptr(alive_)](std::function<void()> task) {
    loop.post([alive, task = std::move(task)] {
      // Ends only on the loop itself, so it stays while the task runs.
      if (!alive.expired()) task();
    });
  };
}

media::LiveInbox::PostLater RtspLoop::later_poster() {
  return [this, post = poster()](media::MediaTime delay, std::function<void()> task) {
    post([this, delay, task = std::move(task)] {
      delayed_.run_after(std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(delay)),
                         task);
    });
  };
}

std::unique_ptr<Stream> RtspLoop::make_stream(FileDescriptor descriptor, const Endpoint& peer,
                                              std::optional<Tls> tls) {
  TcpStream::Options of_tcp;
  // By it the connection is counted out again.
  of_tcp.peer = peer;
  auto tcp = std::make_unique<TcpStream>(loop(), std::move(descriptor), of_tcp);
  if (!tls) return tcp;
  TlsStream::Options options;
  options.handshake_timeout = config().tls_handshake_timeout;
  options.slot = std::move(tls->slot);
  options.turns = tls_turns_;
  options.failed = [this, peer](TlsFailure failure, const std::string& why) {
    log_no_tls(peer, failure, why);
  };
  return std::make_unique<TlsStream>(loop(), std::move(tcp), *tls->context, std::move(options));
}

std::shared_ptr<media::LiveFeed> RtspLoop::feed_of(const std::shared_ptr<media::Live>& live) {
  std::weak_ptr<media::LiveFeed>& known = feeds_[live.get()];
  auto feed = known.lock();
  if (!feed) known = feed = media::LiveFeed::attach(live, poster(), later_poster());
  return feed;
}

void RtspLoop::accept(FileDescriptor descriptor, const Endpoint& peer, std::optional<Tls> tls) {
  const bool secure = tls.has_value();
  try {
    accept(make_stream(std::move(descriptor), peer, std::move(tls)), secure);
  } catch (const std::exception& error) {
    worker_.add_load(-1);
    context_.connections.remove(peer);
    log_refused(peer, error.what());
  }
}

void RtspLoop::accept(std::unique_ptr<Stream> stream, bool secure) {
  const auto connection = std::make_shared<Connection>(*this, std::move(stream), secure);
  // So that closing one needs no memory.
  closed_.reserve(closed_.size() + connections_.size() + 1);
  connections_.emplace(connection.get(), connection);
  // Counted from here on by connection_closed(); one that cannot start is closed as one that says nothing.
  guarded("a connection", [&] { connection->start(); });
}

void RtspLoop::connection_closed(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  // The stream is in the middle of telling us: it goes at the end of the turn.
  closed_.push_back(std::move(found->second));
  connections_.erase(found);
  worker_.add_load(-1);
  context_.connections.remove(connection.peer());
  // A session over TCP ends with its connection (RFC 2326 section 10.12).
  const auto is_carried = [&](const auto& each) { return each.second->carrier() == &connection; };
  for (auto each = std::ranges::find_if(sessions_, is_carried); each != sessions_.end();
       each = std::ranges::find_if(sessions_, is_carried)) {
    const auto session = each->second;
    guarded("a session", [&] { end_session(session->id()); });
  }
  publishers_.connection_closed(connection);
  guarded("a connection", [this] {
    loop().defer([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) forget_closed_connections();
    });
  });
}

void RtspLoop::forget_closed_connections() {
  // One by one, for the room that stays reserved.
  while (!closed_.empty()) {
    const auto last = std::move(closed_.back());
    closed_.pop_back();
  }
}

Result<std::shared_ptr<Session>> RtspLoop::add_session(std::shared_ptr<const Presentation> presentation,
                                                       std::string media_path, const SrtpPolicy& srtp,
                                                       const Endpoint& peer, std::string client,
                                                       const std::string& user) {
  std::string id = random_session_id();
  if (auto status = context_.sessions.add(id, index_, peer, user); !status) return std::move(status).error();
  std::shared_ptr<Session> session;
  try {
    session = std::make_shared<Session>(*this, id, std::move(presentation), std::move(media_path), srtp, peer,
                                        std::move(client));
    session->set_user(user);
    session->set_timeout(config().session_timeout);
    sessions_.emplace(id, session);
  } catch (...) {
    context_.sessions.remove(id);
    throw;
  }
  worker_.add_load(1);
  return session;
}

std::shared_ptr<Session> RtspLoop::find_session(const std::string& id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void RtspLoop::end_session(const std::string& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto session = found->second;
  sessions_.erase(found);
  // What others count on goes first.
  context_.sessions.remove(session->id());
  worker_.add_load(-1);
  if (session->carrier()) session->carrier()->forget(*session);
  session->end();
}

void RtspLoop::serve(std::shared_ptr<const Served> next) {
  const auto before = std::exchange(served_, std::move(next));
  std::erase_if(feeds_, [](const auto& each) { return each.second.expired(); });
  std::vector<std::pair<std::shared_ptr<Session>, std::string_view>> ended;
  for (const auto& [id, session] : sessions_)
    if (const auto why = why_ended(*session, *before, *served_); !why.empty())
      ended.emplace_back(session, why);
  for (const auto& [session, why] : ended) {
    spdlog::info("{}: its session for {} ends: {}", session->peer().to_string(),
                 escape(session->media_path()), why);
    guarded("reload", [&session = session, why = why] { session->say_bye(why); });
    end_session(session->id());
  }
  publishers_.keep_those([&](const Publisher& publisher) { return why_ended(publisher, *before, *served_); });
  refuse_who_may_not();
}

void RtspLoop::refuse_who_may_not() {
  std::vector<std::shared_ptr<Connection>> refused;
  for (const auto& [key, connection] : connections_)
    if (!served_->access->admits(connection->peer(), connection->secure())) refused.push_back(connection);
  for (const auto& connection : refused) {
    spdlog::info("{}: closed, as its address may not connect any more", connection->peer().to_string());
    connection->drop();
  }
}

/// Needs no memory, which is what there was none of.
void RtspLoop::close_forsaken_connections() {
  const auto is_forsaken = [](const auto& each) { return each.second->forsaken(); };
  for (auto each = std::ranges::find_if(connections_, is_forsaken); each != connections_.end();
       each = std::ranges::find_if(connections_, is_forsaken)) {
    const auto connection = each->second;
    guarded("a connection", [&] { connection->drop(); });
  }
}

void RtspLoop::go_on_with_left_over_connections() {
  const auto is_left_over = [](const auto& each) { return each.second->left_over(); };
  for (auto each = std::ranges::find_if(connections_, is_left_over); each != connections_.end();
       each = std::ranges::find_if(connections_, is_left_over)) {
    const auto connection = each->second;
    connection->process();
  }
}

void RtspLoop::sweep() {
  forget_closed_connections();  // where there was no memory to do it at the end of its turn
  close_forsaken_connections();
  go_on_with_left_over_connections();
  end_silent_sessions(EventLoop::now_us());
  publishers_.sweep(EventLoop::now_us());
  close_silent_connections(EventLoop::now_us());
  warn_of_losses();
}

void RtspLoop::end_silent_sessions(std::int64_t now_us) {
  std::vector<std::pair<std::shared_ptr<Session>, std::chrono::seconds>> silent;
  for (const auto& [id, session] : sessions_) {
    const Connection* carrier = session->carrier();
    // Who takes media over TCP shows itself by that.
    if (carrier && session->state() == rtsp::State::playing && !session->stalled()) continue;
    std::int64_t heard_us = session->last_heard_us();
    if (carrier) heard_us = std::max(heard_us, carrier->last_request_us());
    if (session->stalled() && now_us - heard_us > silent_pause_us) session->rest();
    // A player that pauses over TCP says no word: its connection shows that it is there.
    const auto timeout = carrier && session->has_played() ? config().pause_timeout : session->timeout();
    if (now_us - heard_us > in_us(timeout)) silent.emplace_back(session, timeout);
  }
  for (const auto& [session, timeout] : silent) {
    spdlog::info("{} was silent for {} s: its session for {} is freed", session->peer().to_string(),
                 timeout.count(), escape(session->media_path()));
    session->say_bye("timeout");
    Connection* carrier = session->carrier();
    end_session(session->id());
    if (carrier) carrier->drop();
  }
}

void RtspLoop::close_silent_connections(std::int64_t now_us) {
  const std::int64_t request_us = in_us(config().request_timeout);
  const std::int64_t idle_us = in_us(config().idle_timeout);
  std::vector<std::shared_ptr<Connection>> late, idle;
  for (const auto& [key, connection] : connections_) {
    if (connection->carries() || connection->feeds_tunnel()) continue;
    const auto awaited = connection->awaited_since_us();
    if (awaited && now_us - *awaited > request_us) late.push_back(connection);
    // A UDP viewer that shows itself by RTCP comes back to its connection to pause.
    else if (now_us - connection->last_request_us() > idle_us &&
             !context_.sessions.loop_of(connection->session()))
      idle.push_back(connection);
  }
  for (const auto& connection : late) connection->time_out();
  for (const auto& connection : idle) connection->drop();
}

void RtspLoop::warn_of_losses() {
  const DatagramCounters &rtp = udp_->rtp().counters(), &rtcp = udp_->rtcp().counters();
  DatagramCounters sum;
  sum.drops = rtp.drops + rtcp.drops;
  sum.errors = rtp.errors + rtcp.errors;
  sum.refused_trains = rtp.refused_trains + rtcp.refused_trains;
  if (sum.drops > told_.drops)
    dropped_.log(now(), "UDP packets dropped, as the network takes less than is played: {} since the start",
                 sum.drops);
  if (sum.errors > told_.errors)
    failed_.log(now(), "UDP packets dropped, as the system refused them: {} since the start", sum.errors);
  if (sum.refused_trains > told_.refused_trains)
    one_by_one_.log(
        now(),
        "trains of UDP packets that left one by one, as an interface does not segment them or the "
        "path's MTU is small: {} since the start",
        sum.refused_trains);
  told_ = sum;
}

void RtspLoop::close() {
  for (const auto& [id, session] : sessions_)
    guarded("a session", [&session = session] { session->say_bye("the server stops"); });
  while (!sessions_.empty()) {
    const auto session = sessions_.begin()->second;
    guarded("a session", [&] { end_session(session->id()); });
  }
  multicast_.close();
  publishers_.close();
  if (udp_) {
    udp_->rtp().flush();
    udp_->rtcp().flush();
  }
  connections_.clear();
  forget_closed_connections();
}

void RtspLoop::log_bad_rtcp(const Endpoint& from, const std::string& why) {
  bad_rtcp_.log(now(), "{}: dropped an RTCP packet: {}", from.to_string(), why);
}

void RtspLoop::log_foreign_channel(const Endpoint& from, unsigned channel) {
  foreign_channel_.log(now(), "{}: dropped data on interleaved channel {}, which no track has",
                       from.to_string(), channel);
}

void RtspLoop::log_limited(const Endpoint& from, const std::string& why) {
  limited_.log(now(), "{}: {}", from.to_string(), why);
}

void RtspLoop::log_lag(const Endpoint& viewer, const std::string& path, const std::string& what) {
  lag_.log(now(), "{} does not take {} as fast as it comes: {}", viewer.to_string(), escape(path), what);
}

void RtspLoop::log_refused(const Endpoint& from, const std::string& why) {
  refused_.log(now(), "{}: refused and closed: {}", from.to_string(), escape(why));
}

void RtspLoop::log_http(const Endpoint& from, const std::string& what) {
  http_.log(now(), "{}: HTTP: {}", from.to_string(), escape(what));
}

void RtspLoop::log_no_tls(const Endpoint& from, TlsFailure failure, const std::string& why) {
  no_tls_[static_cast<std::size_t>(failure)].log(now(), "{}: {}: {}", from.to_string(),
                                                 failure == TlsFailure::broken ? "TLS breaks off" : "no TLS",
                                                 why);
}

void RtspLoop::log_not_described(const Endpoint& to, const std::string& path, const std::string& why) {
  not_described_.log(now(), "{}: DESCRIBE {}: {}", to.to_string(), escape(path), escape(why));
}

void RtspLoop::log_login_failed(const Endpoint& from, const std::string& path, std::string_view why) {
  login_failed_.log(now(), "{}: not let in to {}: {}", from.to_string(), escape(path), why);
}

void RtspLoop::log_not_played(const Endpoint& to, const std::string& path, const std::string& why) {
  not_played_.log(now(), "{}: PLAY {}: {}", to.to_string(), escape(path), escape(why));
}

}  // namespace lectern::server
