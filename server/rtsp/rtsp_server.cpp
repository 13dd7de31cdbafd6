#include "server/rtsp/rtsp_server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <exception>
#include <future>
#include <utility>

#include "server/rtsp/server_certificate.h"

namespace lectern::server {
namespace {

/// Files are read by a few threads: more than one, so that one slow disk holds up only its own viewers.
constexpr unsigned reading_threads = 4;
constexpr std::chrono::milliseconds refresh_period{2000};
constexpr std::chrono::milliseconds retiring_period{500};

media::LibraryOptions library_options(const Config& config, media::Log log) {
  media::LibraryOptions options;
  options.cache_bytes = config.cache;
  options.max_payload = config.packet_size;
  options.threads = reading_threads;
  options.log = std::move(log);
  return options;
}

}  // namespace

RtspServer::RtspServer(EventLoop& accepting, const Config& config, media::Log log)
    : accepting_(accepting),
      context_(config, library_options(config, std::move(log))),
      heap_(accepting, [this] { return context_.connections.changes(); }),
      retiring_(accepting, [this] { sweep_retired(); }) {}

Result<std::unique_ptr<RtspServer>> RtspServer::start(EventLoop& accepting, const Config& config,
                                                      media::Log log) {
  std::unique_ptr<RtspServer> server(new RtspServer(accepting, config, std::move(log)));
  if (auto status = server->listen(accepting); !status) return std::move(status).error();
  if (auto status = server->listen_tls(accepting); !status) return std::move(status).error();
  const auto local = server->local() ? server->local() : server->tls_local();
  if (!local) return invalid("neither RTSP nor RTSPS is served: set listen or tls_listen");
  if (auto status = server->start_loops(*local); !status) return std::move(status).error();
  return server;
}

Status RtspServer::listen(EventLoop& accepting) {
  if (config().listen == listen_off) return {};
  const auto local = Endpoint::parse(config().listen);
  if (!local) return local.error();
  auto listener = TcpListener::listen(
      accepting, *local,
      [this](FileDescriptor descriptor, const Endpoint& peer) { accepted(std::move(descriptor), peer); });
  if (!listener) return std::move(listener).error();
  listener_ = *std::move(listener);
  return {};
}

Status RtspServer::listen_tls(EventLoop& accepting) {
  const Config& config = this->config();
  const std::string address = tls_address(config);
  if (address == listen_off) return {};
  const auto local = Endpoint::parse(address);
  if (!local) return local.error();
  auto listener = TcpListener::listen(
      accepting, *local,
      [this](FileDescriptor descriptor, const Endpoint& peer) { accepted_tls(std::move(descriptor), peer); });
  if (!listener) {
    if (config.tls_listen || !listener_) return std::move(listener).error();
    spdlog::warn("no RTSPS: {}; set tls_listen to another address, or to off", listener.error().message);
    return {};
  }
  auto certificate = server_certificate(config);
  if (!certificate) return std::move(certificate).error();
  certificate_ = *std::move(certificate);
  refreshing_ = std::make_unique<Timer>(accepting, [this] { refresh_certificate(); });
  refreshing_->start_every(refresh_period);
  tls_listener_ = *std::move(listener);
  return {};
}

std::optional<Endpoint> RtspServer::local_of(const TcpListener* listener) {
  return listener ? std::optional(listener->local()) : std::nullopt;
}

std::string RtspServer::tls_fingerprint() const {
  return certificate_ ? fingerprint(*certificate_->context()) : std::string();
}

void RtspServer::refresh_certificate() {
  const auto refreshed = certificate_->refresh();
  if (!refreshed) return;
  if (*refreshed)
    spdlog::info("the certificate of RTSPS has changed: new connections meet the one with SHA-256 {}",
                 tls_fingerprint());
  else
    spdlog::error("the changed certificate of RTSPS is refused, the one before stays: {}",
                  refreshed->error().message);
}

Status RtspServer::start_loops(const Endpoint& local) {
  const unsigned count = loop_count(config());
  try {
    for (unsigned i = 0; i < count; ++i) {
      workers_.push_back(std::make_unique<Worker>("lectern-" + std::to_string(i)));
      loops_.push_back(std::make_unique<RtspLoop>(context_, *workers_.back(), i, local));
      context_.loops.push_back(loops_.back().get());
    }
    for (const auto& worker : workers_) worker->start();
  } catch (const std::exception& error) {
    return Error{Errc::io, fmt::format("cannot start {} loops, of which each needs a pair of UDP ports: {}",
                                       count, error.what())};
  }
  return {};
}

RtspServer::~RtspServer() {
  listener_.reset();
  tls_listener_.reset();
  refreshing_.reset();
  // All loops let go of their connections before the first one ends, as requests travel between them.
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    std::promise<void> closed;
    if (workers_[i]->running() && workers_[i]->loop().post([&] {
          loops_[i]->close();
          closed.set_value();
        }))
      closed.get_future().wait();
  }
  for (std::size_t i = 0; i < loops_.size(); ++i) workers_[i]->stop([this, i] { loops_[i].reset(); });
  loops_.clear();  // those whose thread never ran
  // Who waits for an answer holds the configuration that is to give it.
  for (const auto& each : retired_) each->access->close();
  context_.served->access->close();
}

