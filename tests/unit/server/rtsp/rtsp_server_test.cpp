#include "server/rtsp/rtsp_server.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <filesystem>
#include <map>

#include "server/net/udp_port_pair.h"
#include "tests/support/mutation.h"
#include "tests/support/rtp_view.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transcript.h"
#include "tests/support/udp_pair.h"
#include "tests/unit/server/rtsp/running_server.h"

using namespace lectern;
using namespace lectern::test;

namespace {

constexpr const char* over_tcp = "RTP/AVP/TCP;unicast;interleaved=0-1";

std::string over_udp(const UdpPair& ports) {
  return "RTP/AVP;unicast;client_port=" + ports.ports();
}

/// A viewer of the pictures of lecture.mp4 over UDP, who is to notice nothing.
struct Viewer {
  explicit Viewer(const RunningServer& server) : client(server.connect()), url(server.url("/lecture.mp4")) {
    const Answer setup = client.request("SETUP", url + "/track1", {{"Transport", over_udp(ports)}});
    REQUIRE(setup.status == 200);
    session = setup.session();
    const std::string transport = setup.header("Transport");
    server_rtcp = static_cast<std::uint16_t>(
        std::stoi(transport.substr(transport.find('-', transport.find("server_port=")) + 1)));
    REQUIRE(client.request("PLAY", url, {{"Session", session}}).status == 200);
  }
  /// How many packets came; all of them in order.
  std::size_t received() {
    std::size_t count = 0;
    std::optional<std::uint16_t> expected;
    while (const auto datagram = ports.rtp(milliseconds(0))) {
      const auto packet = parse_rtp(datagram->data);
      REQUIRE(packet);
      if (expected) REQUIRE(packet->seq == *expected);
      expected = static_cast<std::uint16_t>(packet->seq + 1);
      ++count;
    }
    return count;
  }
  RtspClient client;
  std::string url, session;
  UdpPair ports;
  std::uint16_t server_rtcp = 0;
};

/// Makes socket(AF_INET6) fail in this thread as in a system without IPv6. False where that cannot be done.
bool refuse_ipv6() {
  std::array<sock_filter, 6> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("A second connection cannot carry a part of a session over TCP", "[rtsp_server]") {
  const unsigned loops = GENERATE(1u, 2u);
  const RunningServer server(loops);
  auto first = server.connect(), second = server.connect();
  const std::string url = server.url("/lecture.mp4");
  const Answer setup = first.request("SETUP", url + "/track1", {{"Transport", over_tcp}});
  REQUIRE(setup.status == 200);
  const Headers in_session{{"Session", setup.session()}};
  const Answer refused =
      second.request("SETUP", url + "/track2", {{"Session", setup.session()}, {"Transport", over_tcp}});
  CHECK((refused.status == 459 || refused.status == 461));
  CHECK(second.request("PLAY", url, in_session).status == 200);  // its media goes to the first
  CHECK(first.frame().has_value());
  first.disconnect(true);
  int status = 200;
  for (int i = 0; i < 100 && status != 454; ++i) {
    status = second.request("GET_PARAMETER", url, in_session).status;
    std::this_thread::sleep_for(milliseconds(10));
  }
  CHECK(status == 454);
  CHECK(second.request("SETUP", url + "/track2", {{"Transport", over_tcp}}).status == 200);
}

TEST_CASE("A request reaches its session on whatever loop it lives, and answers keep their order",
          "[rtsp_server]") {
  const RunningServer server(3);
  Viewer viewer(server);
  for (int i = 0; i < 4; ++i) {
    auto other = server.connect();
    const Headers in_session{{"Session", viewer.session}};
    other.send_request("PAUSE", viewer.url, in_session);
    other.send_request("OPTIONS", viewer.url);
    other.send_request("PLAY", viewer.url, in_session);
    other.send_request("DESCRIBE", viewer.url);
    for (int cseq = 1; cseq <= 4; ++cseq) {
      const Answer answer = other.answer();
      CHECK(answer.status == 200);
      CHECK(answer.header("CSeq") == std::to_string(cseq));
    }
    if (i == 3) CHECK(other.request("TEARDOWN", viewer.url, in_session).status == 200);
  }
  CHECK(viewer.client.request("PLAY", viewer.url, {{"Session", viewer.session}}).status == 454);
}

TEST_CASE("Who leaves while an answer is owed, or the server itself, harms nothing", "[rtsp_server]") {
  for (int round = 0; round < 12; ++round) {
    const RunningServer server(2);
    std::vector<RtspClient> clients;
    for (int i = 0; i < 6; ++i) {
      clients.push_back(server.connect());
      RtspClient& client = clients.back();
      const std::string url = server.url(i % 2 ? "/lecture.mp4" : "/talk.mp3");
      client.send_request("DESCRIBE", url);
      client.send_request("SETUP", url + "/track1", {{"Transport", over_tcp}});
      client.send_request("DESCRIBE", server.url("/short.mp4"));
      if (i % 3 == 0) client.disconnect(i == 0);
    }
    std::this_thread::sleep_for(milliseconds(round % 4 * 3));
  }
}

TEST_CASE("A port of RTCP belongs to one session, and is free again after it", "[rtsp_server]") {
  server::Config config;
  config.session_timeout = std::chrono::seconds(1);
  const RunningServer server(2, config);
  auto client = server.connect(), other = server.connect();
  const std::string url = server.url("/lecture.mp4");
  UdpPair one, two;
  if (one.port() > two.port()) std::swap(one, two);
  const auto set_up = [&](RtspClient& by, const UdpPair& rtp) {
    return by.request("SETUP", url + "/track1",
                      {{"Transport", "RTP/AVP;unicast;client_port=" + std::to_string(rtp.port()) + "-" +
                                         std::to_string(two.port() + 1)}});
  };
  const Answer first = set_up(client, one);
  REQUIRE(first.status == 200);
  CHECK(set_up(client, two).status == 400);
  CHECK(set_up(other, two).status == 400);  // on another loop
  REQUIRE(client.request("TEARDOWN", url, {{"Session", first.session()}}).status == 200);
  const Answer second = set_up(other, two);
  REQUIRE(second.status == 200);
  const std::string transport = second.header("Transport");
  const auto rtcp = static_cast<std::uint16_t>(
      std::stoi(transport.substr(transport.find('-', transport.find("server_port=")) + 1)));
  for (int i = 0; i < 12; ++i) {  // longer than the timeout and a sweep
    two.send_rtcp(rtcp, receiver_report(1));
    std::this_thread::sleep_for(milliseconds(200));
  }
  CHECK(other.request("PLAY", url, {{"Session", second.session()}}).status == 200);
}

TEST_CASE("A SETUP that is refused leaves the track as it was", "[rtsp_server]") {
  const RunningServer server;
  const std::string url = server.url("/lecture.mp4");
  UdpPair own, next, taken;
  auto client = server.connect(), other = server.connect();
  const auto set_up = [&](RtspClient& by, const UdpPair& ports, Headers headers) {
    headers.emplace_back("Transport", over_udp(ports));
    return by.request("SETUP", url + "/track1", headers);
  };
  REQUIRE(set_up(other, taken, {}).status == 200);
  const Answer setup = set_up(client, own, {});
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  CHECK(set_up(client, taken, session).status == 400);
  CHECK(set_up(other, own, {}).status == 400);  // still held
  REQUIRE(client.request("PLAY", url, session).status == 200);
  CHECK(own.rtp().has_value());
  REQUIRE(client.request("PAUSE", url, session).status == 200);
  CHECK(set_up(client, own, session).status == 200);
  CHECK(set_up(client, next, session).status == 200);
  own.drain();
  REQUIRE(client.request("PLAY", url, session).status == 200);
  CHECK(next.rtp().has_value());
  CHECK_FALSE(own.rtp(milliseconds(100)).has_value());
  CHECK(set_up(other, own, {}).status == 200);
}

TEST_CASE("A further track is one of the file that the session has open", "[rtsp_server]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "lecture.mp4";
  std::filesystem::copy_file(SampleMedia::get().root() / "lecture.mp4", file);
  server::Config config;
  config.roots = {{"", folder.path()}};
  const RunningServer server(1, config);
  auto client = server.connect();
  const std::string url = server.url("/lecture.mp4");
  const Answer first = client.request("SETUP", url + "/track1", {{"Transport", over_tcp}});
  REQUIRE(first.status == 200);
  std::filesystem::remove(file);
  const Headers headers{{"Session", first.session()}, {"Transport", "RTP/AVP/TCP;unicast"}};
  CHECK(client.request("SETUP", url + "/track2", headers).status == 200);
  CHECK(client.request("SETUP", url + "/track3", headers).status == 404);
  CHECK(client.request("SETUP", url, headers).status == 459);
  CHECK(client.request("PLAY", url, {headers[0]}).status == 200);
}

TEST_CASE("A start without UDP ports for every loop fails and lets go of everything", "[rtsp_server]") {
  const auto host = server::Endpoint::loopback(server::Endpoint::Family::v4);
  auto pair = server::bind_port_pair(host);
  REQUIRE(pair);
  server::Config config;
  config.listen = "127.0.0.1:0";
  config.tls_listen = server::listen_off;
  config.loops = 2;
  config.udp_ports = server::PortRange{pair->rtp_port, static_cast<std::uint16_t>(pair->rtp_port + 1)};
  pair->rtp.reset();
  pair->rtcp.reset();
  server::EventLoop accepting;
  const auto start = [&] {
    return server::RtspServer::start(accepting, config, [](media::Severity, const std::string&) {});
  };
  const auto failed = start();
  REQUIRE_FALSE(failed);
  CHECK(
      failed.error().message.starts_with("cannot start 2 loops, of which each needs a pair of UDP ports: "));
  config.loops = 1;
  CHECK(start());
}

TEST_CASE("A taken port of RTSPS is an error where it was asked for, else there is RTSP alone",
          "[rtsp_server]") {
  const TemporaryFolder state;
  const auto host = server::Endpoint::parse("127.0.0.9:0").value();
  server::EventLoop accepting;
  const auto taken = server::TcpListener::listen(accepting, host, {}).value();
  // Where another program has it, it is taken as well.
  const auto default_taken =
      server::TcpListener::listen(accepting, host.with_port(server::default_tls_port), {});
  std::uint16_t port = 0;
  port = server::TcpListener::listen(accepting, host, {}).value()->local().port();
  server::Config config;
  config.listen = host.with_port(port).to_string();
  config.loops = 1;
  config.state_directory = state.path();
  const auto start = [&] {
    return server::RtspServer::start(accepting, config, [](media::Severity, const std::string&) {});
  };
  {
    const auto plain = start();
    REQUIRE(plain);
    CHECK((*plain)->local());
    CHECK_FALSE((*plain)->tls_local());
    CHECK((*plain)->tls_fingerprint().empty());
  }
  config.tls_listen = taken->local().to_string();
  const auto failed = start();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "cannot listen on TCP " + *config.tls_listen + ": Address already in use");
  config.tls_listen = "127.0.0.9:0";
  config.tls_certificate = "/etc/passwd";
  const auto no_certificate = start();
  REQUIRE_FALSE(no_certificate);
  CHECK_THAT(no_certificate.error().message, Catch::StartsWith("tls_certificate: /etc/passwd: holds no"));
  config.tls_certificate.clear();
  config.listen = server::listen_off;
  const auto secure = start();
  REQUIRE(secure);
  CHECK_FALSE((*secure)->local());
  CHECK((*secure)->tls_fingerprint().size() == 95);
  config.tls_listen = server::listen_off;
  CHECK_FALSE(start());
}

TEST_CASE("UDP ports are those of the range", "[rtsp_server]") {
  const auto host = server::Endpoint::loopback(server::Endpoint::Family::v4);
  const auto port = server::bind_port_pair(host).value().rtp_port;
  server::Config config;
  config.udp_ports = server::PortRange{port, static_cast<std::uint16_t>(port + 1)};
  const RunningServer server(1, config);
  Viewer viewer(server);
  CHECK(viewer.server_rtcp == port + 1);
  const auto datagram = viewer.ports.rtp();
  REQUIRE(datagram);
  CHECK(datagram->from.port() == port);
}

TEST_CASE("On a host of several addresses media come from the one that was asked", "[rtsp_server]") {
  server::Config config;
  config.listen = GENERATE("[::]:0", "0.0.0.0:0");
  const RunningServer server(2, config);
  UdpPair ports;
  auto client = server.connect("127.0.0.2");
  const std::string url = server.url("/lecture.mp4");
  const Answer setup = client.request("SETUP", url + "/track1", {{"Transport", over_udp(ports)}});
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  REQUIRE(client.request("PLAY", url, session).status == 200);
  const auto from = [](const std::optional<Datagram>& datagram) {
    REQUIRE(datagram);
    return server::Endpoint::from_sockaddr(datagram->from.storage).host();
  };
  CHECK(from(ports.rtp()) == "127.0.0.2");
  CHECK(from(ports.rtcp()) == "127.0.0.2");
  REQUIRE(client.request("TEARDOWN", url, session).status == 200);
  CHECK(from(ports.rtcp()) == "127.0.0.2");  // BYE
}

TEST_CASE("A burst of connections is spread over the loops", "[rtsp_server]") {
  const RunningServer server(3);
  std::map<std::string, int> viewers;  // by the UDP ports of their loop
  std::vector<RtspClient> clients;
  std::vector<UdpPair> pairs(12);
  for (std::size_t i = 0; i < pairs.size(); ++i) clients.push_back(server.connect());
  for (RtspClient& client : clients) REQUIRE(client.request("OPTIONS", server.url("/")).status == 200);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Answer setup =
        clients[i].request("SETUP", server.url("/lecture.mp4/track1"), {{"Transport", over_udp(pairs[i])}});
    REQUIRE(setup.status == 200);
    const std::string transport = setup.header("Transport");
    ++viewers[transport.substr(transport.find("server_port="), 17)];
  }
  CHECK(viewers.size() == 3);
  for (const auto& [ports, count] : viewers) CHECK(count == 4);
}

