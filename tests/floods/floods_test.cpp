// What strangers do to a server that a hundred viewers watch. None of them loses a packet, somebody who comes
// meanwhile is served, and what the flood took is given back within a minute. From thousands of addresses, so
// that no limit of one address spares the server anything; and from one, where the limits do.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/floods/flood.h"
#include "tests/floods/trial.h"
#include "tests/support/rtsp_client.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string options = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";

std::size_t sized(std::size_t full, std::size_t part) {
  return full_size() ? full : part;
}
milliseconds lasting(milliseconds full, milliseconds part = 1500ms) {
  return full_size() ? full : part;
}

Behaviour plain(const Trial& trial) {
  Behaviour behaviour;
  behaviour.port = const_cast<Trial&>(trial).server().port();
  return behaviour;
}

}  // namespace

TEST_CASE("10,000 idle connections", "[floods]") {
  const std::size_t many = sized(10'000, 2'500);
  Trial trial("10,000 idle connections", "max_connections: 20000\n");
  auto behaviour = plain(trial);
  behaviour.says = options;  // each is served before it is idle
  Flood flood(trial.server(), behaviour, many);
  CHECK(flood.run_until_held(many, 60s, true));
  trial.look();
  CHECK(trial.serves_others());
  flood.run(lasting(20s));
  CHECK(flood.counts().held == many);
  CHECK(flood.counts().out_of_order == 0);
  CHECK(trial.serves_others());
  trial.look();
  flood.end();
  trial.end();
}

