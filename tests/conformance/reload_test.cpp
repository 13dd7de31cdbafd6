// The configuration is read again while the server runs: by SIGHUP, and where `watch` says so.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/login.h"
#include "tests/support/publisher.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t video = 0, audio = 1;
const std::string refused = "reload refused, the configuration before stays: ";

/// A server whose configuration is changed.
class Reloaded {
 public:
  explicit Reloaded(const std::string& yaml) : server(with_config(yaml)) {}

  void write(const std::string& yaml) const { std::ofstream(server.config_file()) << yaml; }
  /// As editors do it.
  void replace(const std::string& yaml) const {
    const fs::path beside = server.config_file().string() + ".new";
    std::ofstream(beside) << yaml;
    fs::rename(beside, server.config_file());
  }
  /// With SIGHUP; gives what the log says from then on, once that ends with `last`.
  std::string reload(const std::string& yaml, const std::string& last = "reloaded ") const {
    const std::size_t before = server.log().size();
    write(yaml);
    server.send(SIGHUP);
    return log_since(before, last);
  }
  std::string log_since(std::size_t before, const std::string& last) const {
    std::string news;
    INFO("waiting for " << last);
    REQUIRE(eventually(
        [&] {
          news = server.log().substr(before);
          const auto found = news.find(last);
          return found != news.npos && news.find('\n', found) != news.npos;
        },
        8000));
    return news;
  }
  std::string reloaded(const std::string& what) const {
    return "info: reloaded " + server.config_file().string() + ": " + what + "\n";
  }

  const ServerProcess server;
};

/// What `lectern check` says of a configuration.
std::string check(const fs::path& file) {
  const char* named = std::getenv("LECTERN");
  const std::string command = (named ? named : LECTERN_BINARY) + " check "s + file.string() + " 2>&1";
  std::string said;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    said.append(buffer, size);
  ::pclose(pipe);
  return said;
}

bool ends(Player& player) {
  return receive_until(
      player, [&] { return player.all_byes(); }, 8000);
}

void play(Player& player, Over over) {
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  receive_packets(player, video, 5);
}

int describe(const ServerProcess& server, const std::string& path, const std::string& source = "") {
  RtspClient client(server.host(), server.port(), source);
  client.send_request("DESCRIBE", server.url(path));
  return client.answer(15'000ms).status;
}

}  // namespace

TEST_CASE("reload: who plays what has not changed loses nothing; others are told, and new paths are there",
          "[reload]") {
  const auto paths = [](const std::string& rest) {
    return "loops: 2\npaths:\n  live: " + looped_lecture() + rest;
  };
  const Reloaded it(paths("  cam2: " + looped_lecture() + "  gone: " + looped_lecture()));
  const ServerProcess& server = it.server;
  Player live(server, "/live"), live_tcp(server, "/live"), file(server, "/lecture.mp4"),
      file_tcp(server, "/lecture.mp4"), changed(server, "/cam2"), removed(server, "/gone");
  for (Player* player : {&live, &file, &removed}) play(*player, Over::udp);
  for (Player* player : {&live_tcp, &file_tcp, &changed}) play(*player, Over::tcp);

  const std::string news =
      it.reload(paths("  cam2: " + looped_lecture("latency: low") + "  cam7: " + looped_lecture()));
  CHECK_THAT(news, Catch::Contains(
                       it.reloaded("1 path added (cam7), 1 changed (cam2), 1 removed (gone), 2 unchanged")));
  CHECK(ends(changed));
  CHECK(ends(removed));
  CHECK(changed.control("GET_PARAMETER").status == 454);
  CHECK(removed.control("PLAY").status == 454);
  CHECK_THAT(server.log(), Catch::Contains(": its session for /cam2 ends: its path was changed\n"));
  CHECK_THAT(server.log(), Catch::Contains(": its session for /gone ends: its path was removed\n"));
  // Its connection is there for what comes next.
  CHECK(changed.client.request("DESCRIBE", server.url("/cam2")).status == 200);
  CHECK(removed.client.request("DESCRIBE", server.url("/gone")).status == 404);
  Player fresh(server, "/cam7"), again(server, "/cam2");
  play(fresh, Over::udp);
  play(again, Over::tcp);
  check_no_gap(fresh.arrived(video));
  for (Player* player : {&live, &live_tcp, &file, &file_tcp}) {
    check_plays_on(*player);
    CHECK_FALSE(player->all_byes());
  }
  // One and the same source.
  CHECK(count_of(server.log(), "/live: live from ") == 1);
  CHECK(count_of(server.log(), "/cam2: live from ") == 2);

  CHECK_THAT(it.reload(paths("")), Catch::Contains(it.reloaded("2 paths removed (cam2, cam7), 2 unchanged")));
  CHECK(ends(fresh));
  CHECK(ends(again));
  check_plays_on(live);
}

