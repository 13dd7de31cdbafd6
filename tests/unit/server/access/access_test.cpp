#include "server/access/access.h"

#include <catch2/catch.hpp>
#include <future>

#include "protocol/auth/digest.h"
#include "tests/support/http_server.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

const std::string argon2 =
    "argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE";

User user(const std::string& name, const std::string& password, const std::string& read,
          const std::string& publish = "") {
  User made;
  made.name = name;
  if (!password.empty()) made.passwords = {parse_password(password).value()};
  if (!read.empty()) made.permissions[0] = {PathPattern::parse(read).value()};
  if (!publish.empty()) made.permissions[1] = {PathPattern::parse(publish).value()};
  return made;
}

Config two_users() {
  Config config;
  config.users = {user("alice", "sesame", "lectures/**", "in/*"), user("bob", "pw", "b.mp4"),
                  user("anonymous", "", "public/*")};
  return config;
}

const Endpoint client = Endpoint::parse("192.0.2.1:4000").value();

/// Access with a clock that stands, and questions to it.
struct Bench {
  explicit Bench(const Config& config) : access(config, [this] { return now; }) {}

  AccessDecision decide(AccessQuestion question) {
    std::promise<AccessDecision> decision;
    access.decide(
        std::move(question), [](const std::function<void()>& task) { task(); },
        [&](const AccessDecision& made) { decision.set_value(made); });
    return decision.get_future().get();
  }

  AccessQuestion question(const std::string& url, std::string authorization = "") const {
    AccessQuestion question;
    if (!authorization.empty()) question.authorizations = {std::move(authorization)};
    question.method = "DESCRIBE";
    question.url = rtsp::parse_url(url).value();
    question.action = Action::read;
    question.peer = peer;
    question.secure = secure;
    return question;
  }

  AccessDecision ask(const std::string& url, const std::string& authorization = "") {
    return decide(question(url, authorization));
  }

  std::string nonce() {
    const auto digest = auth::parse_challenge(access.challenges(peer, false, false).at(0)).value();
    return std::get<auth::DigestChallenge>(digest).nonce;
  }

  std::string digest(const std::string& name, const std::string& password, const std::string& uri,
                     std::optional<std::uint32_t> nc = std::nullopt, std::string with = "",
                     auth::Algorithm algorithm = auth::Algorithm::md5) {
    auth::DigestCredentials made{name, "Lectern", with.empty() ? nonce() : std::move(with), uri};
    made.algorithm = algorithm;
    if (nc) made.counted = {*nc, "c"};
    made.response =
        auth::make_response(made, auth::make_ha1(algorithm, name, "Lectern", password), "DESCRIBE");
    return auth::serialize(made);
  }

  std::string basic(const std::string& name, const std::string& password) const {
    return auth::serialize(auth::BasicCredentials{name, password});
  }

  Access::Time now{1h};
  Endpoint peer = client;
  bool secure = false;
  Access access;
};

const std::string url = "rtsp://h/lectures/a.mp4";

std::vector<std::string> schemes(Bench& bench, bool secure) {
  std::vector<std::string> found;
  for (const std::string& value : bench.access.challenges(client, secure, false)) {
    const auto challenge = auth::parse_challenge(value).value();
    const auto* digest = std::get_if<auth::DigestChallenge>(&challenge);
    found.emplace_back(digest ? auth::to_string(digest->algorithm) : "Basic");
  }
  return found;
}
using Schemes = std::vector<std::string>;

}  // namespace

TEST_CASE("without users everything is open", "[access]") {
  Bench bench((Config()));
  CHECK(bench.access.open());
  CHECK(bench.ask(url).verdict == Verdict::granted);
  CHECK(bench.ask(url, "Basic !").verdict == Verdict::granted);
}