TEST_CASE("10,000 connections that say nothing, from one address: as many as it may have", "[.][full]") {
  Trial trial("10,000 silent connections of one address");
  auto behaviour = plain(trial);
  behaviour.many_addresses = false;
  Flood flood(trial.server(), behaviour, sized(10'000, 3'000), full_size() ? 0 : 4'000);
  flood.run(lasting(30s));
  trial.look();
  CHECK(flood.counts().closed > 100);
  CHECK(trial.server().open_descriptors() < 2'000 + 300);
  CHECK(trial.serves_others());
  flood.end();
  trial.end();
}

TEST_CASE("1,000 connections that send a byte of a header a second", "[floods]") {
  const std::size_t many = sized(1'000, 1'000);
  Trial trial("1,000 slow headers", full_size() ? "" : "request_timeout: 2s\n");
  auto behaviour = plain(trial);
  behaviour.says = "OPTIONS * RTSP/1.0\r\n";
  behaviour.drips = "X-Slow: slowly\r\n";
  Flood flood(trial.server(), behaviour, many);
  CHECK(flood.run_until_held(many, 20s));
  trial.look();
  CHECK(trial.serves_others());
  // Each is closed at its deadline, however much it has said by then, and comes again.
  flood.run(lasting(40s, 3500ms));
  CHECK(flood.counts().closed >= many);
  CHECK(trial.serves_others());
  trial.look();
  flood.end();
  trial.end();
}

TEST_CASE("1,000 half-open TLS handshakes", "[floods]") {
  const std::size_t many = 1'000;
  Trial trial(
      "1,000 half-open TLS handshakes",
      full_size() ? "max_tls_handshakes: 1200\n" : "max_tls_handshakes: 1200\ntls_handshake_timeout: 2s\n");
  const std::string hello = client_hello();
  Behaviour behaviour;
  behaviour.port = trial.server().rtsps_port();
  behaviour.says = hello.substr(0, hello.size() / 2);
  Flood cut(trial.server(), behaviour, many / 2);
  behaviour.says = hello;  // the server has signed, and waits for the client's Finished
  Flood whole(trial.server(), behaviour, many / 2);
  CHECK(cut.run_until_held(many / 2, 20s));
  CHECK(whole.run_until_held(many / 2, 20s, true));
  trial.look();
  CHECK(trial.serves_others());
  CHECK(trial.serves_others(true));
  for (const auto until = Clock::now() + lasting(30s, 3000ms); Clock::now() < until;) {
    cut.run(20ms);
    whole.run(20ms);
  }
  CHECK(cut.counts().closed >= many / 2);
  CHECK(whole.counts().closed >= many / 2);
  trial.look();
  cut.end();
  whole.end();
  trial.end();
}

TEST_CASE("1,000 half-open TLS handshakes of one address do not keep others out", "[.][full]") {
  Trial trial("1,000 half-open handshakes of one address");
  Behaviour behaviour;
  behaviour.port = trial.server().rtsps_port();
  behaviour.says = client_hello();
  behaviour.many_addresses = false;
  Flood flood(trial.server(), behaviour, 1'000, 500);
  flood.run(lasting(20s, 2000ms));
  trial.look();
  CHECK(flood.counts().held <= 128 + 50);  // half of max_tls_handshakes, and those that are just refused
  CHECK(flood.counts().closed > 100);
  CHECK(trial.serves_others(true));
  flood.end();
  trial.end();
}

TEST_CASE("200 new connections a second", "[floods]") {
  Trial trial("200 new connections a second");
  auto behaviour = plain(trial);
  behaviour.says = options;
  behaviour.stays = false;
  Flood hasty(trial.server(), behaviour, 400, 50);  // gone before they are answered
  behaviour.awaits = true;
  Flood flood(trial.server(), behaviour, 400, 200);
  const auto time = lasting(30s, 2500ms);
  for (const auto until = Clock::now() + time; Clock::now() < until;) {
    flood.run(10ms);
    hasty.run(2ms);
  }
  trial.look();
  const auto counts = flood.counts();
  CHECK(counts.begun >= static_cast<std::uint64_t>(time / 1s) * 150);
  CHECK(hasty.counts().begun >= static_cast<std::uint64_t>(time / 1s) * 35);
  // The last ones are on their way.
  CHECK(counts.good >= counts.begun - counts.begun / 20);
  CHECK(counts.answers == counts.good);
  CHECK(counts.closed == 0);
  CHECK(trial.serves_others());
  flood.end();
  hasty.end();
  trial.end();
}

TEST_CASE("viewers that never read", "[floods]") {
  Trial trial("20 viewers that never read");
  std::vector<RtspClient> deaf;
  constexpr std::size_t many = 20;
  for (std::size_t i = 0; i < many; ++i) {
    auto& client = deaf.emplace_back(trial.server().host(), trial.server().port(), "127.3.0.1", 4096);
    const std::string path = i % 2 == 0 ? "/recording.mp4" : "/live";
    const auto setup =
        client.request("SETUP", trial.server().url(path + "/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}});
    REQUIRE(setup.status == 200);
    client.send_request("PLAY", trial.server().url(path + "/"),
                        {{"Session", setup.session()}, {"Speed", "16"}});
  }
  // The answers are behind media that they do not read.
  CHECK(trial.plays_from("127.3.0.1", many, 10s));
  // Requests that nobody takes the answers of.
  auto behaviour = plain(trial);
  behaviour.reads = false;
  for (int i = 1; i <= 2000; ++i)
    behaviour.says += "DESCRIBE " + trial.server().url("/recording.mp4") + " RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  Flood flood(trial.server(), behaviour, 50);
  flood.run(lasting(60s, 2500ms));
  CHECK(flood.counts().held == 50);
  trial.look();
  CHECK(trial.serves_others());
  for (auto& client : deaf) client.disconnect(true);
  flood.end();
  trial.end();
}

TEST_CASE("pipelines of 10,000 requests are answered in order", "[floods]") {
  // As fast as it goes, which is what it would be without max_request_rate.
  const std::size_t requests = 10'000, pipelines = sized(20, 4);
  Trial trial("pipelines of 10,000 requests", "max_request_rate: 1000000\n");
  auto behaviour = plain(trial);
  for (std::size_t i = 1; i <= requests; ++i)
    behaviour.says += "OPTIONS * RTSP/1.0\r\nCSeq: " + std::to_string(i) + "\r\n\r\n";
  Flood flood(trial.server(), behaviour, pipelines);
  const auto deadline = Clock::now() + 60s;
  while (flood.counts().answers < requests * pipelines && Clock::now() < deadline) {
    flood.run(100ms);
    trial.look();
  }
  CHECK(flood.counts().answers == requests * pipelines);
  CHECK(flood.counts().out_of_order == 0);
  CHECK(flood.counts().closed == 0);
  CHECK(trial.serves_others());
  flood.end();
  trial.end();
}

TEST_CASE("pipelines of 10,000 requests go at max_request_rate", "[.][full]") {
  Trial trial("pipelines, held by max_request_rate");
  auto behaviour = plain(trial);
  for (int i = 1; i <= 10'000; ++i)
    behaviour.says += "OPTIONS * RTSP/1.0\r\nCSeq: " + std::to_string(i) + "\r\n\r\n";
  const std::size_t pipelines = 50;
  Flood flood(trial.server(), behaviour, pipelines);
  const auto begin = Clock::now();
  flood.run(lasting(20s));
  trial.look();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  CHECK(flood.counts().answers >= pipelines * 20);
  CHECK(flood.counts().answers <= pipelines * static_cast<std::size_t>(100 + 100 * (seconds + 1)));
  CHECK(flood.counts().out_of_order == 0);
  CHECK(trial.serves_others());
  flood.end();
  trial.end();
}

TEST_CASE("random bytes", "[floods]") {
  Trial trial("random bytes");
  std::vector<std::unique_ptr<Flood>> floods;
  for (unsigned seed = 1; seed <= 16; ++seed) {
    auto behaviour = plain(trial);
    if (seed % 4 == 0) behaviour.port = trial.server().rtsps_port();
    // Half of them look like frames, or like a request, at first.
    behaviour.says = (seed % 4 == 1   ? "$"s
                      : seed % 4 == 2 ? "SETUP rtsp://127.0.0.1/live RTSP/1.0\r\n"s
                                      : ""s) +
                     random_bytes(64 * 1024, seed);
    floods.push_back(std::make_unique<Flood>(trial.server(), behaviour, 10, 100));
  }
  for (const auto until = Clock::now() + lasting(30s); Clock::now() < until;)
    for (const auto& flood : floods) flood->run(2ms);
  trial.look();
  std::uint64_t begun = 0;
  for (const auto& flood : floods) begun += flood->counts().begun;
  CHECK(begun >= 160);
  CHECK(trial.serves_others());
  CHECK(trial.serves_others(true));
  floods.clear();
  trial.end();
}
