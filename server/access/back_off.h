#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "server/net/address.h"

namespace lectern::server {

/// Slows down who guesses passwords, per address (Endpoint::network()), and nobody else. The answer to a
/// failure is held back: from the fifth on for 0.25 s, then twice as long each time, 10 s at most. Used from
/// all loops.
class BackOff {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Delay = std::chrono::milliseconds;

  static constexpr unsigned free_failures = 4;
  static constexpr Delay first_delay{250}, longest_delay{10'000};
  /// So long after the last failure an address begins anew.
  static constexpr std::chrono::minutes memory{10};
  /// Attempts of one address that may be under way at once: with more of them, a guesser would make many
  /// guesses in one delay. Many viewers may share an address that has not failed.
  static constexpr std::size_t most_guesses = 8, most_attempts = 64;

  /// `most`: addresses that are remembered; past it the one that failed the longest ago is forgotten.
  explicit BackOff(std::size_t most = 10'000) : most_(most) {}

  /// Counts an attempt as under way; false, and not counted, where there are too many. One of a player that
  /// has logged in before, and is `known`, may be one more.
  bool begin(const Endpoint& peer, bool known, Time now);
  /// One that began was right.
  void succeeded(const Endpoint& peer);
  /// One that began was wrong: how long its answer is to be held back. It is under way until then.
  Delay failed(const Endpoint& peer, Time now);

 private:
  struct Attempts {
    unsigned failures = 0;
    Time last{};
    std::size_t checking = 0;  ///< of which the outcome is not known yet
    std::vector<Time> held;    ///< when the answers that are held back leave
  };
  void forget_oldest(Time now);

  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<Endpoint, Attempts> attempts_;
};

}  // namespace lectern::server
