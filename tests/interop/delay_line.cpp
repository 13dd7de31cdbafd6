#include "tests/interop/delay_line.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <random>

namespace lectern::test {
namespace {

using Clock = std::chrono::steady_clock;

/// A point-to-point interface "far" of IP packets; -1 with errno.
int open_tun() {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  ifreq request{};
  std::strcpy(request.ifr_name, "far");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (fd < 0 || ::ioctl(fd, TUNSETIFF, &request) == 0) return fd;
  ::close(fd);
  return -1;
}

int open_end(const NetworkNamespace& network, const std::string& own, const std::string& other,
             std::string& why) {
  int fd = -1;
  network.run([&] {
    fd = open_tun();
    if (fd < 0) why = std::string("/dev/net/tun: ") + std::strerror(errno);
  });
  if (fd < 0) return fd;
  network.ip("address add " + own + " peer " + other + " dev far");
  network.ip("link set far up");
  return fd;
}

struct Packet {
  Clock::time_point due;
  std::string bytes;
};

}  // namespace

std::unique_ptr<DelayLine> DelayLine::create(const NetworkNamespace& first, const NetworkNamespace& second,
                                             Weather weather, Seen seen, std::string& why) {
  const int one = open_end(first, first_address, second_address, why);
  if (one < 0) return nullptr;
  const int other = open_end(second, second_address, first_address, why);
  if (other < 0) {
    ::close(one);
    return nullptr;
  }
  return std::unique_ptr<DelayLine>(new DelayLine(one, other, weather, std::move(seen)));
}

DelayLine::DelayLine(int first, int second, Weather weather, Seen seen)
    : first_(first), second_(second), weather_(weather), seen_(std::move(seen)), thread_([this] { run(); }) {}

DelayLine::~DelayLine() {
  stopping_ = true;
  thread_.join();
  ::close(first_);
  ::close(second_);
}

void DelayLine::run() {
  std::minstd_rand random(5);
  std::bernoulli_distribution loses(weather_.loss);
  const std::array<int, 2> ends{first_, second_};
  std::array<std::deque<Packet>, 2> under_way;  // from that end on
  std::array<char, 65536> memory;
  while (!stopping_) {
    auto wait = std::chrono::milliseconds(100);
    for (std::size_t from = 0; from < 2; ++from) {
      auto& queue = under_way[from];
      for (; !queue.empty() && queue.front().due <= Clock::now(); queue.pop_front())
        if (::write(ends[1 - from], queue.front().bytes.data(), queue.front().bytes.size()) < 0) ++lost_;
      if (!queue.empty())
        wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(queue.front().due - Clock::now()),
                          std::chrono::milliseconds(0), wait);
    }
    std::array<pollfd, 2> polled{pollfd{first_, POLLIN, 0}, pollfd{second_, POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), static_cast<int>(wait.count())) <= 0) continue;
    for (std::size_t from = 0; from < 2; ++from) {
      for (ssize_t size = 0; (size = ::read(ends[from], memory.data(), memory.size())) > 0;) {
        std::string bytes(memory.data(), static_cast<std::size_t>(size));
        if (from == 0 && seen_) seen_(bytes);
        if (loses(random))
          ++lost_;
        else
          under_way[from].push_back({Clock::now() + weather_.delay, std::move(bytes)});
      }
    }
  }
}

}  // namespace lectern::test
