#include "tests/interop/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

#include "tests/interop/command.h"

namespace lectern::test {

std::unique_ptr<NetworkNamespace> NetworkNamespace::create(std::string& why) {
  int fd = -1;
  // A thread alone moves, and with it what it starts.
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0) fd = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0) why = std::string("a network namespace: ") + std::strerror(errno);
  }).join();
  if (fd < 0) return nullptr;
  std::unique_ptr<NetworkNamespace> made(new NetworkNamespace(fd));
  try {
    made->ip("link set lo up multicast on");
    made->ip("route add 224.0.0.0/4 dev lo");
  } catch (const std::runtime_error& error) {
    why = error.what();
    return nullptr;
  }
  return made;
}

NetworkNamespace::~NetworkNamespace() {
  ::close(fd_);
}

void NetworkNamespace::run(const std::function<void()>& task) const {
  std::exception_ptr failed;
  std::thread([&] {
    try {
      if (::setns(fd_, CLONE_NEWNET) != 0)
        throw std::runtime_error(std::string("setns: ") + std::strerror(errno));
      task();
    } catch (...) {
      failed = std::current_exception();
    }
  }).join();
  if (failed) std::rethrow_exception(failed);
}

void NetworkNamespace::connect(const NetworkNamespace& other, const std::string& own,
                               const std::string& own_address, const std::string& others,
                               const std::string& others_address) const {
  ip("link add " + own + " type veth peer name " + others + " netns /proc/" + std::to_string(::getpid()) +
     "/fd/" + std::to_string(other.fd_));
  // Nobody else is there who could have the address.
  ip("address add " + own_address + " dev " + own + " nodad");
  other.ip("address add " + others_address + " dev " + others + " nodad");
  ip("link set " + own + " up");
  other.ip("link set " + others + " up");
  // The kernel finds out by itself, and a little later, that there is a carrier; until then there is no
  // route.
  for (const NetworkNamespace* each : {this, &other}) {
    Outcome outcome;
    for (int attempt = 0; attempt < 100; ++attempt) {
      each->run([&] { outcome = lectern::test::run(words("ip -6 route get ff15::1")); });
      if (outcome.code == 0) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (outcome.code != 0) throw std::runtime_error("no route for groups: " + outcome.output);
  }
}

void NetworkNamespace::ip(const std::string& arguments) const {
  Outcome outcome;
  run([&] { outcome = lectern::test::run(words("ip " + arguments)); });
  if (outcome.code != 0) throw std::runtime_error("ip " + arguments + ": " + outcome.output);
}

}  // namespace lectern::test
