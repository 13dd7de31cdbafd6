#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "tests/interop/network_namespace.h"

namespace lectern::test {

/// What a DelayLine does to the packets of each direction, as netem would where a kernel has it.
struct Weather {
  std::chrono::milliseconds delay{20};  ///< one way
  double loss = 0.02;                   ///< of the packets, at random; always the same ones
};

/// A link between two networks that delays packets and loses some: 10.77.0.1 on the one side, 10.77.0.2 on
/// the other.
class DelayLine {
 public:
  /// An IPv4 packet that has come from the first side, before it may be lost.
  using Seen = std::function<void(const std::string& packet)>;

  /// nullptr where the system or its rights forbid it; `why` then says it.
  static std::unique_ptr<DelayLine> create(const NetworkNamespace& first, const NetworkNamespace& second,
                                           Weather weather, Seen seen, std::string& why);
  ~DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  std::uint64_t lost() const { return lost_; }

  static constexpr const char* first_address = "10.77.0.1";
  static constexpr const char* second_address = "10.77.0.2";

 private:
  DelayLine(int first, int second, Weather weather, Seen seen);
  void run();

  const int first_, second_;
  const Weather weather_;
  const Seen seen_;
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lectern::test