TEST_CASE("with users nothing is open but what anonymous may read", "[access]") {
  Bench bench(two_users());
  CHECK(bench.ask(url).verdict == Verdict::unauthorized);
  CHECK(bench.ask("rtsp://h/missing").verdict == Verdict::unauthorized);
  CHECK(bench.ask("rtsp://h/").verdict == Verdict::unauthorized);
  CHECK(bench.ask("*").verdict == Verdict::unauthorized);
  CHECK(bench.ask("rtsp://h/public/a.mp4").verdict == Verdict::granted);
  CHECK(bench.ask("rtsp://h/public/a.mp4").user.empty());
  auto publish = bench.question("rtsp://h/public/a.mp4");
  publish.action = Action::publish;
  CHECK(bench.decide(publish).verdict == Verdict::unauthorized);
  // Who says a name must be it, also where nobody needs one.
  CHECK(bench.ask("rtsp://h/public/a.mp4", bench.digest("alice", "wrong", "/public/a.mp4")).verdict ==
        Verdict::unauthorized);
  CHECK(bench.ask("rtsp://h/public/a.mp4", bench.digest("anonymous", "", "/public/a.mp4")).verdict ==
        Verdict::unauthorized);
}

TEST_CASE("Digest logs in with both algorithms, with and without a count", "[access]") {
  Bench bench(two_users());
  for (const auto algorithm : {auth::Algorithm::md5, auth::Algorithm::sha256})
    for (const auto nc : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(1)}) {
      const auto decision = bench.ask(url, bench.digest("alice", "sesame", url, nc, "", algorithm));
      CHECK(decision.verdict == Verdict::granted);
      CHECK(decision.user == "alice");
    }
}

TEST_CASE("a wrong password and an unknown user are the same", "[access]") {
  Bench bench(two_users());
  for (const auto& header : {bench.digest("alice", "wrong", url), bench.digest("nobody", "sesame", url),
                             bench.digest("bob", "sesame", url)}) {
    const auto decision = bench.ask(url, header);
    CHECK(decision.verdict == Verdict::unauthorized);
    CHECK(decision.failed);
    CHECK_FALSE(decision.stale);
    CHECK(decision.user.empty());
    CHECK(decision.delay == 0ms);
  }
  // Of another method, and of another realm.
  auto play = bench.question(url, bench.digest("alice", "sesame", url));
  play.method = "PLAY";
  CHECK(bench.decide(play).failed);
  CHECK(bench.ask(url, bench.digest("alice", "wrong", url)).delay == 250ms);
}

TEST_CASE("who is known and may not is told 403, whether the path is there or not", "[access]") {
  Bench bench(two_users());
  for (const std::string other : {"rtsp://h/b.mp4", "rtsp://h/missing", "rtsp://h/"})
    CHECK(bench.ask(other, bench.digest("alice", "sesame", other)).verdict == Verdict::forbidden);
  auto publish = bench.question("rtsp://h/in/cam", bench.digest("alice", "sesame", "/in/cam"));
  publish.action = Action::publish;
  CHECK(bench.decide(publish).verdict == Verdict::granted);
  auto either = bench.question("rtsp://h/in/cam", bench.digest("alice", "sesame", "/in/cam"));
  either.action = std::nullopt;
  CHECK(bench.decide(either).verdict == Verdict::granted);
  CHECK(bench.ask("*", bench.digest("bob", "pw", "*")).verdict == Verdict::granted);
}

TEST_CASE("a track is permitted where its file is, and only as its track", "[access]") {
  Bench bench(two_users());
  const auto track = bench.ask("rtsp://h/b.mp4/track12", bench.digest("bob", "pw", "/b.mp4/track12"));
  CHECK(track.verdict == Verdict::granted);
  CHECK(track.of_parent);
  CHECK_FALSE(bench.ask("rtsp://h/b.mp4", bench.digest("bob", "pw", "/b.mp4")).of_parent);
  CHECK_FALSE(bench.ask(url + "/track1", bench.digest("alice", "sesame", url)).of_parent);
  for (const std::string other : {"/b.mp4/track", "/b.mp4/track1x", "/b.mp4/x", "/b.mp4/track1/track1"})
    CHECK(bench.ask("rtsp://h" + other, bench.digest("bob", "pw", other)).verdict == Verdict::forbidden);
}

