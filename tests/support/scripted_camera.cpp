#include "tests/support/scripted_camera.h"

#include <algorithm>
#include <stdexcept>

namespace lectern::test {
namespace {

constexpr milliseconds tick{20};

std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string path_of(const std::string& request) {
  const auto host = request.find("://");
  const auto begin = request.find('/', host == std::string::npos ? 0 : host + 3);
  return begin == std::string::npos ? "" : request.substr(begin, request.find(' ', begin) - begin);
}

}  // namespace

std::string CameraConnection::request() {
  while (true) {
    if (const auto end = received_.find("\r\n\r\n"); end != std::string::npos) {
      const std::string head = received_.substr(0, end + 4);
      received_.erase(0, end + 4);
      return head;
    }
    if (stopping_) return {};
    if (!wait_readable(socket_.fd(), Clock::now() + tick)) continue;
    char bytes[4096];
    const auto got = ::recv(socket_.fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return {};
    received_.append(bytes, static_cast<std::size_t>(got));
  }
}

bool CameraConnection::send(std::string_view bytes) {
  while (!bytes.empty() && !stopping_) {
    const auto sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    }
  }
  return bytes.empty();
}

bool CameraConnection::answer(const std::string& request, const std::string& status,
                              const std::string& headers, const std::string& body) {
  std::string text = "RTSP/1.0 " + status + "\r\nCSeq: " + header_of(request, "CSeq") + "\r\n" + headers;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return send(text + "\r\n" + body);
}

bool CameraConnection::send_rtp(unsigned track, std::uint8_t payload_type, std::uint32_t timestamp,
                                bool marker, std::string_view payload) {
  const std::uint16_t sequence = sequence_[track]++;
  std::string frame;
  const auto put = [&](std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(value >> (8 * i) & 0xff);
  };
  frame += '$';
  put(2 * track, 1);
  put(static_cast<std::uint32_t>(12 + payload.size()), 2);
  put(0x80, 1);
  put((marker ? 0x80U : 0U) | payload_type, 1);
  put(sequence, 2);
  put(timestamp, 4);
  put(0x1ec7e000U + track, 4);
  frame += payload;
  return send(frame);
}

bool CameraConnection::wait(milliseconds time) {
  const auto until = Clock::now() + time;
  while (!stopping_ && Clock::now() < until) {
    if (!wait_readable(socket_.fd(), std::min(until, Clock::now() + tick))) continue;
    char bytes[4096];
    if (::recv(socket_.fd(), bytes, sizeof bytes, 0) <= 0) return false;  // what it says does not matter
  }
  return !stopping_;
}

bool CameraConnection::serve_until_play(const std::string& sdp, std::string asked) {
  unsigned tracks = 0;
  for (; !asked.empty(); asked = request()) {
    if (asked.starts_with("DESCRIBE")) {
      answer(asked, "200 OK", "Content-Type: application/sdp\r\n", sdp);
    } else if (asked.starts_with("SETUP")) {
      const std::string channels = std::to_string(2 * tracks) + "-" + std::to_string(2 * tracks + 1);
      ++tracks;
      answer(asked, "200 OK",
             "Session: 17\r\nTransport: RTP/AVP/TCP;unicast;interleaved=" + channels + "\r\n");
    } else if (asked.starts_with("PLAY")) {
      return answer(asked, "200 OK", "Session: 17\r\n");
    } else {
      answer(asked, "200 OK", "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
    }
  }
  return false;
}

ScriptedCamera::ScriptedCamera(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = Address::of("127.0.0.1", 0);
  if (::bind(listener_.fd(), address.raw(), address.size) != 0 || ::listen(listener_.fd(), 128) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  port_ = local_port(listener_);
  thread_ = std::thread([this] { run(); });
}

ScriptedCamera::~ScriptedCamera() {
  stopping_ = true;
  thread_.join();
  for (Serving& each : serving_) each.thread.join();
}

std::string ScriptedCamera::url(const std::string& path) const {
  return "rtsp://127.0.0.1:" + std::to_string(port_) + path;
}

unsigned ScriptedCamera::connections(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(path);
  return found == connections_.end() ? 0 : found->second;
}

void ScriptedCamera::run() {
  while (!stopping_) {
    if (!wait_readable(listener_.fd(), Clock::now() + tick)) continue;
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    // So that a peer that reads nothing does not hold up the end.
    timeval patience{0, 100'000};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    forget_ended();
    auto done = std::make_shared<std::atomic<bool>>(false);
    serving_.push_back({std::thread([this, fd, done] {
                          serve(fd);
                          *done = true;
                        }),
                        done});
  }
}

void ScriptedCamera::forget_ended() {
  std::erase_if(serving_, [](Serving& each) {
    if (*each.done) each.thread.join();
    return !each.thread.joinable();
  });
}

void ScriptedCamera::serve(int fd) {
  CameraConnection connection(Socket(fd), stopping_);
  const std::string first = connection.request();
  if (first.empty()) return;
  const std::string path = path_of(first);
  {
    const std::lock_guard lock(mutex_);
    ++connections_[path];
  }
  script_(connection, path, first);
}

}  // namespace lectern::test
