// RTSPS: RTSP in TLS, with its media inside. CONFORMANCE: Abuse, half-open TLS.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

RtspClient connect(const ServerProcess& to) {
  return RtspClient::over_tls(to.host(), to.rtsps_port());
}

RtspClient connect_bare(const ServerProcess& to) {
  return {to.host(), to.rtsps_port()};
}

/// Whether a new client is served by RTSPS.
bool serves(const ServerProcess& server) {
  try {
    auto client = connect(server);
    return client.request("OPTIONS", server.rtsps_url("/")).status == 200;
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool logs(const ServerProcess& server, const std::string& text) {
  return eventually([&] { return server.log().find(text) != std::string::npos; }, 5000);
}

/// As a new client meets it.
std::string fingerprint_of(const ServerProcess& server) {
  const auto address = Address::of(server.host(), server.rtsps_port());
  const Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{5, 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  REQUIRE(::connect(socket.fd(), address.raw(), address.size) == 0);
  return TlsClient(socket.fd()).fingerprint();
}

}  // namespace

TEST_CASE("a session by RTSPS: URLs come back as rtsps, media come in TLS", "[rtsps]") {
  auto client = connect(server());
  const auto url = server().rtsps_url("/lecture.mp4");
  CHECK(client.request("OPTIONS", "*").status == 200);
  const auto described = client.request("DESCRIBE", url);
  REQUIRE(described.status == 200);
  CHECK(described.header("Content-Base") == url + "/");
  // Keys are safe here, so they are offered; FFmpeg and VLC ask for RTP/AVP/TCP all the same.
  CHECK(described.body.find("m=video 0 RTP/SAVP 96\r\n") != std::string::npos);
  CHECK(described.body.find("a=key-mgmt:mikey ") != std::string::npos);
  const auto setup =
      client.request("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  REQUIRE(setup.status == 200);
  CHECK(parameter(setup.header("Transport"), "interleaved") == "0-1");
  const Headers session{{"Session", setup.session()}};
  const auto play = client.request("PLAY", url + "/", {session[0], {"Speed", "8"}});
  REQUIRE(play.status == 200);
  CHECK(parse_rtp_info(play.header("RTP-Info")).at(0).url == url + "/track1");
  std::vector<RtpPacket> received;
  bool bye = false;
  while (!bye) {
    const auto frame = client.frame(5000ms);
    REQUIRE(frame);
    if (frame->channel == 0)
      received.push_back(parse_rtp(frame->data).value());
    else
      bye = parse_rtcp(frame->data).value().bye;
  }
  CHECK(received.size() > 250);
  for (std::size_t i = 1; i < received.size(); ++i)
    REQUIRE(received[i].seq == static_cast<std::uint16_t>(received[i - 1].seq + 1));
  CHECK(client.request("TEARDOWN", url + "/", session).status == 200);
}

TEST_CASE("media in the clear over UDP are refused by RTSPS, with a reason", "[rtsps]") {
  auto client = connect(server());
  const auto track = server().rtsps_url("/lecture.mp4/track1");
  const auto udp = client.request("SETUP", track, {{"Transport", "RTP/AVP;unicast;client_port=40000-40001"}});
  CHECK(udp.status == 461);
  CHECK_THAT(udp.reason, Catch::Contains("RTP/AVP/TCP"));
  // The first of several that is enabled.
  const auto both = client.request(
      "SETUP", track,
      {{"Transport", "RTP/AVP;unicast;client_port=40000-40001,RTP/AVP/TCP;unicast;interleaved=2-3"}});
  CHECK(both.status == 200);
  CHECK(parameter(both.header("Transport"), "interleaved") == "2-3");
}

TEST_CASE("half-open handshakes end at their deadline and disturb nobody", "[rtsps]") {
  const ServerProcess strict(with_config("tls_handshake_timeout: 1s\nmax_tls_handshakes: 20\n"));
  const auto url = strict.rtsps_url("/lecture.mp4");
  auto viewer = connect(strict);
  const auto setup = viewer.request("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast"}});
  REQUIRE(setup.status == 200);
  REQUIRE(viewer.request("PLAY", url + "/", {{"Session", setup.session()}}).status == 200);
  std::vector<RtspClient> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(connect_bare(strict));
  for (std::size_t i = 0; i < silent.size(); i += 2) silent[i].send("\x16\x03\x01\x20\x00\x01"s);
  CHECK(eventually([&] { return !serves(strict); }));
  CHECK(logs(strict, "too many TLS handshakes"));
  for (auto& client : silent) CHECK(client.closes(5000ms));
  CHECK(eventually([&] { return serves(strict); }));
  CHECK(logs(strict, "the TLS handshake took too long"));
  std::optional<std::uint16_t> last;
  for (const auto deadline = Clock::now() + 500ms; Clock::now() < deadline;) {
    const auto frame = viewer.frame(2000ms);
    REQUIRE(frame);
    if (frame->channel != 0) continue;
    const auto seq = parse_rtp(frame->data).value().seq;
    if (last) REQUIRE(seq == static_cast<std::uint16_t>(*last + 1));
    last = seq;
  }
  CHECK(viewer.request("GET_PARAMETER", url + "/", {{"Session", setup.session()}}).status == 200);
}

TEST_CASE("who speaks to the wrong port is told so, and so is the log", "[rtsps]") {
  auto plain = connect_bare(server());
  const auto answer = plain.request("OPTIONS", server().url("/"));
  CHECK(answer.status == 400);
  CHECK_THAT(answer.reason, Catch::Contains("rtsps://"));
  CHECK(plain.closes());
  CHECK(logs(server(), "a plain RTSP client on the port for RTSPS"));

  RtspClient tls(server().host(), server().port());
  tls.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(505, 'x'));
  CHECK(tls.closes());
  CHECK(logs(server(), "a TLS client on the port for plain RTSP"));
  CHECK_THROWS(RtspClient::over_tls(server().host(), server().port()));
  CHECK(server_is_well());
}

