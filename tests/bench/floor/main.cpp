#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstring>
#include <iostream>

#include "tests/bench/floor/drain.h"
#include "tests/bench/floor/units.h"

// The floor: what it costs the kernel to send the units of a file to so many sockets at their times, with no
// server around it. One sendmsg with UDP_SEGMENT a unit and viewer out of memory that is there already.
namespace lectern::bench {
namespace {

constexpr std::size_t packet_size = 1400, packets_per_call = 32;
constexpr std::int64_t step_us = 2'000;  // as Lectern's pacer
constexpr std::int64_t second = 1'000'000;

std::int64_t nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// Sends units to one socket for each viewer and stream, each viewer a little later than the one before.
class Sender {
 public:
  Sender(std::vector<TimedUnit> units, std::size_t streams, const std::vector<std::uint16_t>& ports)
      : units_(std::move(units)), streams_(streams), next_(ports.size() / streams, 0) {
    for (const std::uint16_t port : ports) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
      address.sin_port = ::htons(port);
      addresses_.push_back(address);
    }
    socket_ = server::FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int size = 4 * 1024 * 1024;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }

  void send_due(std::int64_t time_us) {
    for (std::size_t viewer = 0; viewer < next_.size(); ++viewer) {
      const std::int64_t phase =
          second * static_cast<std::int64_t>(viewer) / static_cast<std::int64_t>(next_.size());
      for (; next_[viewer] < units_.size() && units_[next_[viewer]].due_us + phase <= time_us;
           ++next_[viewer])
        send(units_[next_[viewer]], viewer);
    }
  }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  void send(const TimedUnit& unit, std::size_t viewer) {
    const std::size_t payload = packet_size - 14;
    // Each packet has a header, and a fragment's two bytes.
    std::size_t left = unit.size + (unit.size + payload - 1) / payload * 14;
    while (left > 0) {
      const std::size_t size = std::min(left, packets_per_call * packet_size);
      send_train(addresses_[viewer * streams_ + unit.stream], size);
      left -= size;
    }
  }

  void send_train(sockaddr_in& to, std::size_t size) {
    iovec vector{memory_.data(), size};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (size > packet_size) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* part = CMSG_FIRSTHDR(&message);
      part->cmsg_level = IPPROTO_UDP;
      part->cmsg_type = UDP_SEGMENT;
      part->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const std::uint16_t segment = packet_size;
      std::memcpy(CMSG_DATA(part), &segment, sizeof segment);
    }
    if (::sendmsg(socket_.get(), &message, 0) < 0)
      ++failures_;
    else
      packets_ += (size + packet_size - 1) / packet_size;
  }

  std::vector<TimedUnit> units_;
  std::size_t streams_;
  std::vector<std::size_t> next_;  // unit, for each viewer
  std::vector<sockaddr_in> addresses_;
  std::array<std::byte, packets_per_call * packet_size> memory_{};
  server::FileDescriptor socket_;
  std::uint64_t packets_ = 0, failures_ = 0;
};

void sleep_until(std::int64_t time_ns) {
  const timespec time{time_ns / 1'000'000'000, time_ns % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

int run(const std::string& file, std::size_t viewers, double duration) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<TimedUnit> units = read_units(file, duration + 2);
  std::size_t streams = 0;
  for (const TimedUnit& unit : units) streams = std::max(streams, unit.stream + 1);
  const Drain drain(viewers * streams);
  Sender sender(std::move(units), streams, drain.ports());

  // A second in which the viewers arrive, as with lectern-load --ramp 1, is not measured.
  const std::int64_t begin = nanoseconds(CLOCK_MONOTONIC);
  std::int64_t cpu_before = 0;
  std::uint64_t packets_before = 0;
  const auto end_us = static_cast<std::int64_t>((duration + 1) * second);
  for (std::int64_t time_us = 0; time_us < end_us; time_us += step_us) {
    if (time_us == second) {
      cpu_before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
      packets_before = sender.packets();
    }
    sleep_until(begin + time_us * 1000);
    sender.send_due(time_us);
  }
  const auto cpu_us = static_cast<double>(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before) / 1000;
  const std::uint64_t packets = sender.packets() - packets_before;
  std::cout << "{\"packets\": " << packets << ", \"failures\": " << sender.failures()
            << ", \"cpu_seconds\": " << cpu_us / 1e6 << ", \"cpu_us_per_packet\": "
            << cpu_us / static_cast<double>(std::max<std::uint64_t>(packets, 1)) << "}\n";
  return sender.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lectern::bench

int main(int argc, char** argv) {
  std::string file;
  std::size_t viewers = 100;
  double duration = 10;
  CLI::App app{"Sends the units of a file to so many UDP sockets on loopback, with no server around it."};
  app.add_option("FILE", file, "a media file")->required();
  app.add_option("-n,--viewers", viewers, "how many")->check(CLI::Range(1, 10000))->capture_default_str();
  app.add_option("-d,--duration", duration, "seconds")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return lectern::bench::run(file, viewers, duration);
  } catch (const std::exception& error) {
    std::cerr << "bench-floor: " << error.what() << "\n";
    return 1;
  }
}