TEST_CASE("a nonce is stale where it is old, of another address, or its count was used", "[access]") {
  Bench bench(two_users());
  const std::string nonce = bench.nonce();
  const auto stale = [&](std::optional<std::uint32_t> nc) {
    const auto decision = bench.ask(url, bench.digest("alice", "sesame", url, nc, nonce));
    if (decision.verdict == Verdict::granted) return false;
    CHECK(decision.verdict == Verdict::unauthorized);
    CHECK_FALSE(decision.failed);
    CHECK(decision.delay == 0ms);
    return decision.stale;
  };
  CHECK_FALSE(stale(1));
  CHECK(stale(1));
  CHECK_FALSE(stale(2));
  CHECK_FALSE(stale(std::nullopt));
  bench.peer = Endpoint::parse("192.0.2.2:4000").value();
  CHECK(stale(3));
  bench.peer = client;
  bench.now += Access::nonce_lifetime;
  CHECK_FALSE(stale(4));
  bench.now += 1s;
  CHECK(stale(5));
  // On a connection on which the user has logged in it holds on, each count once.
  auto known = bench.question(url, bench.digest("alice", "sesame", url, 5, nonce));
  known.known_user = "bob";
  CHECK(bench.decide(known).stale);
  known.known_user = "alice";
  CHECK(bench.decide(known).verdict == Verdict::granted);
  CHECK(bench.decide(known).stale);
  // A wrong password with an old nonce is a wrong password.
  const auto wrong = bench.ask(url, bench.digest("alice", "wrong", url, 6, nonce));
  CHECK_FALSE(wrong.stale);
  CHECK(wrong.failed);
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url, 1, "made-up")).stale);
}

TEST_CASE("what breaks the format is 400, what is not offered is 401", "[access]") {
  Bench bench(two_users());
  CHECK(bench.ask(url, "Digest username=\"a\", username=\"b\"").verdict == Verdict::malformed);
  CHECK(bench.ask(url, "Bearer x").verdict == Verdict::unauthorized);
  auto twice = bench.question(url, bench.digest("alice", "sesame", url));
  twice.authorizations.push_back(twice.authorizations.front());
  CHECK(bench.decide(twice).verdict == Verdict::malformed);
  CHECK(bench.ask(url, bench.digest("alice", "sesame", "/lectures/b.mp4")).verdict == Verdict::malformed);
}

TEST_CASE("Basic is for TLS, or where it was configured", "[access]") {
  Bench bench(two_users());
  CHECK(bench.ask(url, bench.basic("alice", "sesame")).verdict == Verdict::unauthorized);
  CHECK_FALSE(bench.ask(url, bench.basic("alice", "wrong")).failed);
  CHECK(bench.ask(url, bench.basic("alice", "sesame")).in_the_clear);
  bench.secure = true;
  CHECK(bench.ask(url, bench.basic("alice", "sesame")).verdict == Verdict::granted);
  CHECK(bench.ask(url, bench.basic("alice", "wrong")).failed);
  CHECK(bench.ask(url, bench.basic("nobody", "sesame")).failed);
  CHECK(bench.ask(url, bench.basic("anonymous", "")).failed);
  Config config = two_users();
  config.basic_over_plain = true;
  Bench plain(config);
  CHECK(plain.ask(url, plain.basic("alice", "sesame")).verdict == Verdict::granted);
}

TEST_CASE("argon2id is for Basic, and quick for those that were right", "[access]") {
  Config config = two_users();
  config.users.push_back(user("carol", argon2, "lectures/**"));
  Bench bench(config);
  bench.secure = true;
  for (int i = 0; i < 2; ++i)
    CHECK(bench.ask(url, bench.basic("carol", "other")).verdict == Verdict::granted);
  CHECK(bench.ask(url, bench.basic("alice", "sesame")).verdict == Verdict::granted);
  CHECK(bench.ask(url, bench.basic("carol", "wrong")).failed);
  // The password that the hash of carol is of does not open the door to others.
  CHECK(bench.ask(url, bench.basic("alice", "other")).failed);
  CHECK(bench.ask(url, bench.basic("nobody", "other")).failed);
  CHECK(bench.ask(url, bench.digest("carol", "other", url)).failed);
}