TEST_CASE("reload: a configuration that is wrong is refused with its errors, and the one before stays",
          "[reload]") {
  const std::string good = "paths:\n  live: " + looped_lecture();
  const Reloaded it(good);
  const ServerProcess& server = it.server;
  Player player(server, "/live");
  play(player, Over::udp);
  const std::string name = server.config_file().string();
  const auto refuses = [&](const std::string& yaml, const std::vector<std::string>& errors) {
    CAPTURE(yaml);
    const std::string news = it.reload(yaml, refused + errors.back());
    std::string checked;
    for (const std::string& error : errors) {
      CHECK_THAT(news, Catch::Contains(" error: " + refused + error + "\n"));
      checked += error + "\n";
    }
    CHECK_THAT(news, !Catch::Contains("reloaded"));
    CHECK(check(server.config_file()) == checked);
  };
  refuses("max_sessions: 0\n" + good + "  x: { source: /no/such, sourc: 1 }\n",
          {name + ":1: max_sessions: \"0\" is not a number from 1 to 1000000",
           name + ":4: paths.x.source: /no/such does not exist",
           name + ":4: paths.x.sourc: unknown key (did you mean source?)"});
  refuses("paths: [", {name + ":1: is not YAML: end of sequence flow not found"});
  refuses("tls_certificate: " + name + "\n" + good,
          {name + ": tls_certificate: " + name + ": holds no certificate in PEM (no start line)"});
  fs::rename(server.config_file(), name + ".gone");
  const std::size_t before = server.log().size();
  server.send(SIGHUP);
  CHECK_THAT(it.log_since(before, refused), Catch::Contains(refused + name + " does not exist\n"));
  CHECK(describe(server, "/live") == 200);
  check_plays_on(player);
  CHECK_THAT(it.reload(good), Catch::Contains(it.reloaded("2 paths unchanged")));
  check_plays_on(player);
}

TEST_CASE("reload: who may not any more is told, who may notices nothing and need not log in anew",
          "[reload][auth]") {
  const auto users = [](const std::string& rest) {
    return "users:\n  alice: {password: sesame, read: [\"**\"]}\n" + rest;
  };
  const Reloaded it(
      users("  bob: {password: pw, read: [\"**\"]}\n  carol: {password: old, read: [\"**\"]}\n"
            "  dave: {password: pw, read: [\"**\"]}\n"));
  const ServerProcess& server = it.server;
  const std::string url = server.url("/lecture.mp4");
  struct Viewer {
    Viewer(const ServerProcess& server, const std::string& url, const Login& as)
        : client(server.host(), server.port()), login(as) {
      const Answer setup = request_as(client, login, "SETUP", url + "/track1",
                                      {{"Transport", "RTP/AVP;unicast;client_port=" + ports.ports()}});
      REQUIRE(setup.status == 200);
      session = setup.session();
      REQUIRE(request_as(client, login, "PLAY", url, {{"Session", session}}).status == 200);
    }
    int alive() { return client.request("GET_PARAMETER", "*", {{"Session", session}}).status; }
    RtspClient client;
    Login login;
    UdpPair ports;
    std::string session;
  };
  Viewer alice(server, url, {"alice", "sesame"}), bob(server, url, {"bob", "pw"}),
      carol(server, url, {"carol", "old"}), dave(server, url, {"dave", "pw"});
  RtspClient other(server.host(), server.port());
  const auto challenge = challenges_of(other.request("DESCRIBE", url)).back();
  const Login counted{"alice", "sesame", "MD5", 1};
  CHECK(other
            .request("DESCRIBE", url,
                     {{"Authorization", digest_authorization(counted, challenge, "DESCRIBE", url)}})
            .status == 200);

  // Bob is gone, Carol has another password, and Dave may play something else.
  const std::string news = it.reload(
      users("  carol: {password: new, read: [\"**\"]}\n  dave: {password: pw, read: [talk.mp3]}\n"));
  CHECK_THAT(news, Catch::Contains(it.reloaded("1 path unchanged; users changed")));
  const auto is_ended = [&](Viewer& viewer) { return viewer.alive() == 454; };
  for (Viewer* viewer : {&bob, &carol, &dave}) {
    CHECK(eventually([&] { return is_ended(*viewer); }, 5000));
    bool bye = false;
    while (const auto report = viewer->ports.rtcp(2000ms)) {
      const auto packet = parse_rtcp(report->data);
      if ((bye = bye || (packet && packet->bye))) break;
    }
    CHECK(bye);
  }
  CHECK(count_of(server.log(), ": its session for /lecture.mp4 ends: it is not permitted any more\n") == 3);
  CHECK(alice.alive() == 200);
  // The nonce of before holds, and its counts go on.
  const auto again = [&](unsigned nc) {
    return other.request("DESCRIBE", url,
                         {{"Authorization", digest_authorization({"alice", "sesame", "MD5", nc}, challenge,
                                                                 "DESCRIBE", url)}});
  };
  CHECK(again(1).status == 401);
  CHECK(again(2).status == 200);
  CHECK(request_as(other, {"bob", "pw"}, "DESCRIBE", url).status == 401);
  CHECK(request_as(other, {"carol", "new"}, "DESCRIBE", url).status == 200);
  // A second password beside the first ends nothing, nor does the first one going then.
  it.reload(users("").replace(users("").find("sesame"), 6, "[sesame, open]"));
  CHECK(alice.alive() == 200);
  it.reload("users:\n  alice: {password: open, read: [\"**\"]}\n");
  CHECK(alice.alive() == 200);
}

