// RTSP tunnelled over HTTP, on the RTSP and the RTSPS port. CONFORMANCE: Messages, many x-sessioncookie
// headers and header values of only spaces or tabs (R); Abuse that must leave players unharmed.
#include "tests/support/tunnel.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/login.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

RtspClient connect(const ServerProcess& to, const std::string& source = "") {
  return {to.host(), to.port(), source};
}

Answer http(const std::string& bytes, const std::string& source = "") {
  auto client = connect(server(), source);
  client.send(bytes);
  auto answer = client.answer();
  CHECK(client.closes());
  return answer;
}

const std::string path = "/lecture.mp4";

bool answers(Tunnel& tunnel) {
  return tunnel.request("OPTIONS", server().url(path)).status == 200;
}

/// DESCRIBE, SETUP of both tracks, PLAY; REQUIREs 200s and gives the session.
std::string play(Tunnel& tunnel, const std::string& url, const Headers& more = {}) {
  REQUIRE(tunnel.request("DESCRIBE", url).status == 200);
  const auto first =
      tunnel.request("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  REQUIRE(first.status == 200);
  const auto second =
      tunnel.request("SETUP", url + "/track2",
                     {{"Transport", "RTP/AVP/TCP;unicast;interleaved=2-3"}, {"Session", first.session()}});
  REQUIRE(second.status == 200);
  Headers headers{{"Session", first.session()}};
  headers.insert(headers.end(), more.begin(), more.end());
  REQUIRE(tunnel.request("PLAY", url, headers).status == 200);
  return first.session();
}

struct Payloads {
  std::vector<std::string> of_track[2];
  int byes = 0;
};

Payloads receive_all(RtspClient& client) {
  Payloads got;
  std::optional<std::uint16_t> next[2];
  while (got.byes < 2) {
    const auto frame = client.frame(5000ms);
    REQUIRE(frame);
    REQUIRE(frame->channel < 4);
    if (frame->channel % 2 == 1) {
      got.byes += parse_rtcp(frame->data).value().bye ? 1 : 0;
      continue;
    }
    const std::size_t track = frame->channel / 2;
    const auto packet = parse_rtp(frame->data).value();
    if (next[track]) REQUIRE(packet.seq == *next[track]);
    next[track] = static_cast<std::uint16_t>(packet.seq + 1);
    got.of_track[track].push_back(frame->data.substr(12));
  }
  return got;
}

/// Whether a session is there still, as another connection finds.
bool has_session(const std::string& id) {
  return connect(server()).request("OPTIONS", server().url(path), {{"Session", id}}).status == 200;
}

}  // namespace

TEST_CASE("tunnel: the GET is answered as HTTP, all its headers", "[tunnel]") {
  for (const auto* version : {"1.0", "1.1"}) {
    auto get = connect(server());
    get.send("GET /lecture.mp4 HTTP/"s + version +
             "\r\nHost: h\r\nX-SessionCookie: " + Tunnel::next_cookie() + "\r\n\r\n");
    const auto begun = get.answer();
    CHECK(begun.version == "HTTP/1.0");
    CHECK(begun.status == 200);
    CHECK(begun.reason == "OK");
    CHECK(begun.headers == Headers{{"Server", "Lectern"},
                                   {"Connection", "close"},
                                   {"Cache-Control", "no-store"},
                                   {"Pragma", "no-cache"},
                                   {"Content-Type", "application/x-rtsp-tunnelled"}});
    CHECK(begun.body.empty());
    CHECK_FALSE(get.closes(20ms));
  }
}

TEST_CASE("tunnel: a lecture arrives whole, on either port, the same as without", "[tunnel]") {
  Player plain(server(), "/short.mp4");
  plain.setup_all(Over::tcp);
  REQUIRE(plain.play({{"Speed", "8"}}).status == 200);
  const auto expected = receive_all(plain.client);
  REQUIRE(expected.of_track[0].size() > 50);
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    Tunnel tunnel(server(), "/short.mp4", tls);
    const auto url = tls ? server().rtsps_url("/short.mp4") : server().url("/short.mp4");
    const auto session = play(tunnel, url, {{"Speed", "8"}});
    const auto got = receive_all(tunnel.get);
    CHECK((got.of_track[0] == expected.of_track[0]));
    CHECK((got.of_track[1] == expected.of_track[1]));
    CHECK(tunnel.request("TEARDOWN", url, {{"Session", session}}).status == 200);
    CHECK_FALSE(has_session(session));
    CHECK(tunnel.request("OPTIONS", url).status == 200);
  }
}