TEST_CASE("junk on the port for RTSPS harms nobody", "[rtsps]") {
  for (const auto& bytes :
       {std::string(1000, '\xff'), "\x16\x03\x01\xff\xff"s + std::string(70000, 'A'), "\x80"s,
        "\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff"s, "\x15\x03\x03\x00\x02\x02\x28"s}) {
    auto client = connect_bare(server());
    client.send(bytes);
    if (bytes.size() > 1) CHECK(client.closes());
  }
  CHECK(serves(server()));
}

TEST_CASE("a request may be slow by RTSPS, too, and a silent connection has the same deadlines", "[rtsps]") {
  const ServerProcess strict(with_config("request_timeout: 1s\nidle_timeout: 2s\n"));
  auto silent = connect(strict), half = connect(strict);
  half.send("OPTIONS * RTSP/1.0\r\n");
  CHECK(half.answer(5000ms).status == 408);
  CHECK(half.closes());
  CHECK(silent.closes(5000ms));
}

TEST_CASE("with plain RTSP off there is RTSPS alone", "[rtsps]") {
  auto options = with_config("");
  options.plain = false;
  const ServerProcess secure(options);
  CHECK(serves(secure));
  CHECK_THROWS(RtspClient(secure.host(), secure.port()));
  CHECK(secure.log().find("listening on rtsp://") == std::string::npos);
}

TEST_CASE("the certificate that is made is kept, and its fingerprint logged", "[rtsps]") {
  const TemporaryFolder folder;
  const auto config = with_config("state_directory: " + (folder.path() / "state").string() + "\n");
  std::string first;
  {
    const ServerProcess one(config);
    first = fingerprint_of(one);
    CHECK(one.log().find("made a certificate for RTSPS") != std::string::npos);
    CHECK(one.log().find("SHA-256 " + first) != std::string::npos);
  }
  const ServerProcess two(config);
  CHECK(fingerprint_of(two) == first);
  CHECK(two.log().find("made a certificate") == std::string::npos);
  const ServerProcess elsewhere(with_config("state_directory: /proc/nowhere\n"));
  CHECK(serves(elsewhere));
  CHECK(logs(elsewhere, "cannot be kept"));
  CHECK(fingerprint_of(elsewhere) != first);
}

TEST_CASE("a certificate that changes on disk is taken for new connections, old ones go on", "[rtsps]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pair.pem";
  const auto copy_of_another = [&](const fs::path& to) {
    const ServerProcess other(with_config(""));
    other.rtsps_port();  // The certificate is there before the port is named.
    fs::copy_file(other.state_home() / "lectern" / "rtsps.pem", to, fs::copy_options::overwrite_existing);
    return fingerprint_of(other);
  };
  const auto first = copy_of_another(file);
  const ServerProcess changing(with_config("tls_certificate: " + file.string() + "\n"));
  CHECK(fingerprint_of(changing) == first);
  auto old = connect(changing);
  std::ofstream(file) << "broken";
  CHECK(logs(changing, "the changed certificate of RTSPS is refused"));
  CHECK(fingerprint_of(changing) == first);
  const auto second = copy_of_another(folder.path() / "new.pem");
  fs::rename(folder.path() / "new.pem", file);
  CHECK(eventually([&] { return fingerprint_of(changing) == second; }, 8000));
  CHECK(old.request("OPTIONS", changing.rtsps_url("/")).status == 200);
}
