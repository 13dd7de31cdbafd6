// The address rules of the two listeners: each holds for its own port alone.
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/support/rtsp_client.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

/// What a connection from `source` gets: the status of DESCRIBE, 0 where it is closed before an answer.
int plain_status(const ServerProcess& server, const std::string& source) {
  RtspClient client(server.host(), server.port(), source);
  return client.request("DESCRIBE", server.url("/lecture.mp4")).status;
}

int tls_status(const ServerProcess& server, const std::string& source) {
  try {
    auto client = RtspClient::over_tls(server.host(), server.rtsps_port(), 0, source);
    return client.request("DESCRIBE", server.rtsps_url("/lecture.mp4")).status;
  } catch (const std::runtime_error&) {
    return 0;  // no handshake
  }
}

struct Rule {
  std::string config, said, unsaid;
  int plain_in, plain_out, tls_in, tls_out;  ///< "in" is 127.0.0.7, "out" is 127.0.0.8
};

}  // namespace

TEST_CASE("tls_allow and tls_deny hold for RTSPS alone, allow and deny for RTSP alone", "[auth][rtsps]") {
  const auto plain = ": refused, as allow or deny says"s, tls = ": refused, as tls_allow or tls_deny says"s;
  const Rule rule = GENERATE_COPY(Rule{"tls_deny: [127.0.0.8/31]\n", tls, plain, 200, 200, 200, 0},
                                  Rule{"tls_allow: 127.0.0.7\n", tls, plain, 200, 200, 200, 0},
                                  Rule{"deny: [127.0.0.8/31]\n", plain, tls, 200, 0, 200, 200},
                                  Rule{"allow: 127.0.0.7\n", plain, tls, 200, 0, 200, 200});
  CAPTURE(rule.config);
  const ServerProcess server(with_config(rule.config));
  CHECK(plain_status(server, "127.0.0.7") == rule.plain_in);
  CHECK(plain_status(server, "127.0.0.8") == rule.plain_out);
  CHECK(tls_status(server, "127.0.0.7") == rule.tls_in);
  CHECK(tls_status(server, "127.0.0.8") == rule.tls_out);
  const std::string log = server.log();
  CHECK_THAT(log, Catch::Contains(rule.said));
  CHECK_THAT(log, !Catch::Contains(rule.unsaid));
}

TEST_CASE("tls_deny wins over tls_allow, and closes before a byte is read", "[auth][rtsps]") {
  const ServerProcess server(with_config("tls_allow: 127.0.0.0/29\ntls_deny: 127.0.0.5\n"));
  // Nothing is said on it: a handshake would be waited for.
  RtspClient denied(server.host(), server.rtsps_port(), "127.0.0.5");
  RtspClient admitted(server.host(), server.rtsps_port(), "127.0.0.6");
  CHECK(denied.closes());
  CHECK_FALSE(admitted.closes(milliseconds(200)));
  CHECK_THAT(server.log(),
             Catch::Contains("127.0.0.5:"s) && Catch::Contains(": refused, as tls_allow or tls_deny says"));
  CHECK(tls_status(server, "127.0.0.6") == 200);
}
