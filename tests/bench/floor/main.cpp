#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>

#include "tests/bench/floor/drain.h"
#include "tests/bench/floor/sender.h"

// The floor: what it costs the kernel to send the packets of files to so many viewers at their times, with no
// server around it.
namespace lectern::bench {
namespace {

constexpr std::int64_t step_us = 2'000;  // as Lectern's pacer
constexpr std::int64_t second = 1'000'000;

struct Options {
  std::vector<std::string> files;
  std::size_t viewers = 100;
  double duration = 10;
  bool random_places = false;
  bool tcp = false;
  bool whole_trains = false;
  std::string suite;  ///< of SRTP; empty: none
};

std::int64_t nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

void sleep_until(std::int64_t time_ns) {
  const timespec time{time_ns / 1'000'000'000, time_ns % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

int run(const Options& options) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  constexpr double margin = 2;
  const double needed = options.duration + margin;
  std::vector<Recording> recordings;
  for (const std::string& file : options.files)
    recordings.push_back(read_recording(file, options.random_places ? 1e6 : needed));
  const std::size_t streams = recordings.front().streams;
  const auto drain = options.tcp ? Drain::of_connections(options.viewers)
                                 : Drain::of_datagrams(options.viewers * streams, options.whole_trains);
  std::unique_ptr<Carrier> carrier;
  if (options.tcp)
    carrier = std::make_unique<InterleavedCarrier>(drain->take_connections(), streams);
  else
    carrier = std::make_unique<DatagramCarrier>(drain->ports());
  const auto suite = srtp::suite_named(options.suite);
  if (!suite && !options.suite.empty()) throw std::runtime_error(options.suite + " is no SRTP suite");
  Sender sender(std::move(recordings), options.viewers, std::move(carrier), options.random_places, needed,
                suite);

  // A second in which the viewers arrive, as with lectern-load --ramp 1, is not measured.
  const std::int64_t begin = nanoseconds(CLOCK_MONOTONIC);
  std::int64_t cpu_before = 0;
  std::uint64_t packets_before = 0;
  const auto end_us = static_cast<std::int64_t>((options.duration + 1) * second);
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
  lectern::bench::Options options;
  CLI::App app{"Sends the packets of files to so many viewers on loopback, with no server around it."};
  app.add_option("FILE", options.files, "media files of as many streams; the viewers take them in turn")
      ->required();
  app.add_option("-n,--viewers", options.viewers, "how many")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("-d,--duration", options.duration, "seconds")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_flag("--random", options.random_places, "each viewer begins at a place of its own");
  app.add_flag("--tcp", options.tcp, "interleaved, a connection for each viewer");
  app.add_flag("--whole-trains", options.whole_trains, "over UDP the receivers take trains whole (UDP_GRO)");
  app.add_option("--srtp", options.suite, "each stream protected by libsrtp: AES_CM_128_HMAC_SHA1_80 …");
  CLI11_PARSE(app, argc, argv);
  try {
    return lectern::bench::run(options);
  } catch (const std::exception& error) {
    std::cerr << "bench-floor: " << error.what() << "\n";
    return 1;
  }
}