TEST_CASE("tunnel: interleaved RTCP of the player goes by the POST", "[tunnel]") {
  const ServerProcess own(with_config("loops: 1\n"));
  Tunnel tunnel(own, "/short.mp4");
  const auto session = play(tunnel, own.url("/short.mp4"));
  auto frame = tunnel.get.frame(3000ms);
  while (frame && frame->channel % 2 == 1) frame = tunnel.get.frame(3000ms);
  REQUIRE(frame);
  // A receiver report about the packet's ssrc: one lost, highest sequence number 1 (RFC 3550 section 6.4.2).
  const auto report = "\x81\xc9\x00\x07"s + "mine" + frame->data.substr(8, 4) + "\x10\x00\x00\x01"s +
                      "\x00\x00\x00\x01"s + std::string(12, '\0');
  tunnel.send("$"s + static_cast<char>(frame->channel + 1) + "\0"s + static_cast<char>(report.size()) +
              report);
  CHECK(tunnel.request("TEARDOWN", own.url("/short.mp4"), {{"Session", session}}).status == 200);
  CHECK(eventually([&] { return own.log().find("lost 1") != std::string::npos; }));
  CHECK(own.log().find("(2 of 2 tracks over HTTP)") != std::string::npos);
}

TEST_CASE("tunnel: base64 cut anywhere, in lines, with and without padding between requests", "[tunnel]") {
  Tunnel tunnel(server(), path);
  const auto options = [&] { return tunnel.get.compose("OPTIONS", server().url(path)); };
  const auto is_answered = [&] {
    const auto answer = tunnel.get.answer();
    return answer.status == 200 && answer.header("CSeq") == std::to_string(tunnel.get.last_cseq());
  };
  for (std::size_t cut = 0, size = base64_of(options()).size(); cut <= size; ++cut) {
    const auto text = base64_of(options());
    tunnel.post.send(std::string_view(text).substr(0, cut));
    tunnel.post.send(std::string_view(text).substr(std::min(cut, text.size())));
    REQUIRE(is_answered());
  }
  for (const char c : base64_of(options())) {
    tunnel.post.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(200us);
  }
  CHECK(is_answered());
  std::string lines;
  for (const char c : base64_of(options())) lines += "\r\n"s + c;
  tunnel.post.send(lines + "\n\n\r\n");
  CHECK(is_answered());
  // Two requests of which neither length is a multiple of three: padding amid the stream.
  const auto one = options(), two = options();
  tunnel.post.send(base64_of(one) + base64_of(two));
  CHECK(tunnel.get.answer().status == 200);
  CHECK(is_answered());
  const auto three = options(), four = options();
  tunnel.send(three + four);
  CHECK(tunnel.get.answer().status == 200);
  CHECK(is_answered());
}

TEST_CASE("tunnel: the body begins in the packet of the POST's head, and goes on beyond its length",
          "[tunnel]") {
  auto get = connect(server()), post = connect(server());
  const auto cookie = Tunnel::next_cookie();
  get.send(tunnel_head("GET", path, cookie));
  REQUIRE(get.answer().status == 200);
  post.send("POST /lecture.mp4 HTTP/1.0\r\nx-sessioncookie: " + cookie + "\r\nContent-Length: 10\r\n\r\n" +
            base64_of(get.compose("OPTIONS", server().url(path))));
  CHECK(get.answer().status == 200);
  std::string many;
  for (int i = 0; i < 50; ++i)
    many += get.compose("GET_PARAMETER", server().url(path), {{"X", std::string(900, 'x')}});
  REQUIRE(many.size() > 32767);
  post.send(base64_of(many));
  int answered = 0;
  while (answered < 50 && get.answer().status == 200) ++answered;
  CHECK(answered == 50);
}

