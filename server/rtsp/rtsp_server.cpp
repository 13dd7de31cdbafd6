#include "server/rtsp/rtsp_server.h"

#include <future>
#include <thread>

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
  const unsigned count = config.loops > 0 ? config.loops : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) {
    server->workers_.push_back(std::make_unique<Worker>("lectern-" + std::to_string(i)));
    server->loops_.push_back(
        std::make_unique<RtspLoop>(server->context_, *server->workers_.back(), i, *local));
    server->context_.loops.push_back(server->loops_.back().get());
  }
  for (const auto& worker : server->workers_) worker->start();
  server->listener_ = *std::move(listener);
  return server;
}

RtspServer::~RtspServer() {
  listener_.reset();
  // All loops let go of their connections before the first one ends, as requests travel between them.
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    std::promise<void> closed;
    if (workers_[i]->loop().post([&] {
          loops_[i]->close();
          closed.set_value();
        }))
      closed.get_future().wait();
  }
  for (std::size_t i = 0; i < loops_.size(); ++i) workers_[i]->stop([this, i] { loops_[i].reset(); });
}

void RtspServer::accepted(FileDescriptor descriptor, const Endpoint& peer) {
  if (!context_.connections.add(peer)) {
    refused_.log(std::chrono::steady_clock::now(), "{}: refused, as there are too many connections",
                 peer.to_string());
    return;
  }
  Worker& worker = least_busy(workers_);
  RtspLoop* loop = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (workers_[i].get() == &worker) loop = loops_[i].get();
  auto shared = std::make_shared<FileDescriptor>(std::move(descriptor));
  loop->poster()([loop, shared, peer] { loop->accept(std::move(*shared), peer); });
}

}  // namespace lectern::server
