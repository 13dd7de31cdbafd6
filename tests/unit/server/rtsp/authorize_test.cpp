#include "server/rtsp/authorize.h"

#include <catch2/catch.hpp>
#include <future>

#include "protocol/auth/credentials.h"
#include "tests/support/http_server.h"
#include "tests/support/live_reading.h"
#include "tests/unit/server/rtsp/running_server.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

User user(const std::string& name, const std::string& password, const std::string& read) {
  User made;
  made.name = name;
  made.passwords = {parse_password(password).value()};
  made.permissions[0] = {PathPattern::parse(read).value()};
  return made;
}

Config with_users() {
  Config config;
  config.basic_over_plain = true;
  // Of "other"
  const std::string argon2 =
      "argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE";
  config.users = {user("alice", "sesame", "short.mp4"), user("carol", argon2, "**")};
  return config;
}

Headers basic(const std::string& name, const std::string& password, Headers headers = {}) {
  headers.emplace_back("Authorization", auth::serialize(auth::BasicCredentials{name, password}));
  return headers;
}

}  // namespace

TEST_CASE("requests are let in on every loop, and sessions answer to their user", "[access]") {
  const RunningServer server(3, with_users());
  RtspClient client = server.connect(), other = server.connect();
  const std::string url = server.url("/short.mp4");
  CHECK(client.request("DESCRIBE", url).status == 401);
  // A thread checks this one, and the loop goes on.
  CHECK(client.request("DESCRIBE", url, basic("carol", "other")).status == 200);
  const Answer setup =
      client.request("SETUP", url + "/track1",
                     basic("alice", "sesame", {{"Transport", "RTP/AVP;unicast;client_port=42110-42111"}}));
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  CHECK(other.request("PLAY", url, basic("carol", "other", session)).status == 454);
  CHECK(other.request("PLAY", url, basic("alice", "sesame", session)).status == 200);
  // A sign of life needs no login; new keys are more than that.
  CHECK(other.request("GET_PARAMETER", url, session).status == 200);
  CHECK(other.request("SET_PARAMETER", url, session).status == 200);
  Headers keys = session;
  keys.emplace_back("KeyMgmt", "prot=mikey; uri=\"\"; data=\"AQ==\"");
  CHECK(other.request("SET_PARAMETER", url, keys).status == 401);
  CHECK(other.request("GET_PARAMETER", url).status == 401);
  CHECK(other.request("GET_PARAMETER", url, session, "position\r\n").status == 401);
  CHECK(other.request("TEARDOWN", url, basic("alice", "sesame", session)).status == 200);
}

TEST_CASE("recording asks for another permission than playing", "[access]") {
  Config config = with_users();
  config.users[0].permissions[1] = {PathPattern::parse("in/cam").value()};
  const RunningServer server(1, config);
  RtspClient client = server.connect();
  const auto status = [&](const char* method, const std::string& path,
                          const std::string& transport = "RTP/AVP/TCP") {
    return client.request(method, server.url(path), basic("alice", "sesame", {{"Transport", transport}}))
        .status;
  };
  CHECK(status("ANNOUNCE", "/short.mp4") == 403);
  CHECK(status("ANNOUNCE", "/in/cam") == 405);
  CHECK(status("DESCRIBE", "/in/cam") == 403);
  CHECK(status("SETUP", "/short.mp4/track1", "RTP/AVP/TCP;mode=record") == 403);
  CHECK(status("SETUP", "/in/cam/track1", "RTP/AVP/TCP;mode=record") != 403);
  CHECK(status("SETUP", "/in/cam/track1") == 403);
  // Who may only record sets up nothing that plays behind it.
  CHECK(status("SETUP", "/in/cam/track1", "RTP/AVP/TCP;mode=record,RTP/AVP/TCP;mode=play") == 403);
  // What belongs to both is for either.
  CHECK(status("PAUSE", "/in/cam") == 454);
  CHECK(status("PAUSE", "/short.mp4") == 454);
  CHECK(status("PAUSE", "/else") == 403);
}

TEST_CASE("a track of what is permitted is found however its path is written", "[access]") {
  const RunningServer server(1, with_users());
  RtspClient client = server.connect();
  for (const char* path : {"/short.mp4/track1", "/short.mp4/track1/", "/short.mp4/track1/.",
                           "/short.mp4/track1/%2e/", "/./short.mp4/./track1/./.", "//short.mp4/track1",
                           "/short.mp4%2ftrack1", "/short.mp4/track1/%2e?x=y"}) {
    CAPTURE(path);
    const Answer answer = client.request("DESCRIBE", server.url(path), basic("alice", "sesame"));
    CHECK(answer.status == 200);
    CHECK(answer.body.find("a=control:track1\r\n") != std::string::npos);
  }
  for (const char* path : {"/short.mp4/track1/..", "/short.mp4/track1/track1", "/short.mp4/track1/x"})
    CHECK(client.request("DESCRIBE", server.url(path), basic("alice", "sesame")).status == 403);
}

TEST_CASE("the server stops while answers are held back and checks are under way", "[access]") {
  std::promise<void> stuck;
  HttpServer http([done = stuck.get_future().share()](const std::string&) {
    done.wait();
    return 200;
  });
  for (const bool asks : {false, true}) {
    Config config = with_users();
    if (asks) config.auth.http = http.url();
    auto server = std::make_unique<RunningServer>(2, config);
    std::vector<RtspClient> clients;
    for (int i = 0; i < 12; ++i) {
      clients.push_back(server->connect());
      clients.back().send_request("DESCRIBE", server->url("/short.mp4"),
                                  basic(i % 2 ? "alice" : "nobody", "guess"));
    }
    if (!asks) CHECK(clients.front().answer().status != 0);
    if (asks)
      for (const auto deadline = Clock::now() + 5s; http.bodies().empty() && Clock::now() < deadline;)
        std::this_thread::sleep_for(5ms);
    const auto begun = Clock::now();
    server.reset();
    CHECK(Clock::now() - begun < 4s);
    CHECK(clients.back().closes());
  }
  stuck.set_value();
}

TEST_CASE("who was let in by a configuration that is reloaded meanwhile is asked anew", "[access]") {
  std::promise<void> reloaded;
  HttpServer http([done = reloaded.get_future().share()](const std::string&) {
    done.wait();
    return 200;
  });
  Config config = with_users();
  config.roots = {{"", SampleMedia::get().root()}};
  const Config without = config;
  config.auth.http = http.url();
  RunningServer server(1, config);
  RtspClient client = server.connect();
  client.send_request("DESCRIBE", server.url("/short.mp4"), basic("guest", "pass"));
  const bool asked = eventually([&] { return !http.bodies().empty(); });
  server.reload(without);
  reloaded.set_value();
  CHECK(asked);
  CHECK(client.answer().status == 401);
  CHECK(client.request("DESCRIBE", server.url("/short.mp4"), basic("alice", "sesame")).status == 200);
}
