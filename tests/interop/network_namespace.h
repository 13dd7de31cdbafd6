#pragma once

#include <functional>
#include <memory>
#include <string>

namespace lectern::test {

/// A network of its own that has the loopback interface alone, with multicast on it. Threads and programs
/// that are started within run() are in it.
class NetworkNamespace {
 public:
  /// nullptr where the system or its rights forbid it; `why` then says it.
  static std::unique_ptr<NetworkNamespace> create(std::string& why);
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  /// Runs `task` on a thread in it, until it returns; what it throws is thrown here.
  void run(const std::function<void()>& task) const;
  /// Joins both by a pair of interfaces: `own` here, `others` there, each with its address ("fd77::1/64").
  /// What is sent leaves as over Ethernet. Throws std::runtime_error.
  void connect(const NetworkNamespace& other, const std::string& own, const std::string& own_address,
               const std::string& others, const std::string& others_address) const;
  /// Runs `ip …` in it; throws std::runtime_error where that fails.
  void ip(const std::string& arguments) const;

 private:
  explicit NetworkNamespace(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace lectern::test