TEST_CASE("tunnel: a pipeline is answered in its order", "[tunnel]") {
  const ServerProcess own(with_config("max_request_rate: 100000\n"));
  Tunnel tunnel(own, path);
  std::string many;
  for (int i = 0; i < 2000; ++i) many += tunnel.get.compose("OPTIONS", "*");
  std::thread sender([&] { tunnel.send(many); });
  int in_order = 0;
  while (in_order < 2000 && tunnel.get.answer(5000ms).header("CSeq") == std::to_string(in_order + 1))
    ++in_order;
  sender.join();
  CHECK(in_order == 2000);
}

TEST_CASE("tunnel: a POST that finds no GET of its own is refused", "[tunnel]") {
  const auto stray = http(tunnel_head("POST", path, "nobody's"));
  CHECK(stray.version == "HTTP/1.1");
  CHECK(stray.status == 404);
  CHECK(stray.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(stray.body == "404 Not Found: no tunnel of this x-sessioncookie is open from your address\n");

  Tunnel tunnel(server(), path), safe(server(), path, true);
  REQUIRE(answers(tunnel));
  CHECK(http(tunnel_head("POST", path, tunnel.cookie), "127.0.0.2").status == 404);
  // One half in TLS and one in the clear would show what the player took for safe.
  CHECK(http(tunnel_head("POST", path, safe.cookie)).status == 404);
  auto over_tls = RtspClient::over_tls(server().host(), server().rtsps_port());
  over_tls.send(tunnel_head("POST", path, tunnel.cookie));
  CHECK(over_tls.answer().status == 404);
  CHECK(answers(tunnel));
  CHECK(answers(safe));
}

TEST_CASE("tunnel: one x-sessioncookie twice from one address, and from two", "[tunnel]") {
  Tunnel tunnel(server(), path);
  REQUIRE(answers(tunnel));
  const auto again = http(tunnel_head("GET", path, tunnel.cookie));
  CHECK(again.status == 409);
  CHECK(again.reason == "Conflict");
  auto elsewhere = connect(server(), "127.0.0.2");
  elsewhere.send(tunnel_head("GET", path, tunnel.cookie));
  CHECK(elsewhere.answer().status == 200);
  CHECK(answers(tunnel));
}

TEST_CASE("tunnel: one address has so many that wait for their POST, and other viewers are served",
          "[tunnel]") {
  std::vector<RtspClient> waiting;
  Answer answer;
  while (waiting.size() < 600) {
    auto& get = waiting.emplace_back(server().host(), server().port(), "127.0.0.3");
    get.send(tunnel_head("GET", path, Tunnel::next_cookie()));
    answer = get.answer();
    if (answer.status != 200) break;
  }
  CHECK(waiting.size() == 501);
  CHECK(answer.status == 503);
  CHECK(answer.header("Retry-After") == "10");
  Tunnel tunnel(server(), path);
  CHECK(answers(tunnel));
  waiting.clear();
  CHECK(eventually([&] {
    auto get = connect(server(), "127.0.0.3");
    get.send(tunnel_head("GET", path, Tunnel::next_cookie()));
    return get.answer().status == 200;
  }));
}

TEST_CASE("tunnel: x-sessioncookie empty, of blanks, too long, many", "[tunnel][R]") {
  for (const auto* method : {"GET", "POST"}) {
    for (const auto& cookie : {""s, " "s, " \t \t"s, std::string(129, 'c'), std::string(7000, 'c')}) {
      CAPTURE(method, cookie);
      CHECK(http(tunnel_head(method, path, cookie)).status == 400);
    }
    Headers many;
    for (int i = 0; i < 90; ++i) many.emplace_back("x-sessioncookie", std::to_string(i));
    CHECK(http(tunnel_head(method, path, "0", many)).body ==
          "400 Bad Request: x-sessioncookie is given several times with different values\n");
    CHECK(http(tunnel_head(method, path, "0", {{"X-SESSIONCOOKIE", " "}})).status == 400);
    for (int i = 0; i < 90; ++i) many.emplace_back("x-sessioncookie", "1");
    CHECK(http(tunnel_head(method, path, "1", many)).status == 413);
  }
  auto same = connect(server());
  const auto cookie = Tunnel::next_cookie();
  same.send(tunnel_head("GET", path, cookie, Headers(90, {"x-sessioncookie", cookie})));
  CHECK(same.answer().status == 200);
  CHECK(server_is_well());
}

TEST_CASE("tunnel: other HTTP is told in plain words what this port is for", "[tunnel]") {
  const auto browser = http("GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: Mozilla/5.0\r\n\r\n");
  CHECK(browser.version == "HTTP/1.1");
  CHECK(browser.status == 404);
  CHECK(browser.header("Connection") == "close");
  CHECK_THAT(browser.body, Catch::StartsWith("404 Not Found: this port is for RTSP, open it as rtsp://"));
  auto head = connect(server());
  head.send("HEAD / HTTP/1.1\r\n\r\n");
  CHECK(head.closes());
  const auto put = http("PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(put.status == 405);
  CHECK(put.header("Allow") == "GET, POST");
  CHECK(http(tunnel_head("DELETE", path, "a")).status == 405);
  const auto version = http("GET / HTTP/2.0\r\nx-sessioncookie: a\r\n\r\n");
  CHECK(version.status == 505);
  CHECK(version.reason == "HTTP Version Not Supported");
  CHECK(http(tunnel_head("POST", path, "a", {{"Transfer-Encoding", "chunked"}})).status == 501);
  CHECK(http(tunnel_head("POST", path, "a", {{"Content-Length", "1"}})).status == 400);
  CHECK(http("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n").version == "HTTP/1.1");
  CHECK(http("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n").status == 413);
  auto tls = RtspClient::over_tls(server().host(), server().rtsps_port());
  tls.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(tls.answer().status == 404);
}

TEST_CASE("tunnel: it is logged once a second and kind", "[tunnel]") {
  const ServerProcess own(with_config(""));
  for (int i = 0; i < 50; ++i) {
    auto client = connect(own);
    client.send("GET /favicon.ico HTTP/1.1\r\n\r\n");
    CHECK(client.answer().status == 404);
  }
  const auto log = own.log();
  std::size_t lines = 0;
  for (auto at = log.find("HTTP: answered 404"); at != log.npos; at = log.find("HTTP: answered 404", at + 1))
    ++lines;
  CHECK(lines >= 1);
  CHECK(lines <= 10);
}

TEST_CASE("tunnel: HTTP amid RTSP, and inside a tunnel, ends the connection with 400", "[tunnel]") {
  auto amid = connect(server());
  REQUIRE(amid.request("OPTIONS", server().url(path)).status == 200);
  amid.send(tunnel_head("GET", path, Tunnel::next_cookie()));
  const auto refused = amid.answer();
  CHECK(refused.version == "RTSP/1.0");
  CHECK(refused.status == 400);
  CHECK(amid.closes());
  for (const auto* method : {"GET", "POST"}) {
    Tunnel tunnel(server(), path);
    tunnel.send(tunnel_head(method, path, Tunnel::next_cookie()));
    const auto nested = tunnel.get.answer();
    CHECK(nested.version == "RTSP/1.0");
    CHECK(nested.status == 400);
    CHECK(tunnel.get.closes());
    CHECK(tunnel.post.closes());
  }
}

TEST_CASE("tunnel: what is no base64 ends the tunnel, and nobody else's", "[tunnel]") {
  Tunnel other(server(), path);
  REQUIRE(answers(other));
  const auto bytes = GENERATE("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, "T1BU!"s, "===="s, "Zg==="s,
                              "$\0\0\x04"s, std::string(100'000, '\xff'));
  Tunnel tunnel(server(), path);
  const auto session = play(tunnel, server().url(path));
  tunnel.post.send(bytes);
  const auto refused = tunnel.post.answer();
  CHECK(refused.version == "HTTP/1.1");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, Catch::StartsWith("400 Bad Request: base64: "));
  CHECK(tunnel.post.closes());
  CHECK(tunnel.get.closes());
  CHECK(eventually([&] { return !has_session(session); }));
  CHECK(answers(other));
}

TEST_CASE("tunnel: bad RTSP in good base64 is answered in the tunnel", "[tunnel]") {
  Tunnel tunnel(server(), path);
  tunnel.send("NONSENSE\r\n\r\n");
  const auto refused = tunnel.get.answer();
  CHECK(refused.version == "RTSP/1.0");
  CHECK(refused.status == 400);
  CHECK(tunnel.get.closes());
  CHECK(tunnel.post.closes());
}

TEST_CASE("tunnel: POSTs one after another with one cookie, also amid a request", "[tunnel]") {
  Tunnel tunnel(server(), path);
  const auto session = play(tunnel, server().url(path));
  for (int i = 0; i < 5; ++i) {
    // Cut where a group of three bytes ends, as each POST is base64 of its own.
    const auto request = tunnel.get.compose("GET_PARAMETER", server().url(path), {{"Session", session}});
    tunnel.send(request.substr(0, 30));
    tunnel.post.disconnect();
    tunnel.post = connect(server());
    tunnel.post.send(tunnel_head("POST", path, tunnel.cookie) + base64_of(request.substr(30)));
    const auto answer = tunnel.get.answer();
    CHECK(answer.status == 200);
    CHECK(answer.header("CSeq") == std::to_string(tunnel.get.last_cseq()));
  }
}

TEST_CASE("tunnel: a POST waits for the end of the one before it, a third one is refused", "[tunnel]") {
  Tunnel tunnel(server(), path);
  REQUIRE(answers(tunnel));
  auto second = connect(server());
  second.send(tunnel_head("POST", path, tunnel.cookie) +
              base64_of(tunnel.get.compose("OPTIONS", server().url("/two"))));
  CHECK(tunnel.get.answer(200ms).status == 0);
  auto third = connect(server());
  third.send(tunnel_head("POST", path, tunnel.cookie));
  CHECK(third.answer().status == 400);
  // It goes on while it is the first one's turn, which ends with it; at the latest after two seconds.
  const bool ends_itself = GENERATE(true, false);
  if (ends_itself)
    tunnel.post.disconnect();
  else
    CHECK(tunnel.post.closes(6000ms));
  CHECK(tunnel.get.answer(4000ms).header("CSeq") == "2");
  second.send(base64_of(tunnel.get.compose("OPTIONS", server().url("/three"))));
  CHECK(tunnel.get.answer().header("CSeq") == "3");
}

TEST_CASE("tunnel: either connection's end ends the session", "[tunnel]") {
  REQUIRE(server_is_well());
  const auto before = server().open_descriptors();
  {
    Tunnel tunnel(server(), path);
    const auto session = play(tunnel, server().url(path));
    REQUIRE(has_session(session));
    tunnel.get.disconnect(true);
    CHECK(tunnel.post.closes());
    CHECK(eventually([&] { return !has_session(session); }));
  }
  {
    Tunnel tunnel(server(), path);
    const auto session = play(tunnel, server().url(path));
    tunnel.post.disconnect(true);
    CHECK(tunnel.get.closes(10'000ms));
    CHECK(eventually([&] { return !has_session(session); }));
  }
  CHECK(eventually([&] { return server().open_descriptors() <= before; }, 5000));
}

TEST_CASE("tunnel: a GET without a POST, and half a request in one, end after request_timeout", "[tunnel]") {
  const ServerProcess strict(with_config("request_timeout: 1s\n"));
  auto alone = connect(strict);
  alone.send(tunnel_head("GET", path, Tunnel::next_cookie()));
  REQUIRE(alone.answer().status == 200);
  Tunnel silent(strict, path), half(strict, path);
  half.send("OPTIONS * RTSP/1.0\r\n");
  for (auto* late : {&alone, &silent.get, &half.get}) {
    CHECK(late->answer(5000ms).status == 408);
    CHECK(late->closes());
  }
  CHECK(silent.post.closes());
  CHECK(half.post.closes());
  auto post = connect(strict);
  post.send("POST / HTTP/1.0\r\nx-sessioncookie: a\r\n");
  CHECK(post.closes(5000ms));
}

TEST_CASE("tunnel: one that plays or pauses stays, though its POST is silent", "[tunnel]") {
  const ServerProcess strict(with_config("request_timeout: 1s\nidle_timeout: 1s\nsession_timeout: 1s\n"));
  Tunnel tunnel(strict, path);
  const auto session = play(tunnel, strict.url(path));
  std::this_thread::sleep_for(2000ms);
  CHECK(tunnel.request("PAUSE", strict.url(path), {{"Session", session}}).status == 200);
  std::this_thread::sleep_for(2000ms);
  CHECK(tunnel.request("PLAY", strict.url(path), {{"Session", session}}).status == 200);
}

TEST_CASE("tunnel: logins go by it, Digest on the RTSP port and Basic on the RTSPS port", "[tunnel][auth]") {
  const ServerProcess own(with_config("users: {alice: {password: sesame street, read: [short.mp4]}}\n"));
  Tunnel tunnel(own, "/short.mp4");
  const auto url = own.url("/short.mp4");
  const auto asked = tunnel.request("DESCRIBE", url);
  REQUIRE(asked.status == 401);
  const Login login{"alice", "sesame street"};
  std::optional<ChallengeText> digest;
  for (const auto& challenge : challenges_of(asked))
    if (challenge.algorithm == "MD5") digest = challenge;
  REQUIRE(digest);
  const auto as_alice = [&](const std::string& method, const std::string& target, Headers headers) {
    headers.emplace_back("Authorization", digest_authorization(login, *digest, method, target));
    return tunnel.request(method, target, headers);
  };
  CHECK(as_alice("DESCRIBE", url, {}).status == 200);
  const auto setup = as_alice("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast"}});
  CHECK(setup.status == 200);
  CHECK(as_alice("PLAY", url, {{"Session", setup.session()}}).status == 200);
  CHECK(tunnel.get.frame(3000ms));

  Tunnel safe(own, "/short.mp4", true);
  CHECK(safe.request("DESCRIBE", own.rtsps_url("/short.mp4"),
                     {{"Authorization", basic_authorization("alice", "sesame street")}})
            .status == 200);
  CHECK(safe.request("DESCRIBE", own.rtsps_url("/short.mp4"),
                     {{"Authorization", basic_authorization("alice", "wrong")}})
            .status == 401);
}

TEST_CASE("tunnel: both of its connections count", "[tunnel]") {
  const ServerProcess own(with_config("max_connections_per_address: 2\n"));
  // The probe by which the start was seen counts until its end is seen.
  REQUIRE(eventually([&] {
    auto one = connect(own), two = connect(own);
    return one.request("OPTIONS", "*").status == 200 && two.request("OPTIONS", "*").status == 200;
  }));
  std::optional<Tunnel> tunnel;
  std::this_thread::sleep_for(200ms);
  tunnel.emplace(own, path);
  REQUIRE(tunnel->request("OPTIONS", own.url(path)).status == 200);
  CHECK(connect(own).closes());
  tunnel.reset();
  CHECK(eventually([&] { return connect(own).request("OPTIONS", "*").status == 200; }));
}

TEST_CASE("tunnel: a viewer on it that does not read, or sends by the GET, disturbs nobody", "[tunnel]") {
  Player player(server(), path);
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  Tunnel deaf(server(), path), talking(server(), path);
  play(deaf, server().url(path), {{"Speed", "16"}});
  play(talking, server().url(path));
  talking.get.send(std::string(200'000, 'x'));
  for (int i = 0; i < 20; ++i) deaf.send(deaf.get.compose("OPTIONS", "*"));
  check_plays_on(player);
  CHECK(answers(talking));
}

TEST_CASE("tunnel: the server stops while tunnels play and wait", "[tunnel]") {
  ServerProcess own(with_config(""));
  Tunnel playing(own, path), tls(own, path, true);
  play(playing, own.url(path));
  play(tls, own.rtsps_url(path));
  auto alone = connect(own);
  alone.send(tunnel_head("GET", path, Tunnel::next_cookie()));
  REQUIRE(alone.answer().status == 200);
  CHECK(own.stop() == 0);
  CHECK(own.stops_well());
  CHECK(playing.get.closes());
  CHECK(playing.post.closes());
}
