#include "tests/bench/load/options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace lectern::bench {

CommandLine read_command_line(int argc, char** argv) {
  CommandLine line;
  Options& options = line.options;
  int pid = 0;
  CLI::App app{
      "Plays RTSP URLs as many viewers at once, checks every RTP packet, and measures the server.\n"
      "Exit codes: 0 nothing was lost, 1 packets are missing or viewers failed, 2 wrong command line."};
  app.name("lectern-load");
  app.add_option("URL", options.urls, "rtsp://… or rtsps://… (with -t tcp); the viewers take them in turn")
      ->required();
  app.add_option("-n,--viewers", options.viewers, "how many")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("-t,--transport", options.carrier, "udp or tcp (interleaved); default udp")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Carrier>{{"udp", Carrier::udp}, {"tcp", Carrier::tcp}}, CLI::ignore_case));
  app.add_option("--ramp", options.ramp, "seconds over which they arrive")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("-d,--duration", options.duration, "seconds that are measured, once all play")
      ->check(CLI::Range(0.1, 864000.0))
      ->capture_default_str();
  app.add_option("--churn", options.churn, "viewers a second that leave, each replaced by a new one")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  app.add_option("--seek", options.seek, "none, or random: each begins at a place of its own; default none")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Seek>{{"none", Seek::none}, {"random", Seek::random}}, CLI::ignore_case));
  app.add_option("--reseek", options.reseek,
                 "seconds after which each seeks in its recording, again and again")
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--every", options.every, "seconds between lines of JSON that tell what was received so far")
      ->check(CLI::Range(0.1, 86400.0));
  app.add_flag(
      "--whole-trains", options.whole_trains,
      "take what a server sent as one train whole (UDP_GRO), as a network card does that cuts it itself");
  app.add_flag("--srtp", options.srtp,
               "ask for SRTP; its packets are checked by their headers, not decrypted");
  const auto* pid_option =
      app.add_option("--pid", pid, "the server's process on this machine, for its CPU time and memory")
          ->check(CLI::PositiveNumber);
  app.add_flag("--json", options.json, "print JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    line.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  if (pid_option->count() > 0) options.pid = pid;
  return line;
}

}  // namespace lectern::bench