TEST_CASE("Without IPv6 in the system every address is every IPv4 address, for UDP too", "[rtsp_server]") {
  std::string failure = "not started";
  // The filter holds for one thread, and for the threads that it starts.
  std::thread without([&] {
    if (!refuse_ipv6()) return failure.clear();  // a kernel without seccomp
    server::EventLoop accepting;
    server::Config config;
    config.listen = ":0";
    config.tls_listen = server::listen_off;
    config.loops = 1;
    const auto server =
        server::RtspServer::start(accepting, config, [](media::Severity, const std::string&) {});
    failure = server ? "" : server.error().message;
  });
  without.join();
  CHECK(failure == "");
}

TEST_CASE("Without a free descriptor a file is served later, not never", "[rtsp_server]") {
  const RunningServer server;
  auto client = server.connect();
  const std::string url = server.url("/lecture.mp4");
  REQUIRE(client.request("OPTIONS", url).status == 200);
  Answer refused;
  {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const server::FileDescriptor next(::dup(0));
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next.get());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    std::vector<server::FileDescriptor> gaps;
    for (server::FileDescriptor gap(::dup(0)); gap; gap = server::FileDescriptor(::dup(0)))
      gaps.push_back(std::move(gap));
    refused = client.request("DESCRIBE", url);
    ::setrlimit(RLIMIT_NOFILE, &before);
  }
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "10");
  CHECK(client.request("DESCRIBE", url).status == 200);
}

