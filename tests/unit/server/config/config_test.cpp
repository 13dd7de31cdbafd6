#include "server/config/config.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("RTSPS is served at the address of RTSP unless it has one of its own", "[config]") {
  Config config;
  CHECK(tls_address(config) == ":8322");
  config.listen = "[::1]:554";
  CHECK(tls_address(config) == "[::1]:8322");
  config.listen = "127.0.0.1:0";
  CHECK(tls_address(config) == "127.0.0.1:0");
  config.listen = "127.0.0.1:8550";
  CHECK(tls_address(config) == "127.0.0.1:8322");
  config.listen = "off";
  CHECK(tls_address(config) == ":8322");
  config.tls_listen = "10.0.0.1:322";
  CHECK(tls_address(config) == "10.0.0.1:322");
}

TEST_CASE("keys that do not go together are told", "[config]") {
  Config config;
  CHECK(check_listening(config));
  config.tls_listen = "off";
  CHECK(check_listening(config));
  config.listen = "off";
  CHECK(check_listening(config).error().message ==
        "listen and tls_listen are both off, so nothing is served");
  config.tls_listen.reset();
  CHECK(check_listening(config));
  config.tls_key = "/etc/key.pem";
  CHECK(check_listening(config).error().message == "tls_key is given without tls_certificate");
  config.tls_certificate = "/etc/certificate.pem";
  CHECK(check_listening(config));
}
