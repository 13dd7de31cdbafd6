#include "server/rtsp/publish/publishers.h"

#include <catch2/catch.hpp>
#include <future>

#include "protocol/auth/credentials.h"
#include "protocol/base/base64.h"
#include "tests/support/http_server.h"
#include "tests/support/live_reading.h"
#include "tests/unit/server/rtsp/running_server.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

Config with_path() {
  Config config;
  config.roots = {{"in", {}}};
  config.roots[0].live.publish = true;
  return config;
}

const std::string description = "v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n";

Answer announce(RtspClient& client, const std::string& url,
                const Headers& headers = {{"Content-Type", "application/sdp"}}) {
  client.send_request("ANNOUNCE", url, headers, description);
  return client.answer();
}

}  // namespace

TEST_CASE("who announces anew, and may take its own place, keeps its connection", "[publish]") {
  Config config = with_path();
  config.roots[0].live.publish_takeover = true;
  const RunningServer server(1, config);
  RtspClient client = server.connect();
  const std::string url = server.url("/in"), former = announce(client, url).session();
  const Headers session{{"Session", announce(client, url).session()}};
  CHECK(session[0].second != former);
  Headers setup = session;
  setup.emplace_back("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record");
  CHECK(client.request("SETUP", url + "/track1", setup).status == 200);
  CHECK(client.request("RECORD", url, session).status == 200);
  CHECK(client.request("OPTIONS", url, {{"Session", former}}).status == 454);
  RtspClient other = server.connect();
  CHECK(announce(other, url).status == 200);
  CHECK(client.closes());
}

TEST_CASE("whose connection ends before it is let in does not publish", "[access]") {
  std::promise<void> closed;
  HttpServer http([done = closed.get_future().share()](const std::string&) {
    done.wait();
    return 200;
  });
  Config config = with_path();
  config.basic_over_plain = true;
  config.auth.http = http.url();
  const RunningServer server(1, config);
  const auto as = [](const std::string& user) {
    return Headers{{"Authorization", auth::serialize(auth::BasicCredentials{user, "pass"})},
                   {"Content-Type", "application/sdp"}};
  };
  const std::string url = server.url("/in");
  // Over HTTP, as the end of another connection is not seen before the answer.
  const std::string head = " /in HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n";
  RtspClient get = server.connect(), post = server.connect();
  get.send("GET" + head);
  CHECK(get.answer().status == 200);
  post.send("POST" + head + base64_encode(as_bytes(get.compose("ANNOUNCE", url, as("gone"), description))));
  const bool asked = eventually([&] { return !http.bodies().empty(); });
  get.disconnect();
  std::this_thread::sleep_for(300ms);
  closed.set_value();
  CHECK(asked);
  RtspClient next = server.connect();
  CHECK(eventually([&] { return announce(next, url, as("next")).status == 200; }));
}