TEST_CASE("Who reads its answers late gets all of them", "[rtsp_server]") {
  const RunningServer server;
  RtspClient client("127.0.0.1", server.port(), "", 4096);
  constexpr int many = 5000;
  std::string requests;
  for (int i = 1; i <= many; ++i)
    requests += "SETUP " + server.url("/") + " RTSP/1.0\r\nCSeq: " + std::to_string(i) +
                "\r\nRequire: " + std::string(1000, 'x') + "\r\n\r\n";
  std::thread sender([&] { client.send(requests); });
  std::this_thread::sleep_for(milliseconds(500));
  int answered = 0;
  while (answered < many && client.answer().header("CSeq") == std::to_string(answered + 1)) ++answered;
  sender.join();
  CHECK(answered == many);
}

TEST_CASE("Random bytes over RTSP and RTCP disturb no other viewer", "[rtsp_server][fuzz]") {
  const RunningServer server(2);
  Viewer viewer(server);
  Random random(20);
  UdpPair ports;
  const std::string url = server.url("/lecture.mp4"), report = receiver_report(0x11223344),
                    bye = receiver_bye(0x55667788);
  const auto end = Clock::now() + milliseconds(3000);
  std::size_t rounds = 0, answers = 0;
  for (; Clock::now() < end; ++rounds) {
    Transcript::current().clear();
    RtspClient client = server.connect();
    const bool tcp = random.below(2) == 0;
    const Answer setup = client.request("SETUP", url + "/track" + std::to_string(1 + random.below(2)),
                                        {{"Transport", tcp ? over_tcp : over_udp(ports)}});
    const std::string session = setup.status == 200 ? setup.session() : "none";
    const std::string tail = " RTSP/1.0\r\nCSeq: 7\r\nSession: " + session + "\r\n";
    const std::string messages[] = {
        "PLAY " + url + tail + "Range: npt=1-3\r\nScale: 2\r\nSpeed: 4\r\n\r\n",
        "PLAY " + url + tail + "Range: npt=5-1\r\nScale: -4\r\n\r\n",
        "PLAY " + url + tail + "\r\n",
        "PAUSE " + url + tail + "\r\n",
        "SETUP " + url + "/track2" + tail + "Transport: " + (tcp ? over_tcp : over_udp(ports)) + "\r\n\r\n",
        "TEARDOWN " + url + "/track1" + tail + "\r\n",
        "TEARDOWN " + url + tail + "\r\n",
        "GET_PARAMETER " + url + tail + "Content-Length: 9\r\n\r\nposition\n",
        "DESCRIBE " + url + tail + "Accept: application/sdp\r\n\r\n",
        std::string("$\x01\x00", 3) + static_cast<char>(report.size()) + report,
        std::string("$\x00\x00", 3) + static_cast<char>(bye.size()) + bye,
    };
    for (std::size_t sends = 1 + random.below(8); sends > 0; --sends) {
      const std::string& message = messages[random.below(std::size(messages))];
      client.send(random.below(3) == 0 ? std::string(as_text(mutated(as_bytes(message), random))) : message);
      const std::string& datagram = random.below(2) == 0 ? report : bye;
      const std::string broken(as_text(mutated(as_bytes(datagram), random)));
      ports.send_rtcp(viewer.server_rtcp, broken);
      viewer.ports.send_rtcp(viewer.server_rtcp, broken);
      if (random.below(4) == 0)
        while (std::holds_alternative<Answer>(client.next(milliseconds(random.below(4))))) ++answers;
    }
    client.disconnect(random.below(2) == 0);
  }
  CAPTURE(rounds, answers);
  CHECK(rounds > 20);
  CHECK(answers > 5);
  CHECK(viewer.received() > 60);  // 25 pictures a second for three seconds
  CHECK(viewer.client.request("TEARDOWN", viewer.url, {{"Session", viewer.session}}).status == 200);
}
