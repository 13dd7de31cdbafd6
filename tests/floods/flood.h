#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/server_process.h"
#include "tests/support/socket.h"

namespace lectern::test {

/// What each connection of a flood does.
struct Behaviour {
  std::uint16_t port = 0;
  bool tls = false;         ///< a whole TLS handshake comes first
  std::string says{};       ///< at once
  std::string drips{};      ///< then a byte of this each `drip`, from its beginning again at its end
  milliseconds drip{1000};  ///< 0: never
  bool reads = true;
  bool stays = true;    ///< false: resets the connection once it has said all, and comes again
  bool awaits = false;  ///< where it does not stay: resets it once it has been answered, and not before
  /// From addresses of its own, so that no limit of one address holds the flood up; else all from one.
  bool many_addresses = true;
};

/// Many connections at once to a server on 127.0.0.1, from one thread. What is closed by the server comes
/// again.
class Flood {
 public:
  /// `per_second`: connections that begin, at most; 0: as fast as it goes.
  Flood(const ServerProcess& server, Behaviour behaviour, std::size_t connections, double per_second = 0);
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  /// Goes on for that time.
  void run(milliseconds time);
  /// Until so many are connected (and, with `answered`, have heard something); false where that takes too
  /// long.
  bool run_until_held(std::size_t connections, milliseconds at_most, bool answered = false);
  /// All connections are reset at once, and none comes again.
  void end();

  struct Counts {
    std::size_t held = 0;            ///< connected now
    std::size_t heard = 0;           ///< of these, those that have received something
    std::uint64_t begun = 0;         ///< connections in all
    std::uint64_t closed = 0;        ///< by the server
    std::uint64_t answers = 0;       ///< that came whole
    std::uint64_t good = 0;          ///< of these, with 200
    std::uint64_t out_of_order = 0;  ///< whose CSeq was not one more than that before
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Peer;

  void turn(Clock::time_point until);
  void begin(Peer& peer);
  void ready(Peer& peer, unsigned events);
  void connected(Peer& peer);
  void say(Peer& peer);
  void drip(Peer& peer, Clock::time_point now);
  bool hear(Peer& peer);
  void heard(Peer& peer, std::string_view bytes);
  void lose(Peer& peer, bool by_server);
  void tick(Clock::time_point now);
  [[nodiscard]] std::string next_source();

  const Behaviour behaviour_;
  const std::string host_;
  const double per_second_;
  Socket epoll_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::size_t> waiting_;  ///< peers that have no connection
  Counts counts_;
  std::uint32_t source_ = 0;
  double allowance_ = 0;
  Clock::time_point ticked_;
};

/// The first record of a TLS client.
std::string client_hello();

/// The same bytes in each run, so that what fails can be run again.
std::string random_bytes(std::size_t size, unsigned seed);

}  // namespace lectern::test
