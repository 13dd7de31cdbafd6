#pragma once

#include <atomic>
#include <memory>

namespace lectern::server {

/// How many TLS handshakes there may be at once: they cost more than anything else that a stranger can ask
/// for. Used from all loops; outlives its slots.
class TlsHandshakes {
 public:
  explicit TlsHandshakes(unsigned most) : most_(most) {}

  /// One handshake; ends with the object.
  class Slot {
   public:
    explicit Slot(std::atomic<unsigned>& count) : count_(count) {}
    ~Slot() { count_.fetch_sub(1, std::memory_order_relaxed); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    std::atomic<unsigned>& count_;
  };

  /// nullptr where it is one too many.
  [[nodiscard]] std::shared_ptr<Slot> begin() {
    if (count_.fetch_add(1, std::memory_order_relaxed) < most_) return std::make_shared<Slot>(count_);
    count_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }

 private:
  const unsigned most_;
  std::atomic<unsigned> count_ = 0;
};

}  // namespace lectern::server
