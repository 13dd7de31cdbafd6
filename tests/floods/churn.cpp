#include "tests/floods/churn.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/support/rtsp_client.h"

namespace lectern::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_errors = 10;
constexpr milliseconds patience{20'000};

bool secure(Carriage carriage) {
  return carriage == Carriage::rtsps_tcp || carriage == Carriage::rtsps_srtp_udp;
}

bool over_udp(Carriage carriage) {
  return carriage == Carriage::udp || carriage == Carriage::srtp_udp || carriage == Carriage::rtsps_srtp_udp;
}

bool by_srtp(Carriage carriage) {
  return carriage == Carriage::srtp_udp || carriage == Carriage::srtp_tcp ||
         carriage == Carriage::rtsps_srtp_udp;
}

std::string name_of(const Life& life) {
  return "life until " + std::to_string(static_cast<int>(life.until)) + ", carriage " +
         std::to_string(static_cast<int>(life.carriage)) + (life.live ? ", live" : "") +
         (life.answered ? "" : ", not answered");
}

/// An address and four ports that no two sessions have at once: from 127.16.0.1 on, and of each a range of
/// ports. By TLS all come from one address.
struct Place {
  Place(std::uint64_t n, bool one_address)
      : source("127." + std::to_string(16 + n % 64) + "." + std::to_string(n / 64 % 200) + ".1"),
        port(static_cast<unsigned>(10'000 + 4 * ((one_address ? n : n / 64 / 200) % 12'000))) {}
  std::string source;
  unsigned port;
};

class Session {
 public:
  Session(const ServerProcess& server, std::uint16_t tls_port, std::uint64_t n)
      : life_(nth_life(n)), place_(n, secure(life_.carriage)), client_(connect(server, tls_port)) {
    const std::string path = life_.live ? "/live" : "/recording.mp4";
    url_ = secure(life_.carriage) ? "rtsps://" + server.host() + ":" + std::to_string(tls_port) + path
                                  : server.url(path);
  }

  void live() {
    if (life_.until == Until::connected) return leave();
    if (!ask("OPTIONS", url_, {}, Until::options)) return leave();
    if (!ask("DESCRIBE", url_, {{"Accept", "application/sdp"}}, Until::described)) return leave();
    if (life_.until == Until::half_request) {
      client_.send("SETUP " + url_ + "/track1 RTSP/1.0\r\nCSeq: 3\r\nTransp");
      return leave();
    }
    for (int track = 1; track <= 2; ++track)
      if (!ask("SETUP", url_ + "/track" + std::to_string(track), {{"Transport", transport(track)}},
               track == 2 ? Until::set_up : Until::count))
        return leave();
    if (!ask("PLAY", url_ + "/", {}, Until::playing)) return leave();
    played_ = true;
    if (life_.until == Until::watched) {
      if (!over_udp(life_.carriage))
        while (!client_.frame(patience)) {
        }
      return leave();
    }
    if (!ask("PAUSE", url_ + "/", {}, Until::paused)) return leave();
    ask("TEARDOWN", url_ + "/", {}, Until::torn_down);
    leave();
  }

  [[nodiscard]] bool played() const { return played_; }

 private:
  RtspClient connect(const ServerProcess& server, std::uint16_t tls_port) const {
    if (secure(life_.carriage)) return RtspClient::over_tls(server.host(), tls_port);
    return {server.host(), server.port(), place_.source};
  }

  std::string transport(int track) const {
    const std::string profile = by_srtp(life_.carriage) ? "RTP/SAVP" : "RTP/AVP";
    if (!over_udp(life_.carriage)) return profile + "/TCP;unicast";
    const unsigned port = place_.port + 2 * static_cast<unsigned>(track - 1);
    return profile + ";unicast;client_port=" + std::to_string(port) + "-" + std::to_string(port + 1);
  }

  /// Whether life goes on behind the request, which must be answered with 200.
  bool ask(std::string_view method, const std::string& url, Headers headers, Until step) {
    if (!session_.empty()) headers.emplace_back("Session", session_);
    client_.send_request(method, url, headers);
    const bool last = step == life_.until;
    if (last && !life_.answered) return false;
    const Answer answer = client_.answer(patience);
    if (answer.status != 200)
      throw std::runtime_error(name_of(life_) + ": " + std::string(method) + " was answered " +
                               std::to_string(answer.status) + " " + answer.reason);
    if (session_.empty()) session_ = answer.session();
    if (last && step == Until::playing) played_ = true;
    return !last;
  }

  void leave() { client_.disconnect(life_.leaving == Leaving::reset); }

  const Life life_;
  const Place place_;
  RtspClient client_;
  std::string url_, session_;
  bool played_ = false;
};

}  // namespace

Life nth_life(std::uint64_t n) {
  const auto take = [&n](std::uint64_t of) {
    const std::uint64_t taken = n % of;
    n /= of;
    return taken;
  };
  Life life;
  life.until = static_cast<Until>(take(static_cast<std::uint64_t>(Until::count)));
  static constexpr Carriage turns[] = {Carriage::udp,       Carriage::tcp, Carriage::udp,
                                       Carriage::tcp,       Carriage::udp, Carriage::srtp_tcp,
                                       Carriage::rtsps_tcp, Carriage::tcp, Carriage::udp,
                                       Carriage::srtp_udp,  Carriage::tcp, Carriage::rtsps_srtp_udp};
  life.carriage = turns[take(std::size(turns))];
  life.answered = take(2) == 0;
  life.leaving = static_cast<Leaving>(take(static_cast<std::uint64_t>(Leaving::count)));
  life.live = take(4) == 0;
  return life;
}

ChurnReport churn(const ServerProcess& server, std::uint64_t first, std::uint64_t count, unsigned threads) {
  ChurnReport report;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{first}, played{0};
  const std::uint16_t tls_port = server.rtsps_port();
  const auto begin = Clock::now();
  const auto work = [&] {
    for (std::uint64_t n = next++; n < first + count; n = next++) {
      try {
        Session session(server, tls_port, n);
        session.live();
        played += session.played() ? 1 : 0;
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        if (report.errors.size() < most_errors) report.errors.emplace_back(error.what());
      }
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back(work);
  for (auto& worker : workers) worker.join();
  report.lives = count;
  report.played = played;
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

}  // namespace lectern::test
