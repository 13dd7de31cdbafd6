#include "tests/bench/floor/drain.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/bench/load/datagram_input.h"

namespace lectern::bench {
namespace {

/// As a viewer of lectern-load reads its connection.
class ConnectionInput final : public Source {
 public:
  explicit ConnectionInput(server::FileDescriptor socket)
      : socket_(std::move(socket)), buffer_(size_t{64} * 1024) {}
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  void ready(bool, bool) override {
    while (::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) ==
           static_cast<ssize_t>(buffer_.size())) {
    }
  }

 private:
  server::FileDescriptor socket_;
  ByteVector buffer_;
};

[[noreturn]] void read_for_ever(Poller& poller) {
  while (true) poller.turn(-1);
}

[[noreturn]] void read_datagrams(std::vector<server::FileDescriptor> sockets, bool whole_trains) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Poller poller;
  Totals totals;
  std::vector<std::unique_ptr<DatagramInput>> inputs;
  for (auto& socket : sockets)
    inputs.push_back(
        std::make_unique<DatagramInput>(poller, std::move(socket), nullptr, totals, whole_trains));
  read_for_ever(poller);
}

[[noreturn]] void read_connections(std::vector<server::FileDescriptor> sockets) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Poller poller;
  std::vector<std::unique_ptr<ConnectionInput>> inputs;
  for (auto& socket : sockets) {
    inputs.push_back(std::make_unique<ConnectionInput>(std::move(socket)));
    poller.add(inputs.back()->descriptor(), *inputs.back(), false);
  }
  read_for_ever(poller);
}

struct Connected {
  server::FileDescriptor sends, reads;
};

Connected connect_pair() {
  const server::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Connected pair;
  pair.reads = server::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listener.get(), any, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), any, &size) != 0 || ::connect(pair.reads.get(), any, size) != 0)
    throw std::runtime_error("cannot connect over loopback");
  pair.sends = server::FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const int on = 1;
  ::setsockopt(pair.sends.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return pair;
}

}  // namespace

std::unique_ptr<Drain> Drain::of_datagrams(std::size_t streams, bool whole_trains) {
  std::unique_ptr<Drain> drain(new Drain);
  std::vector<server::FileDescriptor> opened;
  for (std::size_t i = 0; i < streams; ++i) {
    DatagramPair pair = bind_datagram_pair(AF_INET);
    drain->ports_.push_back(pair.rtp_port);
    opened.push_back(std::move(pair.rtp));
  }
  drain->child_ = ::fork();
  if (drain->child_ == 0) read_datagrams(std::move(opened), whole_trains);
  return drain;
}

std::unique_ptr<Drain> Drain::of_connections(std::size_t viewers) {
  std::unique_ptr<Drain> drain(new Drain);
  std::vector<server::FileDescriptor> opened;
  for (std::size_t i = 0; i < viewers; ++i) {
    Connected pair = connect_pair();
    drain->connections_.push_back(std::move(pair.sends));
    opened.push_back(std::move(pair.reads));
  }
  drain->child_ = ::fork();
  if (drain->child_ == 0) read_connections(std::move(opened));
  return drain;
}

Drain::~Drain() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace lectern::bench
