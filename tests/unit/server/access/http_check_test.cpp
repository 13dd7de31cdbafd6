#include "server/access/http_check.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/support/captured_log.h"
#include "tests/support/http_server.h"

using namespace lectern::server;
using lectern::test::HttpServer;
using namespace std::chrono_literals;

namespace {

HttpQuestion question(const std::string& user) {
  return {user, "sesame", false, "192.0.2.1", "lectures/a.mp4", "read", "rtsp", "test/1"};
}

HttpVerdict ask(HttpCheck& check, const std::string& user) {
  std::promise<HttpVerdict> verdict;
  check.ask(question(user), [&](HttpVerdict said) { verdict.set_value(said); });
  return verdict.get_future().get();
}

}  // namespace

TEST_CASE("the external check is told who, where from, what and how", "[access]") {
  CHECK(to_json(question("alice")) ==
        R"({"user":"alice","password":"sesame","verified":false,"ip":"192.0.2.1","path":"lectures/a.mp4",)"
        R"("action":"read","protocol":"rtsp","agent":"test/1"})");
  HttpQuestion verified = question("a\"b\xff");
  verified.password.clear();
  verified.verified = true;
  CHECK(to_json(verified).starts_with("{\"user\":\"a\\\"b\xef\xbf\xbd\",\"verified\":true,"));
}

TEST_CASE("the status of the answer is the verdict, and holds for its time", "[access]") {
  HttpServer server([](const std::string& body) {
    if (body.find("alice") != body.npos) return 204;
    return body.find("bob") != body.npos ? 403 : 401;
  });
  HttpCheck check({server.url(), 30s, 5s});
  CHECK(ask(check, "alice") == HttpVerdict::granted);
  CHECK(ask(check, "bob") == HttpVerdict::forbidden);
  CHECK(ask(check, "carol") == HttpVerdict::refused);
  CHECK(server.bodies().at(0) == to_json(question("alice")));
  CHECK(ask(check, "alice") == HttpVerdict::granted);
  CHECK(ask(check, "carol") == HttpVerdict::refused);
  CHECK(server.bodies().size() == 3);
  HttpCheck forgetful({server.url(), 0s, 5s});
  CHECK(ask(forgetful, "alice") == HttpVerdict::granted);
  CHECK(ask(forgetful, "alice") == HttpVerdict::granted);
  CHECK(server.bodies().size() == 5);
}

TEST_CASE("a check that cannot be asked says so in the log, and is asked again", "[access]") {
  lectern::test::CapturedLog log(LogLevel::error);
  int times = 0;
  HttpServer server([&](const std::string&) { return ++times == 1 ? 500 : times == 2 ? 0 : 200; });
  {
    HttpCheck check({server.url(), 30s, 5s});
    CHECK(ask(check, "alice") == HttpVerdict::unreachable);
    CHECK(ask(check, "alice") == HttpVerdict::unreachable);
    CHECK(ask(check, "alice") == HttpVerdict::granted);
  }
  HttpCheck nobody({"http://127.0.0.1:1/", 30s, 5s});
  CHECK(ask(nobody, "alice") == HttpVerdict::unreachable);
  CHECK_THAT(log.text(), Catch::Contains("auth.http answers 500: viewers are refused"));
  CHECK_THAT(log.text(), Catch::Contains("auth.http cannot be asked ("));
  CHECK(log.text().find("sesame") == std::string::npos);
}

TEST_CASE("a check that does not answer in time is unreachable, and many wait for it at once", "[access]") {
  lectern::test::CapturedLog log(LogLevel::off);
  std::promise<void> stuck;
  HttpServer server([done = stuck.get_future().share()](const std::string&) {
    done.wait();
    return 200;
  });
  {
    HttpCheck check({server.url(), 30s, 1s});
    CHECK(ask(check, "alice") == HttpVerdict::unreachable);
    std::atomic<int> refused = 0;
    for (std::size_t i = 0; i < HttpCheck::most_waiting + 3; ++i)
      check.ask(question("user" + std::to_string(i)), [&](HttpVerdict said) {
        if (said == HttpVerdict::unreachable) ++refused;
      });
    CHECK(refused >= 3);
  }
  stuck.set_value();
}