TEST_CASE("schemes are offered that all users can use", "[access]") {
  Config config = two_users();
  Bench plain(config);
  CHECK(schemes(plain, false) == Schemes{"SHA-256", "MD5"});
  CHECK(schemes(plain, true) == Schemes{"SHA-256", "MD5", "Basic"});
  config.users.push_back(user("md5", "ha1-md5:" + std::string(32, 'a'), "**"));
  Bench md5(config);
  CHECK(schemes(md5, false) == Schemes{"MD5"});
  CHECK(schemes(md5, true) == Schemes{"MD5", "Basic"});
  config.users.push_back(user("sha", "ha1-sha256:" + std::string(64, 'a'), "**"));
  Bench both(config);
  CHECK(schemes(both, false) == Schemes{"SHA-256", "MD5"});
  config.users.push_back(user("carol", argon2, "**"));
  Bench argon(config);
  CHECK(schemes(argon, true) == Schemes{"Basic"});
  CHECK(schemes(argon, false) == Schemes{"SHA-256", "MD5"});
  CHECK(plain.access.challenges(client, false, true).at(0).find(", stale=true,") != std::string::npos);
}

TEST_CASE("where nobody can use Digest, one logs in by TLS alone", "[access]") {
  const Config config = two_users();
  CHECK_FALSE(Access(config).needs_tls(false));
  Config hashed = config;
  hashed.users.resize(1);
  hashed.users[0].passwords = {parse_password("argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$"
                                              "0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE")
                                   .value()};
  CHECK(Access(hashed).needs_tls(false));
  CHECK_FALSE(Access(hashed).needs_tls(true));
  hashed.basic_over_plain = true;
  CHECK_FALSE(Access(hashed).needs_tls(false));
}

TEST_CASE("a user comes from its networks, else it is none", "[access]") {
  Config config = two_users();
  config.users[0].networks = {Network::parse("10.0.0.0/8").value()};
  Bench bench(config);
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).failed);
  bench.peer = Endpoint::parse("10.1.1.1:4000").value();
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::granted);
}

TEST_CASE("addresses are admitted a listener and a path", "[access]") {
  Config config = two_users();
  config.addresses.deny = {Network::parse("192.0.2.0/24").value()};
  config.roots = {{"lectures", "/", {{}, {Network::parse("192.0.2.1").value()}}}};
  Bench bench(config);
  CHECK_FALSE(bench.access.admits(client, false));
  CHECK(bench.access.admits(client, true));
  CHECK(bench.ask(url).verdict == Verdict::unauthorized);
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::forbidden);
  CHECK(bench.ask("rtsp://h/b.mp4", bench.digest("bob", "pw", "/b.mp4")).verdict == Verdict::granted);
  bench.peer = Endpoint::parse("192.0.2.2:4000").value();
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::granted);
  config.users.clear();
  Bench open(config);
  CHECK(open.ask(url).verdict == Verdict::forbidden);
  CHECK(open.ask("rtsp://h/lectures").verdict == Verdict::forbidden);
  CHECK(open.ask("rtsp://h/lecture").verdict == Verdict::granted);
}

TEST_CASE("too many attempts under way are 503, but not for who has logged in", "[access]") {
  Bench bench(two_users());
  for (int i = 0; i < 12; ++i) bench.ask(url, bench.digest("alice", "wrong", url));
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::busy);
  auto known = bench.question(url, bench.digest("alice", "sesame", url));
  known.known_user = "alice";
  CHECK(bench.decide(known).verdict == Verdict::granted);
  known.known_user = "bob";
  CHECK(bench.decide(known).verdict == Verdict::busy);
  bench.peer = Endpoint::parse("192.0.2.2:4000").value();
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::granted);
}

