#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "server/rtsp/rtsp_server.h"
#include "tests/support/rtsp_client.h"
#include "tests/support/sample_media.h"

namespace lectern::test {

/// A server of the sample media in this process, so that the sanitizer watches it.
class RunningServer {
 public:
  explicit RunningServer(unsigned loops = 1, server::Config config = {}) {
    if (config.listen == server::Config().listen) config.listen = "127.0.0.1:0";
    if (!config.tls_listen) config.tls_listen = server::listen_off;
    config.loops = loops;
    if (config.roots.empty()) config.roots = {{"", SampleMedia::get().root()}};
    server_ =
        server::RtspServer::start(accepting_, config, [](media::Severity, const std::string&) {}).value();
    port_ = server_->local()->port();
    thread_ = std::thread([this] { accepting_.run(); });
  }
  ~RunningServer() {
    accepting_.stop();
    thread_.join();
    server_.reset();
    accepting_.close();
  }

  /// Requests that come from now on are answered by it.
  void reload(const server::Config& wanted) {
    std::promise<bool> done;
    accepting_.post([&] { done.set_value(server_->reload(wanted).ok()); });
    if (!done.get_future().get()) throw std::runtime_error("the configuration is refused");
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] RtspClient connect(const std::string& host = "127.0.0.1") const { return {host, port_}; }
  [[nodiscard]] std::string url(std::string_view path) const {
    return "rtsp://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

 private:
  server::EventLoop accepting_;
  std::unique_ptr<server::RtspServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace lectern::test
