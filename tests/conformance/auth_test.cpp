// Who may do what: logging in, permissions, address rules, and what those see who may not.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/support/http_server.h"
#include "tests/support/login.h"
#include "tests/support/player.h"

using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

const std::string users =
    "users:\n"
    "  anonymous: {read: [talk.mp3]}\n"
    "  alice: {password: sesame street, read: [\"**\"]}\n"
    "  bob: {password: pw, read: [\"lecture.mp4\"]}\n";

const Login alice{"alice", "sesame street"}, bob{"bob", "pw"};

RtspClient connect(const ServerProcess& server, const std::string& source = "") {
  return {server.host(), server.port(), source};
}

/// The answer without what differs in each: CSeq and nonces.
std::string shape(Answer answer) {
  std::string text = std::to_string(answer.status) + answer.reason + "|" + answer.body;
  const auto nonces = challenges_of(answer);
  for (auto& [name, value] : answer.headers) {
    if (same_name(name, "CSeq")) continue;
    for (const ChallengeText& each : nonces)
      if (const auto at = value.find(each.nonce); !each.nonce.empty() && at != std::string::npos)
        value.replace(at, each.nonce.size(), std::to_string(each.nonce.size()));
    text += "|" + name + ": " + value;
  }
  return text;
}

ChallengeText challenge_for(RtspClient& client, const std::string& url,
                            const std::string& algorithm = "MD5") {
  for (const ChallengeText& challenge : challenges_of(client.request("DESCRIBE", url)))
    if (challenge.algorithm == algorithm) return challenge;
  FAIL("no challenge for " << algorithm);
  return {};
}

Answer describe_with(RtspClient& client, const std::string& url, const std::string& authorization) {
  return client.request("DESCRIBE", url, {{"Authorization", authorization}});
}

}  // namespace

