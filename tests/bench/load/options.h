#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lectern::bench {

enum class Carrier : std::uint8_t { udp, tcp };
enum class Seek : std::uint8_t { none, random };

struct Options {
  std::vector<std::string> urls;  ///< viewer i plays urls[i % size]
  std::size_t viewers = 1;
  Carrier carrier = Carrier::udp;
  double ramp = 1;       ///< seconds over which the viewers arrive
  double duration = 10;  ///< seconds that are measured, once all play
  double churn = 0;      ///< viewers a second that leave, each with a new one in its place
  Seek seek = Seek::none;
  double reseek = 0;  ///< seconds after which a viewer of a recording seeks, again and again; 0: never
  double every = 0;   ///< seconds between lines that tell what was received so far; 0: none
  bool whole_trains = false;  ///< over UDP, see DatagramInput
  bool srtp = false;          ///< asked for; what comes is counted by its RTP header, and not decrypted
  std::optional<int> pid;     ///< of the server, where it runs on this machine
  bool json = false;
};

/// What the command line says; the exit code where nothing is to be run.
struct CommandLine {
  Options options;
  std::optional<int> exit_code;
};
CommandLine read_command_line(int argc, char** argv);

}  // namespace lectern::bench