TEST_CASE("the external check decides about those that the configuration does not permit", "[access]") {
  test::HttpServer server([](const std::string& body) {
    const auto says = [&](const char* part) { return body.find(part) != body.npos; };
    if (says(R"("user":"alice","verified":true)") && says(R"("path":"x.mp4")")) return 200;
    if (says(R"("user":"dora","password":"d")")) return says("x.mp4") ? 200 : 403;
    return says(R"("user":"","verified":false)") && says("open.mp4") ? 200 : 401;
  });
  Config config = two_users();
  config.auth.http = server.url();
  Bench bench(config);
  CHECK(schemes(bench, true) == Schemes{"Basic"});
  CHECK(bench.ask("rtsp://h/open.mp4").verdict == Verdict::granted);
  CHECK(bench.ask("rtsp://h/x.mp4").verdict == Verdict::unauthorized);
  // Who the configuration permits is not asked about.
  const auto before = server.bodies().size();
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::granted);
  CHECK(server.bodies().size() == before);
  const auto alice = bench.ask("rtsp://h/x.mp4/track1", bench.digest("alice", "sesame", "/x.mp4/track1"));
  CHECK(alice.verdict == Verdict::granted);
  CHECK(alice.of_parent);
  CHECK(alice.user == "alice");
  CHECK(bench.ask("rtsp://h/y.mp4", bench.digest("alice", "sesame", "/y.mp4")).verdict == Verdict::forbidden);
  bench.secure = true;
  CHECK(bench.ask("rtsp://h/x.mp4", bench.basic("dora", "d")).user == "dora");
  CHECK(bench.ask("rtsp://h/y.mp4", bench.basic("dora", "d")).verdict == Verdict::forbidden);
  CHECK(bench.ask("rtsp://h/x.mp4", bench.basic("dora", "e")).failed);
  // No password, no question: Digest of somebody unknown is wrong.
  CHECK(bench.ask("rtsp://h/x.mp4", bench.digest("dora", "d", "/x.mp4")).failed);
}

TEST_CASE("an external check that is away permits nothing", "[access]") {
  Config config = two_users();
  config.auth.http = "http://127.0.0.1:1/";
  Bench bench(config);
  CHECK(bench.ask("rtsp://h/x.mp4").verdict == Verdict::busy);
  CHECK(bench.ask("rtsp://h/x.mp4", bench.digest("alice", "sesame", "/x.mp4")).verdict == Verdict::busy);
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url)).verdict == Verdict::granted);
}

TEST_CASE("the uri of Digest names what the request does, as players write it", "[access]") {
  const auto request = rtsp::parse_url("rtsp://h:8554/a/b.mp4/track1").value();
  for (const char* same : {"rtsp://h:8554/a/b.mp4/track1", "/a/b.mp4/track1", "rtsp://other/a/b.mp4",
                           "/a/b.mp4/", "rtsp://h/a/b.mp4/track1/", "/a/b.mp4/track1?x=y"})
    CHECK(names_same_media(same, request));
  for (const char* other :
       {"", "/a", "/", "*", "/a/c.mp4", "/a/b.mp4/track2", "/a/b.mp4/track1/x/y", "a/b.mp4"})
    CHECK_FALSE(names_same_media(other, request));
  CHECK(names_same_media("/a/b.mp4/track1", rtsp::parse_url("rtsp://h/a/b.mp4/").value()));
  // A response that was overheard is worth nothing for what is above or below.
  const auto folder = rtsp::parse_url("rtsp://h/a").value(),
             file = rtsp::parse_url("rtsp://h/a/b.mp4").value();
  CHECK_FALSE(names_same_media("/a/b.mp4", folder));
  CHECK_FALSE(names_same_media("/a", file));
  CHECK_FALSE(names_same_media("/a/b.mp4/trackx", file));
  CHECK(names_same_media("*", rtsp::parse_url("*").value()));
  CHECK_FALSE(names_same_media("/", rtsp::parse_url("*").value()));
}

namespace {

const Grant alice{"alice"}, bob{"bob"}, nobody{}, elsewhere{"zoe", true};

}  // namespace