TEST_CASE("no credentials: 401 with a challenge for each scheme, MD5 the last Digest", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const Answer answer = client.request("DESCRIBE", server.url("/lecture.mp4"));
  CHECK(answer.status == 401);
  CHECK(answer.reason == "Unauthorized");
  CHECK(answer.body.empty());
  const auto challenges = challenges_of(answer);
  REQUIRE(challenges.size() == 2);  // Basic would be sent in the clear here
  CHECK(challenges[0].algorithm == "SHA-256");
  CHECK(challenges[1].algorithm == "MD5");
  for (const ChallengeText& each : challenges) {
    CHECK(each.scheme == "Digest");
    CHECK(each.realm == "Lectern");
    CHECK(each.qop == "auth");
    CHECK(each.stale.empty());
    CHECK(each.nonce.size() == 64);
  }
  // Players send OPTIONS before they log in.
  CHECK(client.request("OPTIONS", server.url("/lecture.mp4")).status == 200);
  CHECK(client.request("OPTIONS", "*").status == 200);
  for (const char* method : {"SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "ANNOUNCE", "RECORD"}) {
    CAPTURE(method);
    CHECK(client.request(method, server.url("/lecture.mp4")).status == 401);
  }
}

TEST_CASE("right credentials: 200, for both algorithms, with and without a count", "[auth]") {
  const ServerProcess server(with_config(users));
  for (const std::string algorithm : {"MD5", "SHA-256"})
    for (const auto nc : {std::optional<unsigned>(), std::optional<unsigned>(1)}) {
      RtspClient client = connect(server);
      Login login = alice;
      login.algorithm = algorithm;
      login.nc = nc;
      const Answer answer = request_as(client, login, "DESCRIBE", server.url("/lecture.mp4"));
      CHECK(answer.status == 200);
      CHECK_THAT(answer.body, Catch::StartsWith("v=0"));
    }
}

TEST_CASE("a whole play with Digest, each request with its count", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  const ChallengeText challenge = challenge_for(client, url, "SHA-256");
  Login login{"bob", "pw", "SHA-256", 0u};
  const auto send = [&](const std::string& method, const std::string& target, Headers headers) {
    ++*login.nc;
    headers.emplace_back("Authorization", digest_authorization(login, challenge, method, target));
    return client.request(method, target, headers);
  };
  // The permission of bob names the file, and not its tracks.
  const Answer setup = send("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  CHECK(send("PLAY", url + "/", session).status == 200);
  CHECK(client.frame().has_value());
  // A sign of life passes without: players do not repeat one that a nonce has grown old for.
  CHECK(client.request("GET_PARAMETER", url, session).status == 200);
  CHECK(client.request("PAUSE", url, session).status == 401);
  CHECK(send("PAUSE", url, session).status == 200);
  CHECK(send("TEARDOWN", url, session).status == 200);
  CHECK(client.request("GET_PARAMETER", url, session).status == 454);
}

TEST_CASE("wrong credentials: 401, the same for an unknown user, a wrong password and a missing path",
          "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const auto ask = [&](const std::string& user, const std::string& password, const std::string& path) {
    return shape(request_as(client, {user, password}, "DESCRIBE", server.url(path)));
  };
  const std::string wrong = ask("alice", "wrong", "/lecture.mp4");
  CHECK_THAT(wrong, Catch::StartsWith("401"));
  CHECK(ask("nobody", "sesame street", "/lecture.mp4") == wrong);
  CHECK(ask("nobody", "x", "/missing.mp4") == wrong);
  CHECK(ask("alice", "wrong", "/missing.mp4") == wrong);
  CHECK(shape(client.request("DESCRIBE", server.url("/lecture.mp4"))) == wrong);
  CHECK(shape(client.request("DESCRIBE", server.url("/missing.mp4"))) == wrong);
  CHECK(shape(client.request("DESCRIBE", server.url("/../etc/passwd"))) == wrong);
  CHECK(server.log().find("sesame") == std::string::npos);
}

TEST_CASE("logged in without permission: 403, whether the path is there or not", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const auto ask = [&](const std::string& path) {
    return shape(request_as(client, bob, "DESCRIBE", server.url(path)));
  };
  const std::string forbidden = ask("/missing.mp4");
  CHECK_THAT(forbidden, Catch::StartsWith("403"));
  CHECK(ask("/talk.mp3/../lecture.mp4") == forbidden);
  CHECK(ask("/short.mp4") == forbidden);
  CHECK(request_as(client, alice, "DESCRIBE", server.url("/missing.mp4")).status == 404);
  CHECK(request_as(client, bob, "DESCRIBE", server.url("/lecture.mp4")).status == 200);
}

TEST_CASE("what anonymous may read is open, and nothing else of it", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  CHECK(client.request("DESCRIBE", server.url("/talk.mp3")).status != 401);
  CHECK(client.request("ANNOUNCE", server.url("/talk.mp3")).status == 401);
}

TEST_CASE("a nonce is stale for another address and for a count that was used", "[auth]") {
  const ServerProcess server(with_config(users));
  const std::string url = server.url("/lecture.mp4");
  RtspClient client = connect(server), other = connect(server, "127.0.0.2");
  const ChallengeText challenge = challenge_for(client, url);
  const auto with = [&](unsigned nc) {
    return digest_authorization({"alice", "sesame street", "MD5", nc}, challenge, "DESCRIBE", url);
  };
  CHECK(describe_with(client, url, with(1)).status == 200);
  for (const Answer& answer : {describe_with(client, url, with(1)), describe_with(other, url, with(2))}) {
    CHECK(answer.status == 401);
    REQUIRE(challenges_of(answer).size() == 2);
    for (const ChallengeText& each : challenges_of(answer)) {
      CHECK(each.stale == "true");
      CHECK(each.nonce != challenge.nonce);
    }
  }
  CHECK(describe_with(client, url, with(3)).status == 200);
  CHECK(describe_with(client, url, with(2)).status == 200);
  CHECK(describe_with(client, url, with(2)).status == 401);
  // A replay of the very bytes, over another connection.
  RtspClient replay = connect(server);
  CHECK(describe_with(replay, url, with(3)).status == 401);
  // With the new nonce it goes on.
  CHECK(request_as(other, alice, "DESCRIBE", url).status == 200);
}

TEST_CASE("a nonce that was made up is stale for the right password, and tells nothing to others", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  ChallengeText challenge{"Digest", "Lectern", std::string(64, 'a')};
  const Answer right = describe_with(client, url, digest_authorization(alice, challenge, "DESCRIBE", url));
  CHECK(right.status == 401);
  CHECK(challenges_of(right).at(0).stale == "true");
  challenge.nonce = "\\\\x";
  CHECK(describe_with(client, url, digest_authorization({"alice", "x"}, challenge, "DESCRIBE", url)).status ==
        401);
}

TEST_CASE("repeated username=, missing fields, NUL: 400 or 401, and the connection lives", "[auth][R]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  const ChallengeText challenge = challenge_for(client, url);
  const std::string good = digest_authorization(alice, challenge, "DESCRIBE", url);
  const std::vector<std::pair<int, std::string>> cases{
      {400, good + ", username=\"bob\""},
      {400, good + ", username=\"alice\""},
      {400, "Digest"},
      {400, "Digest username=\"alice\""},
      {400, good + ", x"},
      {400, good + ", x=\"y"},
      {400, good + ", qop=auth"},
      {400, good + ", qop=auth, nc=1, cnonce=\"x\""},
      {400, good + ", qop=auth, nc=0000000g, cnonce=\"x\""},
      {401, good + ", qop=auth-int, nc=00000001, cnonce=\"x\""},
      {400, "Basic"},
      {400, "Basic ????"},
      {400, "Basic " + std::string(5000, 'A')},
      {401, "Bearer x"},
      {401, "NTLM TlRMTVNTUAABAAAAB4IIAA=="},
      {401, "x"},
  };
  for (const auto& [status, authorization] : cases) {
    CAPTURE(authorization);
    CHECK(describe_with(client, url, authorization).status == status);
  }
  CHECK(client.request("DESCRIBE", url, {{"Authorization", good}, {"Authorization", good}}).status == 400);
  // Of another method, of another path.
  CHECK(client.request("PLAY", url, {{"Authorization", good}}).status == 401);
  CHECK(describe_with(client, server.url("/short.mp4"), good).status == 400);
  CHECK(describe_with(client, url, good).status == 200);
  // A NUL, in what Basic hides, and as it is.
  CHECK(describe_with(client, url, basic_authorization("alice", std::string("se\0same", 7))).status == 400);
  using namespace std::string_literals;
  client.send("DESCRIBE " + url +
              " RTSP/1.0\r\nCSeq: 99\r\nAuthorization: Digest username=\"al\0ice\"\r\n\r\n"s);
  CHECK(client.answer().status == 400);
}

TEST_CASE("the uri of Digest may be any that players send for the media", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  const ChallengeText challenge = challenge_for(client, url);
  for (const std::string& uri :
       {url, url + "/", std::string("/lecture.mp4"), std::string("rtsp://elsewhere/lecture.mp4/track1")})
    CHECK(describe_with(client, url, digest_authorization(alice, challenge, "DESCRIBE", uri)).status == 200);
}

TEST_CASE("Basic outside of TLS is not looked at, unless configured", "[auth]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  for (const char* password : {"sesame street", "wrong"})
    CHECK(describe_with(client, url, basic_authorization("alice", password)).status == 401);
  CHECK_THAT(server.log(),
             Catch::Contains("its password came in the clear, which only basic_over_plain permits"));

  const ServerProcess open(with_config(users + "basic_over_plain: yes\nrealm: Hall 7\n"));
  RtspClient other = connect(open);
  const auto challenges = challenges_of(other.request("DESCRIBE", open.url("/lecture.mp4")));
  REQUIRE(challenges.size() == 3);
  CHECK(challenges[2].scheme == "Basic");
  CHECK(challenges[2].realm == "Hall 7");
  CHECK(
      describe_with(other, open.url("/lecture.mp4"), basic_authorization("alice", "sesame street")).status ==
      200);
  CHECK(describe_with(other, open.url("/lecture.mp4"), basic_authorization("alice", "wrong")).status == 401);
  CHECK(describe_with(other, open.url("/lecture.mp4"), basic_authorization("nobody", "x")).status == 401);
}

TEST_CASE("hashed passwords log in by what they are for", "[auth]") {
  // printf 'alice:Lectern:sesame street' | md5sum; printf other | argon2 somesalt16bytes -id -t 1 -k 64 -p 1
  // -e
  const ServerProcess server(
      with_config("basic_over_plain: yes\n"
                  "users:\n"
                  "  alice: {password: \"ha1-md5:a3e2978c2d0ee740fc23a6fd4213de5c\", read: \"**\"}\n"
                  "  carol:\n"
                  "    password: \"argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$"
                  "0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE\"\n"
                  "    read: \"**\"\n"));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  // Players take Digest where it is offered, and carol could not log in.
  const auto challenges = challenges_of(client.request("DESCRIBE", url));
  REQUIRE(challenges.size() == 1);
  CHECK(challenges[0].scheme == "Basic");
  for (int i = 0; i < 2; ++i)
    CHECK(describe_with(client, url, basic_authorization("carol", "other")).status == 200);
  CHECK(describe_with(client, url, basic_authorization("alice", "sesame street")).status == 200);
  CHECK(describe_with(client, url, basic_authorization("carol", "sesame street")).status == 401);
  CHECK(describe_with(client, url, basic_authorization("alice", "other")).status == 401);
  // Pipelined behind one that a thread checks: the answers keep their order.
  client.send_request("DESCRIBE", url, {{"Authorization", basic_authorization("nobody", "other")}});
  client.send_request("OPTIONS", url);
  CHECK(client.answer().status == 401);
  CHECK(client.answer().status == 200);
}

TEST_CASE("where all users need Basic, plain RTSP says that one logs in by rtsps://", "[auth]") {
  const ServerProcess server(
      with_config("users:\n"
                  "  carol:\n"
                  "    password: \"argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$"
                  "0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE\"\n"
                  "    read: \"**\"\n"));
  RtspClient plain = connect(server);
  for (const Headers& headers :
       {Headers(), Headers{{"Authorization", basic_authorization("carol", "other")}}}) {
    const Answer answer = plain.request("DESCRIBE", server.url("/lecture.mp4"), headers);
    CHECK(answer.status == 401);
    CHECK(answer.reason == "Unauthorized: one can log in by rtsps:// alone");
  }
  RtspClient secure = RtspClient::over_tls(server.host(), server.rtsps_port());
  const auto challenges = challenges_of(secure.request("DESCRIBE", server.rtsps_url("/lecture.mp4")));
  REQUIRE(challenges.size() == 1);
  CHECK(challenges[0].scheme == "Basic");
  CHECK(
      describe_with(secure, server.rtsps_url("/lecture.mp4"), basic_authorization("carol", "other")).status ==
      200);
  CHECK(
      describe_with(secure, server.rtsps_url("/lecture.mp4"), basic_authorization("carol", "else")).status ==
      401);
  CHECK(server.log().find("other") == std::string::npos);
}

TEST_CASE("a session is of the user who set it up", "[auth][R]") {
  const ServerProcess server(with_config(users));
  RtspClient client = connect(server), other = connect(server);
  const std::string url = server.url("/lecture.mp4");
  const Answer setup = request_as(client, alice, "SETUP", url + "/track1",
                                  {{"Transport", "RTP/AVP;unicast;client_port=41230-41231"}});
  REQUIRE(setup.status == 200);
  const Headers session{{"Session", setup.session()}};
  CHECK(request_as(other, bob, "PLAY", url, session).status == 454);
  CHECK(request_as(other, bob, "TEARDOWN", url, session).status == 454);
  CHECK(other.request("TEARDOWN", url, session).status == 401);
  CHECK(request_as(other, alice, "PLAY", url, session).status == 200);
  CHECK(request_as(other, alice, "TEARDOWN", url, session).status == 200);
}

TEST_CASE("failures of one address are answered later and later, those of others are not", "[auth]") {
  const ServerProcess server(with_config(users));
  const std::string url = server.url("/lecture.mp4");
  RtspClient guesser = connect(server, "127.0.0.3");
  std::vector<milliseconds> took;
  for (int i = 0; i < 7; ++i) {
    const auto begun = Clock::now();
    CHECK(request_as(guesser, {"alice", "guess"}, "DESCRIBE", url).status == 401);
    took.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - begun));
  }
  CHECK(took[4] >= 250ms);
  CHECK(took[5] >= 500ms);
  CHECK(took[6] >= 1000ms);

  // While one is held back, its address goes on elsewhere, and so do others; on its connection answers keep
  // their order.
  const auto begun = Clock::now();
  const ChallengeText challenge = challenge_for(guesser, url);
  guesser.send_request(
      "DESCRIBE", url,
      {{"Authorization", digest_authorization({"alice", "guess"}, challenge, "DESCRIBE", url)}});
  guesser.send_request("OPTIONS", url);
  RtspClient neighbour = connect(server, "127.0.0.3"), stranger = connect(server, "127.0.0.4");
  CHECK(request_as(neighbour, alice, "DESCRIBE", url).status == 200);
  CHECK(request_as(stranger, {"alice", "typo"}, "DESCRIBE", url).status == 401);
  CHECK(request_as(stranger, alice, "DESCRIBE", url).status == 200);
  CHECK(guesser.answer(milliseconds(15'000)).status == 401);
  CHECK(guesser.answer().status == 200);
  CHECK(Clock::now() - begun >= 2000ms);
  // One whose answer is held back may go.
  guesser.send_request(
      "DESCRIBE", url,
      {{"Authorization", digest_authorization({"alice", "guess"}, challenge, "DESCRIBE", url)}});
  guesser.disconnect();
  CHECK(request_as(stranger, alice, "DESCRIBE", url).status == 200);
}

TEST_CASE("many guesses at once gain nothing: 503, and who has logged in goes on", "[auth]") {
  const ServerProcess server(with_config(users));
  const std::string url = server.url("/lecture.mp4");
  RtspClient viewer = connect(server);
  REQUIRE(request_as(viewer, bob, "DESCRIBE", url).status == 200);
  const ChallengeText challenge = challenge_for(viewer, url);
  std::vector<RtspClient> guessers;
  const Headers guess{
      {"Authorization", digest_authorization({"alice", "guess"}, challenge, "DESCRIBE", url)}};
  for (int i = 0; i < 16; ++i) {
    guessers.push_back(connect(server));
    // Each goes on with the next one as soon as it is answered, so that soon all are held back for long.
    for (int again = 0; again < 4; ++again) guessers.back().send_request("DESCRIBE", url, guess);
  }
  const auto is_refused = [&] {
    RtspClient late = connect(server);  // once let in, it would be known
    const Answer answer = describe_with(late, url, digest_authorization(alice, challenge, "DESCRIBE", url));
    return answer.status == 503 && answer.header("Retry-After") == "10";
  };
  CHECK(eventually(is_refused, 5000));
  CHECK(request_as(viewer, bob, "DESCRIBE", url).status == 200);
  RtspClient stranger = connect(server, "127.0.0.4");
  CHECK(request_as(stranger, alice, "DESCRIBE", url).status == 200);
}

TEST_CASE("address rules: of the listener before a byte is read, of a path by 403", "[auth]") {
  const ServerProcess server(with_config("deny: [127.0.0.5, 127.0.0.6/31]\n"));
  RtspClient denied = connect(server, "127.0.0.5"), other = connect(server, "127.0.0.8");
  CHECK(denied.closes());
  CHECK(other.request("DESCRIBE", server.url("/lecture.mp4")).status == 200);

  const std::string root = SampleMedia::get().root().string();
  const ServerProcess paths(with_config("paths:\n  inner: {source: " + root + ", allow: [127.0.0.7]}\n"));
  RtspClient inside = connect(paths, "127.0.0.7"), outside = connect(paths, "127.0.0.8");
  CHECK(inside.request("DESCRIBE", paths.url("/inner/lecture.mp4")).status == 200);
  CHECK(inside.request("DESCRIBE", paths.url("/inner/missing")).status == 404);
  CHECK(outside.request("DESCRIBE", paths.url("/inner/lecture.mp4")).status == 403);
  CHECK(outside.request("DESCRIBE", paths.url("/inner/missing")).status == 403);
  CHECK(outside.request("DESCRIBE", paths.url("/./inner//lecture.mp4/")).status != 200);
  CHECK(outside.request("DESCRIBE", paths.url("/lecture.mp4")).status == 200);
}

TEST_CASE("the external check decides, its answer holds, and without it nobody comes in", "[auth]") {
  auto http = std::make_unique<HttpServer>([](const std::string& body) {
    return body.find(R"("user":"dora","password":"d")") != body.npos &&
                   body.find(R"("path":"lecture.mp4","action":"read","protocol":"rtsp")") != body.npos
               ? 200
               : 401;
  });
  const ServerProcess server(
      with_config("basic_over_plain: yes\nauth: {http: \"" + http->url() + "\", cache: 1h}\n"));
  RtspClient client = connect(server);
  const std::string url = server.url("/lecture.mp4");
  CHECK(client.request("DESCRIBE", url).status == 401);
  CHECK(describe_with(client, url, basic_authorization("dora", "d")).status == 200);
  CHECK(describe_with(client, url, basic_authorization("dora", "e")).status == 401);
  CHECK(describe_with(client, server.url("/short.mp4"), basic_authorization("dora", "d")).status == 401);
  CHECK(http->bodies().size() == 4);
  CHECK_THAT(http->bodies().at(1), Catch::Contains(R"("ip":"127.0.0.1")"));
  http.reset();
  CHECK(describe_with(client, url, basic_authorization("dora", "d")).status == 200);
  const Answer away = describe_with(client, url, basic_authorization("dora", "new"));
  CHECK(away.status == 503);
  CHECK(away.header("Retry-After") == "10");
  CHECK_THAT(server.log(), Catch::Contains("auth.http cannot be asked"));
}
