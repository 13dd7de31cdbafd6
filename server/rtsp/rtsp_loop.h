#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/log/rate_limited.h"
#include "server/loop/delayed_tasks.h"
#include "server/loop/pacer.h"
#include "server/loop/timer.h"
#include "server/loop/worker.h"
#include "server/multicast/senders.h"
#include "server/net/tls_context.h"
#include "server/net/tls_stream.h"
#include "server/rtsp/connection.h"
#include "server/rtsp/publish/publishers.h"
#include "server/rtsp/server_context.h"
#include "server/rtsp/session.h"
#include "server/rtsp/udp_transport.h"

namespace lectern::server {

/// Everything RTSP on one loop: its connections, its sessions, its pacer and its UDP ports.
class RtspLoop final : public ReaderHost {
 public:
  /// `worker` outlives it; destroyed on the worker's loop. Throws std::runtime_error where no UDP ports are
  /// free.
  RtspLoop(ServerContext& context, Worker& worker, std::size_t index, const Endpoint& listen);
  ~RtspLoop() override;
  RtspLoop(const RtspLoop&) = delete;
  RtspLoop& operator=(const RtspLoop&) = delete;

  EventLoop& loop() { return worker_.loop(); }
  /// Runs `task` on the loop, from any thread, unless this object has ended by then.
  [[nodiscard]] Post poster() override;
  std::shared_ptr<media::LiveFeed> feed_of(const std::shared_ptr<media::Live>& live) override;
  Pacer& pacer() { return pacer_; }
  ServerContext& context() { return context_; }
  /// The configuration that is served on this loop.
  [[nodiscard]] const std::shared_ptr<const Served>& served() const { return served_; }
  [[nodiscard]] const Config& config() const { return served_->config; }
  /// Goes on with another configuration. Sessions whose media it changes or no longer serves are ended, as
  /// are those that it does not permit; all others notice nothing.
  void serve(std::shared_ptr<const Served> next);
  UdpTransport& udp() { return *udp_; }
  MulticastSenders& multicast() { return multicast_; }
  Publishers& publishers() { return publishers_; }
  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] Worker& worker() const { return worker_; }
  /// One name for all streams, so that players know what belongs together (RFC 3550 section 6.5.1).
  [[nodiscard]] const std::string& cname() const { return cname_; }

  /// What a connection on the port for RTSPS begins with.
  struct Tls {
    SslContext context;
    std::shared_ptr<TlsHandshakes::Slot> slot;
  };
  /// A connection that was counted already, in the limits and as load of the worker.
  void accept(FileDescriptor descriptor, const Endpoint& peer, std::optional<Tls> tls);
  /// The same for a stream that is there; `secure`: it is one in TLS.
  void accept(std::unique_ptr<Stream> stream, bool secure);
  void connection_closed(Connection& connection);

  /// A new session of `user`, who is empty where nobody has logged in. Errc::busy where a limit is reached.
  Result<std::shared_ptr<Session>> add_session(std::shared_ptr<const Presentation> presentation,
                                               std::string media_path, const SrtpPolicy& srtp,
                                               const Endpoint& peer, std::string client,
                                               const std::string& user = {});
  [[nodiscard]] std::shared_ptr<Session> find_session(const std::string& id) const;
  void end_session(const std::string& id);
  /// Tells every player, and closes everything.
  void close();

  /// Once, on the loop; dropped where it closes before.
  void run_after(std::chrono::milliseconds delay, std::function<void()> task) {
    delayed_.run_after(delay, std::move(task));
  }

  void log_bad_rtcp(const Endpoint& from, const std::string& why);
  void log_foreign_channel(const Endpoint& from, unsigned channel);
  /// A limit of the configuration was reached.
  void log_limited(const Endpoint& from, const std::string& why);
  /// A viewer of live media is too slow.
  void log_lag(const Endpoint& viewer, const std::string& path, const std::string& what);
  void log_refused(const Endpoint& from, const std::string& why);
  /// Of HTTP, which only tunnels are made of here.
  void log_http(const Endpoint& from, const std::string& what);
  void log_no_tls(const Endpoint& from, TlsFailure failure, const std::string& why);
  void log_not_described(const Endpoint& to, const std::string& path, const std::string& why);
  void log_login_failed(const Endpoint& from, const std::string& path, std::string_view why);
  void log_not_played(const Endpoint& to, const std::string& path, const std::string& why);

 private:
  std::unique_ptr<Stream> make_stream(FileDescriptor descriptor, const Endpoint& peer,
                                      std::optional<Tls> tls);
  void refuse_who_may_not();
  [[nodiscard]] media::LiveInbox::PostLater later_poster();
  void forget_closed_connections();
  void sweep();
  void close_forsaken_connections();
  void go_on_with_left_over_connections();
  void end_silent_sessions(std::int64_t now_us);
  void close_silent_connections(std::int64_t now_us);
  void warn_of_losses();

  ServerContext& context_;
  std::shared_ptr<const Served> served_;
  Worker& worker_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::size_t index_;
  const std::string cname_;
  Pacer pacer_;
  std::unique_ptr<UdpTransport> udp_;
  MulticastSenders multicast_{*this};
  Timer sweeper_;
  std::shared_ptr<TlsTurns> tls_turns_ = std::make_shared<TlsTurns>(loop());
  DelayedTasks delayed_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> closed_;  ///< until the end of the turn
  std::unordered_map<std::string, std::shared_ptr<Session>> sessions_;
  Publishers publishers_{*this};
  std::unordered_map<const media::Live*, std::weak_ptr<media::LiveFeed>> feeds_;
  RateLimited bad_rtcp_{LogLevel::info}, foreign_channel_{LogLevel::info}, refused_{LogLevel::info},
      http_{LogLevel::info}, limited_{LogLevel::info}, lag_{LogLevel::info}, not_described_{LogLevel::info},
      login_failed_{LogLevel::warning}, not_played_{LogLevel::warning}, dropped_{LogLevel::warning},
      failed_{LogLevel::warning}, one_by_one_{LogLevel::info};
  std::array<RateLimited, tls_failures> no_tls_{RateLimited(LogLevel::info), RateLimited(LogLevel::info),
                                                RateLimited(LogLevel::info), RateLimited(LogLevel::info)};
  DatagramCounters told_;  ///< what the last warnings were of
};

}  // namespace lectern::server
