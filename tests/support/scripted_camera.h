#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace lectern::test {

/// One connection to a ScriptedCamera, whose other end reads what it is told.
class CameraConnection {
 public:
  CameraConnection(Socket socket, const std::atomic<bool>& stopping)
      : socket_(std::move(socket)), stopping_(stopping) {}

  /// The next request, head alone; empty where there is none any more.
  std::string request();
  /// False where nobody takes it any more.
  bool send(std::string_view bytes);
  /// An answer to `request`; `headers` end with CRLF each.
  bool answer(const std::string& request, const std::string& status, const std::string& headers = "",
              const std::string& body = "");
  /// An RTP packet on the interleaved channel 2 * track. RFC 2326 10.12, RFC 3550 5.1.
  bool send_rtp(unsigned track, std::uint8_t payload_type, std::uint32_t timestamp, bool marker,
                std::string_view payload);
  /// False where the camera is switched off, or nobody listens any more.
  bool wait(milliseconds time);
  [[nodiscard]] bool stopping() const { return stopping_; }

  /// Answers OPTIONS, DESCRIBE with `sdp`, SETUP and PLAY, as far as they come: true once it plays. `asked`
  /// was read already.
  bool serve_until_play(const std::string& sdp, std::string asked);

 private:
  Socket socket_;
  const std::atomic<bool>& stopping_;
  std::string received_;
  std::map<unsigned, std::uint16_t> sequence_;
};

/// An RTSP server over TCP, of which a test says what it does with each connection, on a thread of its own.
class ScriptedCamera {
 public:
  /// `path` of the URL that the first request names; `request` is that request.
  using Script = std::function<void(CameraConnection&, const std::string& path, const std::string& request)>;

  explicit ScriptedCamera(Script script);
  ~ScriptedCamera();
  ScriptedCamera(const ScriptedCamera&) = delete;
  ScriptedCamera& operator=(const ScriptedCamera&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path) const;
  /// How many connections have asked for that path.
  [[nodiscard]] unsigned connections(const std::string& path) const;

 private:
  struct Serving {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> done;
  };
  void run();
  void serve(int fd);
  void forget_ended();

  const Script script_;
  Socket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, unsigned> connections_;
  std::vector<Serving> serving_;
  std::thread thread_;
};

}  // namespace lectern::test
