// The nth allocation fails. The request or the session may fail with it; the server lives, or, where C++
// cannot go on, ends with a word and an exit code, for systemd to start it anew. It never crashes and never
// hangs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <iostream>

#include "tests/faults/scene.h"

using namespace lectern::test;

namespace {

constexpr const char* last_word =
    "lectern: out of memory where nothing can go on without it, so the server ends\n";

constexpr std::string_view crash_heading = "crashed at\n";

/// libavcodec 5.1's AAC decoder, which avformat_find_stream_info() opens, does not look whether its
/// transform had memory, and calls what it could not make. Nothing out here can help it.
bool crashed_by_aac_decoder(const std::string& log) {
  const auto at = log.find(crash_heading);
  if (at == std::string::npos) return false;
  const auto begin = at + crash_heading.size();
  return log.substr(begin, log.find('\n', begin) - begin).find("/libavcodec.so") != std::string::npos;
}

/// Servers that come and go: one that has ended in order is followed by another.
class Servers {
 public:
  FaultServer& now() {
    if (!server_)
      server_ = std::make_unique<FaultServer>(
          "loops: 2\nmax_sessions: 12\nmax_connections: 24\nmax_request_rate: 1000\nsession_timeout: 1s\n");
    return *server_;
  }
  std::int64_t calls(FaultKind kind, const std::function<void()>& provoke) {
    provoke();
    now().renew_media();
    now().faults().count(kind);
    provoke();
    now().faults().disarm();
    return std::max<std::int64_t>(1, now().faults().calls());
  }
  void point(const Fault& fault, const std::function<void()>& provoke) {
    CAPTURE(to_string(fault));
    now().renew_media();
    now().faults().arm(fault);
    provoke();
    now().faults().disarm();
    count_point();
    ++points_;
    if (!now().ended() && now().answers()) return;
    // It must have ended by itself, and have said so.
    REQUIRE(eventually([this] { return now().ended(); }, 5000));
    const int code = now()->stop();
    const std::string log = now()->log();
    now()->kill();
    server_.reset();
    ++ended_;
    if (fault.kind == FaultKind::av_memory && crashed_by_aac_decoder(log)) {
      ++crashed_;
      return;
    }
    // What counts is at the end, and where it crashed.
    INFO(log.substr(std::min(log.find(crash_heading), log.size() - std::min<std::size_t>(log.size(), 3000))));
    CHECK(code == 1);
    CHECK(log.find(last_word) != std::string::npos);
  }
  /// What a server allocates once, for its first viewer, is allocated again.
  void renew() {
    if (server_) CHECK(now()->stops_well());
    server_.reset();
  }
  void check_all_is_well() {
    now().renew_media();
    // Sessions over UDP whose connection broke off end by their timeout.
    CHECK(eventually(
        [this] { return visit(*now(), "/short.mp4", Over::udp).statuses == std::vector<int>(4, 200); },
        10'000));
    for (int i = 0; i < 12; ++i)
      CHECK(visit(*now(), "/short.mp4", i % 2 == 0 ? Over::tcp : Over::udp).statuses ==
            std::vector<int>(4, 200));
    CHECK(now()->stops_well());
    std::cout << ended_ - crashed_ << " of " << points_ << " ended the server in order, " << crashed_
              << " by a crash of libavcodec" << std::endl;
    // Hardly any: what a request needs is no reason for the others to go.
    CHECK(ended_ * 10 <= points_);
  }

 private:
  std::unique_ptr<FaultServer> server_;
  int points_ = 0, ended_ = 0, crashed_ = 0;
};

void spread(Servers& servers, FaultKind kind, int error, int points, const std::function<void()>& provoke) {
  const std::int64_t calls = servers.calls(kind, provoke);
  if (full_run()) points *= 20;
  const std::int64_t step = std::max<std::int64_t>(1, calls / points);
  for (std::int64_t n = 1, i = 0; n <= calls; n += step, ++i)
    servers.point({kind, error, n, i % 8 == 7 ? 20 : 1}, provoke);
}

}  // namespace

TEST_CASE("the nth allocation of C++ fails", "[faults]") {
  Servers servers;
  int turn = 0;
  spread(servers, FaultKind::new_, ENOMEM, 120, [&] {
    const Visit made = visit(*servers.now(), "/short.mp4", ++turn % 2 == 0 ? Over::tcp : Over::udp);
    CHECK_FALSE(made.unanswered);
  });
  servers.check_all_is_well();
}

TEST_CASE("the nth allocation of C++ fails for the first viewer of a server", "[faults]") {
  Servers servers;
  const auto provoke = [&] { CHECK_FALSE(visit(*servers.now(), "/short.mp4", Over::tcp).unanswered); };
  servers.now()->rtsps_port();
  servers.now().faults().count(FaultKind::new_);
  provoke();
  servers.now().faults().disarm();
  const std::int64_t calls = servers.now().faults().calls();
  REQUIRE(calls > 100);
  const std::int64_t step = full_run() ? 1 : calls / 40;
  for (std::int64_t n = 1; n <= calls; n += step) {
    servers.renew();
    servers.now()->rtsps_port();  // it has started by then
    servers.point({FaultKind::new_, ENOMEM, n}, provoke);
  }
  servers.check_all_is_well();
}

TEST_CASE("the nth allocation of FFmpeg fails", "[faults]") {
  Servers servers;
  spread(servers, FaultKind::av_memory, ENOMEM, 60,
         [&] { CHECK_FALSE(visit(*servers.now(), "/short.mp4", Over::tcp).unanswered); });
  servers.check_all_is_well();
}

TEST_CASE("the nth allocation of OpenSSL fails", "[faults]") {
  Servers servers;
  spread(servers, FaultKind::tls_memory, ENOMEM, 40, [&] {
    try {
      RtspClient client = RtspClient::over_tls(servers.now()->host(), servers.now()->rtsps_port());
      client.send_request("OPTIONS", "*");
      CHECK_FALSE(std::holds_alternative<Late>(client.next(std::chrono::seconds(20))));
    } catch (const std::exception&) {  // the handshake failed, which is a way to fail
    }
  });
  servers.check_all_is_well();
}
