#include "server/rtsp/rtsp_server.h"

#include <fmt/format.h>

#include <exception>
#include <future>

namespace lectern::server {
namespace {

/// Files are read by a few threads: more than one, so that one slow disk holds up only its own viewers.
constexpr unsigned reading_threads = 4;

media::LibraryOptions library_options(const Config& config, media::Log log) {
  media::LibraryOptions options;
  options.cache_bytes = config.cache;
  options.max_payload = config.packet_size;
  options.threads = reading_threads;
  options.log = std::move(log);
  return options;
}

}  // namespace

RtspServer::RtspServer(const Config& config, media::Log log)
    : context_(config, library_options(config, std::move(log))) {}

Result<std::unique_ptr<RtspServer>> RtspServer::start(EventLoop& accepting, const Config& config,
                                                      media::Log log) {
  const auto local = Endpoint::parse(config.listen);
  if (!local) return local.error();
  std::unique_ptr<RtspServer> server(new RtspServer(config, std::move(log)));
  auto listener = TcpListener::listen(accepting, *local,
                                      [raw = server.get()](FileDescriptor descriptor, const Endpoint& peer) {
                                        raw->accepted(std::move(descriptor), peer);
                                      });
  if (!listener) return std::move(listener).error();
  if (auto status = server->start_loops((*listener)->local()); !status) return std::move(status).error();
  server->listener_ = *std::move(listener);
  return server;
}

Status RtspServer::start_loops(const Endpoint& local) {
  const unsigned count = loop_count(context_.config);
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
}

void RtspServer::accepted(FileDescriptor descriptor, const Endpoint& peer) {
  if (!context_.access.admits(peer, false)) {
    not_admitted_.log(std::chrono::steady_clock::now(), "{}: refused, as allow and deny say",
                      peer.to_string());
    return;
  }
  if (!context_.connections.add(peer)) {
    refused_.log(std::chrono::steady_clock::now(), "{}: refused, as there are too many connections",
                 peer.to_string());
    return;
  }
  Worker& worker = least_busy(workers_);
  RtspLoop* loop = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (workers_[i].get() == &worker) loop = loops_[i].get();
  // Counted here: the next one of a burst comes before the loop has seen this one.
  worker.add_load(1);
  auto shared = std::make_shared<FileDescriptor>(std::move(descriptor));
  loop->poster()([loop, shared, peer] { loop->accept(std::move(*shared), peer); });
}

}  // namespace lectern::server
