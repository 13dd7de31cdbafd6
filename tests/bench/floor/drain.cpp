#include "tests/bench/floor/drain.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sys/socket.h>

#include "tests/bench/load/datagram_input.h"

namespace lectern::bench {
namespace {

[[noreturn]] void read_for_ever(std::vector<server::FileDescriptor> sockets) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Poller poller;
  Totals totals;
  std::vector<std::unique_ptr<DatagramInput>> inputs;
  for (auto& socket : sockets)
    inputs.push_back(std::make_unique<DatagramInput>(poller, std::move(socket), nullptr, totals));
  while (true) poller.turn(-1);
}

}  // namespace

Drain::Drain(std::size_t sockets) {
  std::vector<server::FileDescriptor> opened;
  for (std::size_t i = 0; i < sockets; ++i) {
    DatagramPair pair = bind_datagram_pair(AF_INET);
    ports_.push_back(pair.rtp_port);
    opened.push_back(std::move(pair.rtp));
  }
  child_ = ::fork();
  if (child_ == 0) read_for_ever(std::move(opened));
}

Drain::~Drain() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace lectern::bench