TEST_CASE(
    "reload: who logged in with a password that is replaced meanwhile gets no session, nor a description, "
    "once "
    "the publisher comes",
    "[reload][auth]") {
  const auto config = [](const std::string& password) {
    return "paths:\n  cam: {publish: yes, start_timeout: 15s}\nusers:\n  anonymous: {publish: [cam]}\n  "
           "alice: {password: " +
           password + ", read: [\"**\"]}\n";
  };
  const bool replaced = GENERATE(false, true);
  const std::string method = GENERATE("DESCRIBE", "SETUP");
  const Reloaded it(config("old"));
  const std::string url = it.server.url("/cam");
  RtspClient client(it.server.host(), it.server.port());
  const auto challenge = challenges_of(client.request("DESCRIBE", url)).back();
  const std::string asked = method == "SETUP" ? url + "/track1" : url;
  client.send_request(
      method, asked,
      {{"Authorization", digest_authorization({"alice", "old", "MD5", 1}, challenge, method, asked)},
       {"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  CHECK(std::holds_alternative<Late>(client.next(300ms)));
  it.reload(config(replaced ? "new" : "[old, new]"));
  TestPublisher publisher(it.server, "/cam");
  publisher.record({"audio 0 RTP/AVP 0"}, Over::tcp);
  for (int i = 0; i < 10; ++i) publisher.send_sound(1, 'a');
  CHECK(client.answer(10'000ms).status == (replaced ? 403 : 200));
}

TEST_CASE("reload: limits and rules take effect at once, and what needs a start is named", "[reload]") {
  const Reloaded it("loops: 1\n");
  const ServerProcess& server = it.server;
  Player here(server, "/lecture.mp4"), there(server, "/lecture.mp4", "127.0.0.2");
  play(here, Over::tcp);
  play(there, Over::tcp);
  const std::string news = it.reload(
      "loops: 2\npacket_size: 1200\nmax_sessions: 1\nsession_timeout: 30s\ndeny: 127.0.0.2\n", "loops: ");
  CHECK_THAT(news,
             Catch::Contains(it.reloaded("1 path unchanged; session_timeout, max_sessions, deny changed")));
  CHECK_THAT(news, Catch::Contains(" warning: loops: changed; takes effect at the next start\n"));
  REQUIRE(eventually(
      [&] { return count_of(server.log(), "packet_size: changed; takes effect at the next start\n") == 1; }));
  // Whom an address rule shuts out now is closed, and its session is gone; nobody else notices.
  CHECK(there.client.closes());
  check_plays_on(here);
  RtspClient client(server.host(), server.port());
  const Headers transport{{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}};
  CHECK(client.request("SETUP", server.url("/lecture.mp4/track1"), transport).status == 503);
  CHECK(here.teardown().status == 200);
  const Answer setup = client.request("SETUP", server.url("/lecture.mp4/track1"), transport);
  CHECK(setup.status == 200);
  CHECK(setup.header("Session") == setup.session() + ";timeout=30");
  // A level that shows no more of it.
  it.write("log_level: error\n");
  server.send(SIGHUP);
  REQUIRE(eventually([&] { return describe(server, "/lecture.mp4", "127.0.0.2") == 200; }, 5000));
  const std::size_t before = server.log().size();
  Player unsaid(server, "/lecture.mp4", "127.0.0.2");
  play(unsaid, Over::tcp);
  CHECK(server.log().substr(before).empty());
}

TEST_CASE("reload: another certificate is met by new connections, and a broken one is refused",
          "[reload][tls]") {
  const TemporaryFolder folder;
  const auto pem = folder.path() / "pair.pem";
  {
    const ServerProcess other(with_config(""));
    REQUIRE(other.rtsps_port() > 0);
    fs::copy_file(other.state_home() / "lectern" / "rtsps.pem", pem);
  }
  const Reloaded it("log_level: info\n");
  RtspClient before = RtspClient::over_tls(it.server.host(), it.server.rtsps_port());
  CHECK(before.request("OPTIONS", "*").status == 200);
  const std::string news = it.reload("tls_certificate: " + pem.string() + "\n");
  CHECK_THAT(news, Catch::Contains("new connections meet the certificate of RTSPS with SHA-256 ") &&
                       Catch::Contains(it.reloaded("1 path unchanged; tls_certificate changed")));
  CHECK(before.request("OPTIONS", "*").status == 200);
  RtspClient after = RtspClient::over_tls(it.server.host(), it.server.rtsps_port());
  CHECK(after.request("OPTIONS", "*").status == 200);
}

TEST_CASE("reload: SIGHUP in a storm, and the last one counts", "[reload]") {
  const auto with = [](int number) {
    return "paths:\n  live: " + looped_lecture() + "  p" + std::to_string(number) + ": " + looped_lecture();
  };
  const Reloaded it(with(0));
  const ServerProcess& server = it.server;
  Player live(server, "/live"), file(server, "/lecture.mp4");
  play(live, Over::udp);
  play(file, Over::tcp);
  for (int i = 1; i <= 50; ++i) {
    it.replace(with(i));
    server.send(SIGHUP);
    live.receive(10ms);
    file.receive(10ms);
  }
  CHECK(eventually([&] { return describe(server, "/p50") == 200; }, 8000));
  CHECK(describe(server, "/p49") == 404);
  check_plays_on(live);
  check_plays_on(file);
  const auto reloads = count_of(server.log(), " info: reloaded ");
  CHECK(reloads >= 1);
  CHECK(reloads <= 30);
  // Sources that are gone leave nothing behind.
  const std::size_t descriptors = server.open_descriptors();
  it.replace(with(51));
  server.send(SIGHUP);
  CHECK(eventually([&] { return describe(server, "/p51") == 200; }, 8000));
  CHECK(eventually([&] { return server.open_descriptors() <= descriptors + 1; }, 8000));
}

TEST_CASE("watch: a file that is replaced or written is reloaded", "[reload]") {
  const auto with = [](const std::string& path) {
    return "watch: yes\npaths:\n  " + path + ": " + looped_lecture();
  };
  const Reloaded it(with("one"));
  std::size_t at = it.server.log().size();
  it.replace(with("two"));
  CHECK_THAT(it.log_since(at, "reloaded "),
             Catch::Contains(it.reloaded("1 path added (two), 1 removed (one), 1 unchanged")));
  at = it.server.log().size();
  it.write(with("three"));
  CHECK_THAT(it.log_since(at, "reloaded "), Catch::Contains("1 path added (three)"));
  at = it.server.log().size();
  it.replace("wach: yes\n");
  CHECK_THAT(it.log_since(at, refused), Catch::Contains("wach: unknown key (did you mean watch?)"));
  // Gone for a moment, and there again.
  at = it.server.log().size();
  fs::remove(it.server.config_file());
  std::this_thread::sleep_for(700ms);
  it.write(with("four"));
  CHECK_THAT(it.log_since(at, "reloaded "), Catch::Contains("1 path added (four)"));
  CHECK(describe(it.server, "/four") == 200);
  // No more from now on.
  at = it.server.log().size();
  it.write("watch: no\n");
  CHECK_THAT(it.log_since(at, "reloaded "),
             Catch::Contains("1 path removed (four), 1 unchanged; watch changed"));
  at = it.server.log().size();
  it.replace(with("five"));
  std::this_thread::sleep_for(1500ms);
  CHECK(it.server.log().substr(at).empty());
  CHECK(describe(it.server, "/five") == 404);
}

TEST_CASE("SIGHUP without a configuration file ends nothing", "[reload]") {
  const ServerProcess server(with_config(""));
  server.send(SIGHUP);
  CHECK(eventually(
      [&] {
        return count_of(server.log(),
                        " info: SIGHUP: there is no configuration file (--config), so there is "
                        "nothing to reload\n") == 1;
      },
      5000));
  CHECK(describe(server, "/lecture.mp4") == 200);
}
