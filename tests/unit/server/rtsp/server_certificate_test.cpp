#include "server/rtsp/server_certificate.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "server/net/self_signed.h"
#include "server/state_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::server;

namespace {

std::string fingerprint_for(const Config& config) {
  const auto certificate = server_certificate(config);
  REQUIRE(certificate);
  return fingerprint(*certificate->context());
}

}  // namespace

TEST_CASE("a certificate is made once and kept for the next start", "[server_certificate]") {
  const test::TemporaryFolder folder;
  Config config;
  config.state_directory = folder.path() / "state";
  const auto first = fingerprint_for(config);
  CHECK(fingerprint_for(config) == first);
  const auto kept = read_state(config.state_directory, "rtsps.pem").value();
  CHECK(fingerprint(*make_ssl_context(kept, kept).value()) == first);
}

TEST_CASE("a kept certificate that is broken is replaced, with a warning", "[server_certificate]") {
  const test::TemporaryFolder folder;
  Config config;
  config.state_directory = folder.path();
  std::ofstream(folder.path() / "rtsps.pem") << "half a fi";
  std::string replaced;
  {
    const test::CapturedLog log(LogLevel::info);
    replaced = fingerprint_for(config);
    CHECK_THAT(log.text(), Catch::Contains((folder.path() / "rtsps.pem").native() + " is broken"));
  }
  CHECK(fingerprint_for(config) == replaced);
}

TEST_CASE("without a place to keep it a certificate lasts until the end, with a warning",
          "[server_certificate]") {
  Config config;
  config.state_directory = "/proc/nowhere";
  const test::CapturedLog log(LogLevel::info);
  const auto first = fingerprint_for(config);
  CHECK_THAT(log.text(), Catch::Contains("/proc/nowhere: ") && Catch::Contains("set state_directory"));
  CHECK(fingerprint_for(config) != first);
}

TEST_CASE("the configured certificate goes before one that is made", "[server_certificate]") {
  const test::TemporaryFolder folder;
  const auto pem = make_self_signed("").value();
  std::ofstream(folder.path() / "pair.pem") << pem;
  Config config;
  config.state_directory = folder.path() / "state";
  config.tls_certificate = folder.path() / "pair.pem";
  CHECK(fingerprint_for(config) == fingerprint(*make_ssl_context(pem, pem).value()));
  CHECK_FALSE(std::filesystem::exists(config.state_directory));
  config.tls_key = "/etc/passwd";
  CHECK_THAT(server_certificate(config).error().message, Catch::StartsWith("tls_key: /etc/passwd: "));
}
