#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/server_process.h"

namespace lectern::test {

/// How far a session goes before it is over.
enum class Until {
  connected,
  options,
  described,
  half_request,
  set_up,
  playing,
  watched,
  paused,
  torn_down,
  count
};
/// How it is over.
enum class Leaving { reset, close, count };
/// How its media travel.
enum class Carriage { udp, tcp, srtp_udp, srtp_tcp, rtsps_tcp, rtsps_srtp_udp, count };

/// One life of a session.
struct Life {
  Until until = Until::torn_down;
  Leaving leaving = Leaving::reset;
  Carriage carriage = Carriage::udp;
  bool live = false;     ///< plays live media
  bool answered = true;  ///< waits for the answer to its last request
};
/// Each combination comes in turn, RTSPS and SRTP less often than the rest.
Life nth_life(std::uint64_t n);

struct ChurnReport {
  std::uint64_t lives = 0;
  std::uint64_t played = 0;  ///< of these, those that had PLAY answered
  double seconds = 0;
  std::vector<std::string> errors{};  ///< the first ones
};

/// Lives the lives [first, first + count) in several threads.
ChurnReport churn(const ServerProcess& server, std::uint64_t first, std::uint64_t count, unsigned threads);

}  // namespace lectern::test
