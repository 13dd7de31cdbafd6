#pragma once

#include <atomic>
#include <cstdint>

#include "protocol/base/result.h"

namespace lectern::server {

/// How much media may be sent at once, in all and to one viewer, in bits a second; 0: any amount. Asked once
/// a PLAY, from all loops, never by the media.
class Bandwidth {
 public:
  Bandwidth(std::uint64_t most, std::uint64_t most_per_session)
      : most_(most), most_per_session_(most_per_session) {}

  /// Takes `wanted` in the place of `held`, which was taken before. Errc::too_large, and nothing has changed,
  /// where that is too much; the message is for the person at the player.
  Status exchange(std::uint64_t held, std::uint64_t wanted);
  /// What exchange() would say now of a viewer that holds nothing.
  [[nodiscard]] Status check(std::uint64_t wanted) const;
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  /// Other limits, for what is asked for from now on.
  void limit(std::uint64_t most, std::uint64_t most_per_session) {
    most_ = most;
    most_per_session_ = most_per_session;
  }

 private:
  [[nodiscard]] Status admit(std::uint64_t taken, std::uint64_t held, std::uint64_t wanted) const;

  std::atomic<std::uint64_t> most_, most_per_session_;
  std::atomic<std::uint64_t> taken_ = 0;
};

/// What one session has taken of it; given back at the end.
class BandwidthShare {
 public:
  explicit BandwidthShare(Bandwidth& bandwidth) : bandwidth_(bandwidth) {}
  ~BandwidthShare() { release(); }
  BandwidthShare(const BandwidthShare&) = delete;
  BandwidthShare& operator=(const BandwidthShare&) = delete;

  /// Bandwidth::exchange() with what it holds.
  Status take(std::uint64_t wanted);
  /// Gives back all but `rest`.
  void keep(std::uint64_t rest);
  void release() { keep(0); }

 private:
  Bandwidth& bandwidth_;
  std::uint64_t held_ = 0;
};

}  // namespace lectern::server