Result<ConfigChanges> RtspServer::reload(const Config& wanted) {
  const auto changes = compare(config(), wanted);
  if (const Status status = replace(applicable(wanted, config())); !status) return status.error();
  if (certificate_) refresh_certificate();
  return changes;
}

Status RtspServer::replace(const Config& config) {
  const Config& before = this->config();
  const bool other_files =
      config.tls_certificate != before.tls_certificate || config.tls_key != before.tls_key;
  std::optional<TlsCertificate> certificate;
  if (certificate_ && other_files) {
    auto loaded = server_certificate(config);
    if (!loaded) return std::move(loaded).error();
    certificate = *std::move(loaded);
  }
  std::shared_ptr<Served> next;
  try {
    next = std::make_shared<Served>(config, *context_.served, context_.log);
  } catch (const std::exception& error) {
    return invalid(error.what());
  }
  if (certificate) {
    certificate_ = std::move(certificate);
    spdlog::info("new connections meet the certificate of RTSPS with SHA-256 {}", tls_fingerprint());
  }
  context_.limit(config);
  retire(std::exchange(context_.served, std::move(next)));
  return {};
}

/// Each loop lets go of what it serves no more, and only then its sources stop: viewers are told why.
void RtspServer::retire(std::shared_ptr<Served> before) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(loops_.size());
  for (const auto& loop : loops_)
    loop->poster()([this, &loop = *loop, left, next = std::shared_ptr<const Served>(context_.served),
                    weak = std::weak_ptr(before)] {
      loop.serve(next);
      if (--*left > 0) return;
      accepting_.post([weak] {
        if (const auto ended = weak.lock()) ended->live.close();
      });
    });
  retired_.push_back(std::move(before));
  if (!retiring_.active()) retiring_.start_every(retiring_period);
}

void RtspServer::sweep_retired() {
  std::erase_if(retired_, [](const auto& each) { return each.use_count() == 1 && each->live.at_rest(); });
  if (retired_.empty()) retiring_.stop();
}

bool RtspServer::admits(const Endpoint& peer, bool secure) {
  if (context_.served->access->admits(peer, secure)) return true;
  not_admitted_.log(std::chrono::steady_clock::now(), "{}: refused, as {} says", peer.to_string(),
                    secure ? "tls_allow or tls_deny" : "allow or deny");
  return false;
}

bool RtspServer::count_in(const Endpoint& peer) {
  if (context_.connections.add(peer)) return true;
  refused_.log(std::chrono::steady_clock::now(), "{}: refused, as there are too many connections",
               peer.to_string());
  return false;
}

void RtspServer::accepted(FileDescriptor descriptor, const Endpoint& peer) {
  if (!admits(peer, false) || !count_in(peer)) return;
  hand_over(std::move(descriptor), peer, std::nullopt);
}

void RtspServer::accepted_tls(FileDescriptor descriptor, const Endpoint& peer) {
  if (!admits(peer, true)) return;
  auto slot = context_.tls_handshakes.begin(peer);
  if (!slot) {
    busy_.log(std::chrono::steady_clock::now(),
              "{}: refused, as there are too many TLS handshakes at once (max_tls_handshakes)",
              peer.to_string());
    return;
  }
  if (!count_in(peer)) return;
  hand_over(std::move(descriptor), peer, RtspLoop::Tls{certificate_->context(), std::move(slot)});
}

void RtspServer::hand_over(FileDescriptor descriptor, const Endpoint& peer,
                           std::optional<RtspLoop::Tls> tls) {
  Worker& worker = least_busy(workers_);
  RtspLoop* loop = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (workers_[i].get() == &worker) loop = loops_[i].get();
  // Counted here: the next one of a burst comes before the loop has seen this one.
  worker.add_load(1);
  try {
    auto shared = std::make_shared<FileDescriptor>(std::move(descriptor));
    loop->poster()(
        [loop, shared, peer, tls = std::move(tls)] { loop->accept(std::move(*shared), peer, tls); });
  } catch (const std::exception& error) {
    worker.add_load(-1);
    context_.connections.remove(peer);
    refused_.log(std::chrono::steady_clock::now(), "{}: refused: {}", peer.to_string(), error.what());
  }
}

}  // namespace lectern::server
