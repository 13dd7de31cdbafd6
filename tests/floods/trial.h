#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/floods/usage.h"
#include "tests/interop/command.h"
#include "tests/support/server_process.h"
#include "tests/support/socket.h"

namespace lectern::test {

/// Whether the floods are to be as large and as long as they are promised, and not only as long as a run of
/// all tests has time for: LECTERN_FLOODS=full.
bool full_size();

/// A thousand viewers at most that check each sequence number, in a process of their own (lectern-load).
class Viewers {
 public:
  /// Begins to play `urls` in turn. `transport`: udp or tcp.
  Viewers(const std::string& transport, unsigned count, const std::vector<std::string>& urls);

  struct Report {
    std::uint64_t packets = 0, lost = 0, duplicates = 0, malformed = 0, failed = 0, playing = 0;
    std::uint64_t own_drops = 0;  ///< of `lost`, those that the viewers' machine had no room for
    double late_ms = 0;           ///< than due, the 99th of a hundred
    double silence_ms = 0;        ///< the longest that any of them was without a packet of a track
    std::string failure{};
  };
  /// Lets them leave.
  Report finish();

 private:
  Command program_;
};

/// A server that a hundred viewers watch, half of them over UDP and half over TCP, a recording and live media
/// in turn, while it is flooded.
class Trial {
 public:
  /// `config`: lines of the configuration. All viewers play when it returns.
  explicit Trial(const std::string& name, const std::string& config = "");

  [[nodiscard]] ServerProcess& server() { return server_; }
  /// Whether somebody at another address is answered within two seconds.
  [[nodiscard]] bool serves_others(bool tls = false) const;
  /// Whether, in time, the server has begun to play to so many at that address.
  [[nodiscard]] bool plays_from(const std::string& address, std::size_t count, milliseconds at_most) const;
  /// Looks at the server's memory and descriptors; to be called while the flood is at its height.
  void look();
  /// The flood has ended: within a minute memory and descriptors are what they were, and no viewer has lost
  /// anything, or waited for it, and all have received something since. CHECKs it, and tells the figures.
  void end();

 private:
  std::string name_;
  ServerProcess server_;
  Viewers over_udp_, over_tcp_;
  Usage before_, peak_;
};

/// The configuration of a server with a recording of 20 minutes (`/recording.mp4`) and live media (`/live`).
ServerOptions with_long_media(const std::string& config);

}  // namespace lectern::test