TEST_CASE("who was let in may go on as far as the configuration permits it", "[access]") {
  const Access access(two_users());
  CHECK(access.still_permits(alice, client, "/lectures/a.mp4", {}));
  CHECK_FALSE(access.still_permits(alice, client, "/b.mp4", {}));
  CHECK(access.still_permits(bob, client, "/b.mp4", {"track1"}));
  CHECK(access.still_permits(nobody, client, "/public/x", {}));
  CHECK_FALSE(access.still_permits(nobody, client, "/lectures/a.mp4", {}));
  CHECK_FALSE(access.still_permits({"carol"}, client, "/public/x", {}));
  // By the word of a check that is no more.
  CHECK_FALSE(access.still_permits(elsewhere, client, "/lectures/a.mp4", {}));
  CHECK_FALSE(access.still_permits({"alice", true}, client, "/lectures/a.mp4", {}));
  CHECK(Access(Config()).still_permits(elsewhere, client, "/any", {}));

  // Of a file some tracks alone.
  Config tracks;
  tracks.users = {user("alice", "x", "a.mp4/track1")};
  CHECK(Access(tracks).still_permits(alice, client, "/a.mp4", {"track1"}));
  CHECK_FALSE(Access(tracks).still_permits(alice, client, "/a.mp4", {"track1", "track2"}));
  CHECK_FALSE(Access(tracks).still_permits(alice, client, "/a.mp4", {}));

  // By address: of the user, of the path, of the listener.
  Config rules = two_users();
  const Network here = Network::parse("192.0.2.0/24").value();
  rules.users[0].networks = {Network::parse("10.0.0.0/8").value()};
  CHECK_FALSE(Access(rules).still_permits(alice, client, "/lectures/a.mp4", {}));
  rules = two_users();
  rules.roots = {{"lectures", "/"}};
  rules.roots[0].addresses.deny = {here};
  CHECK_FALSE(Access(rules).still_permits(alice, client, "/lectures/a.mp4", {}));
  rules = two_users();
  rules.tls_addresses.deny = {here};
  CHECK(Access(rules).still_permits(alice, client, "/lectures/a.mp4", {}));
  CHECK_FALSE(Access(rules).still_permits({"alice", false, true}, client, "/lectures/a.mp4", {}));
}

TEST_CASE("a login holds as long as one of the passwords that it may have had", "[access]") {
  Config one = two_users(), two = two_users(), other = two_users(), none = two_users();
  two.users[0].passwords.push_back(parse_password("second").value());
  other.users[0].passwords = {parse_password("second").value()};
  none.users.clear();
  const Access first(one);
  CHECK(Access(one, first).keeps_login(alice, first));
  CHECK(Access(two, first).keeps_login(alice, first));
  CHECK_FALSE(Access(other, first).keeps_login(alice, first));
  CHECK(Access(other, first).keeps_login(bob, first));
  CHECK(Access(other, Access(two, first)).keeps_login(alice, Access(two, first)));
  CHECK(Access(none, first).keeps_login(alice, first));
  CHECK(Access(other, first).keeps_login({"alice", true}, first));
}

TEST_CASE("another configuration takes nonces and failures of the one before", "[access]") {
  Bench bench(two_users());
  const std::string nonce = bench.nonce();
  CHECK(bench.ask(url, bench.digest("alice", "sesame", url, 1, nonce)).verdict == Verdict::granted);
  for (int i = 0; i < 5; ++i) bench.ask(url, bench.digest("alice", "wrong", url));
  Config more = two_users();
  more.users.push_back(user("carol", "new", "lectures/**"));
  Access next(more, bench.access);
  const auto ask = [&](const std::string& authorization) {
    AccessDecision made;
    next.decide(
        bench.question(url, authorization), [](const std::function<void()>& task) { task(); },
        [&](const AccessDecision& decision) { made = decision; });
    return made;
  };
  const AccessDecision used = ask(bench.digest("alice", "sesame", url, 1, nonce));
  CHECK(used.verdict == Verdict::unauthorized);
  CHECK(used.stale);
  CHECK(ask(bench.digest("alice", "sesame", url, 2, nonce)).verdict == Verdict::granted);
  CHECK(ask(bench.digest("carol", "new", url, 3, nonce)).verdict == Verdict::granted);
  CHECK(ask(bench.digest("alice", "wrong", url, 4, nonce)).delay > 250ms);
}

TEST_CASE("what the external check has said holds on, and a closed one lets go of who waits", "[access]") {
  test::HttpServer check([](const std::string&) { return 200; });
  Config config;
  config.auth.http = check.url();
  Bench bench(config);
  bench.secure = true;
  const auto granted = bench.ask(url, bench.basic("zoe", "x"));
  CHECK(granted.verdict == Verdict::granted);
  CHECK(granted.elsewhere);
  Config more = config;
  more.users = {user("alice", "sesame", "a")};
  Access next(more, bench.access);
  CHECK(next.still_permits(elsewhere, client, "/any", {}));
  auto held = std::make_shared<int>(1);
  next.decide(
      bench.question(url, bench.basic("yves", "y")), [](const std::function<void()>&) {},
      [held](const AccessDecision&) {});
  bench.access.close();
  next.close();
  CHECK(held.use_count() == 1);
}
