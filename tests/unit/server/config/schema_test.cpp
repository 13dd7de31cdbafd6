#include "server/config/schema.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace lectern::server;

TEST_CASE("each key stands once in the table and in the help", "[config]") {
  std::set<std::string_view> names;
  const std::string help = describe_keys();
  for (const auto& key : config_keys()) {
    CAPTURE(key.name);
    CHECK(names.insert(key.name).second);
    CHECK(help.find("  " + std::string(key.name) + ": " + std::string(key.form)) != help.npos);
  }
  for (const char* nested : {"paths.NAME.source: PATH", "paths.NAME.allow: NETWORKS",
                             "users.NAME.password: ", "users.NAME.read: PATTERNS", "auth.http: URL"})
    CHECK(help.find(nested) != help.npos);
}

TEST_CASE("each key sets its field and no other", "[config]") {
  Config config;
  Config expected;
  expected.listen = "[::1]:554";
  expected.tls_listen = "off";
  expected.tls_certificate = "/etc/hosts";
  expected.tls_key = "/etc/passwd";
  expected.state_directory = "/tmp";
  expected.tls_handshake_timeout = std::chrono::seconds(5);
  expected.max_tls_handshakes = 20;
  expected.stream_start = {65500, 4294900000};
  expected.cache = 1 << 20;
  expected.loops = 3;
  expected.udp_ports = PortRange{40000, 40010};
  expected.session_timeout = std::chrono::seconds(90);
  expected.pause_timeout = std::chrono::seconds(7200);
  expected.request_timeout = std::chrono::seconds(7);
  expected.idle_timeout = std::chrono::seconds(180);
  expected.max_sessions = 7;
  expected.max_sessions_per_address = 6;
  expected.max_sessions_per_user = 5;
  expected.max_connections = 8;
  expected.max_connections_per_address = 9;
  expected.max_bandwidth = 10'000'000'000;
  expected.max_session_bandwidth = 20'000'000;
  expected.max_request_rate = 30;
  expected.max_header_size = 4096;
  expected.max_body_size = 1 << 20;
  expected.source_protocols = {"rtsps"};
  expected.user = "nobody";
  expected.packet_size = 1200;
  expected.log_level = LogLevel::debug;
  expected.watch = true;
  expected.addresses = {{Network::parse("10.0.0.0/8").value()}, {Network::parse("10.1.0.0/16").value()}};
  expected.tls_addresses = {{Network::parse("::/0").value()}, {Network::parse("::1").value()}};
  expected.realm = "Hall 7";
  expected.basic_over_plain = true;
  expected.srtp = {SrtpMode::required, lectern::srtp::Suite::aead_aes_128_gcm, true};
  const std::vector<std::pair<const char*, const char*>> values{{"tls_listen", "off"},
                                                                {"tls_certificate", "/etc/hosts"},
                                                                {"tls_key", "/etc/passwd"},
                                                                {"state_directory", "/tmp"},
                                                                {"tls_handshake_timeout", "5s"},
                                                                {"max_tls_handshakes", "20"},
                                                                {"first_sequence", "65500"},
                                                                {"first_timestamp", "4294900000"},
                                                                {"listen", "[::1]:554"},
                                                                {"cache", "1MiB"},
                                                                {"loops", "3"},
                                                                {"udp_ports", "40000-40010"},
                                                                {"session_timeout", "90s"},
                                                                {"pause_timeout", "2h"},
                                                                {"request_timeout", "7s"},
                                                                {"idle_timeout", "3min"},
                                                                {"max_sessions", "7"},
                                                                {"max_sessions_per_address", "6"},
                                                                {"max_connections", "8"},
                                                                {"max_connections_per_address", "9"},
                                                                {"packet_size", "1200"},
                                                                {"log_level", "debug"},
                                                                {"watch", "yes"},
                                                                {"max_sessions_per_user", "5"},
                                                                {"max_bandwidth", "10Gbit"},
                                                                {"max_session_bandwidth", "20Mbit/s"},
                                                                {"max_request_rate", "30"},
                                                                {"max_header_size", "4KiB"},
                                                                {"max_body_size", "1MiB"},
                                                                {"source_protocols", "rtsps"},
                                                                {"user", "nobody"},

                                                                {"srtp", "required"},
                                                                {"srtp_suite", "AEAD_AES_128_GCM"},
                                                                {"allow_clear_keys", "yes"},
                                                                {"allow", "10.0.0.0/8"},
                                                                {"deny", "10.1.0.0/16"},
                                                                {"tls_allow", "::/0"},
                                                                {"tls_deny", "::1"},
                                                                {"realm", "Hall 7"},
                                                                {"basic_over_plain", "yes"}};
  REQUIRE(values.size() == config_keys().size());
  for (const auto& [name, value] : values) {
    CAPTURE(name);
    CHECK(set_key(config, name, value));
  }
  CHECK(config == expected);
}

TEST_CASE("values out of range are refused and change nothing", "[config]") {
  Config config;
  CHECK_FALSE(set_key(config, "packet_size", "499"));
  CHECK_FALSE(set_key(config, "packet_size", "1461"));
  for (const auto* key :
       {"session_timeout", "pause_timeout", "request_timeout", "idle_timeout", "tls_handshake_timeout"}) {
    CAPTURE(key);
    CHECK_FALSE(set_key(config, key, "0s"));
    CHECK_FALSE(set_key(config, key, "25h"));
  }
  CHECK_FALSE(set_key(config, "max_sessions", "0"));
  CHECK_FALSE(set_key(config, "max_sessions_per_user", "0"));
  CHECK_FALSE(set_key(config, "max_request_rate", "0"));
  for (const auto* size : {"1023", "17MiB"}) {
    CHECK_FALSE(set_key(config, "max_header_size", size));
    CHECK_FALSE(set_key(config, "max_body_size", size));
  }
  CHECK_FALSE(set_key(config, "user", "no-such-user"));
  CHECK_FALSE(set_key(config, "source_protocols", "file"));
  CHECK_FALSE(set_key(config, "source_protocols", "rtsp,http"));
  CHECK_FALSE(set_key(config, "loops", "1025"));
  CHECK_FALSE(set_key(config, "nothing", "1"));
  CHECK_FALSE(set_key(config, "allow", "10.0.0.0/40"));
  CHECK_FALSE(set_key(config, "realm", "a\"b"));
  CHECK_FALSE(set_key(config, "basic_over_plain", "maybe"));
  CHECK(config == Config{});
}

namespace {

lectern::Status set_path_key(PathRoot& root, std::string_view name, std::string_view value) {
  const auto key = std::ranges::find(path_keys(), name, &Key<PathRoot>::name);
  REQUIRE(key != path_keys().end());
  return key->set(root, value, "/");
}

}  // namespace

TEST_CASE("each key of a path sets its field and no other", "[config]") {
  PathRoot root, expected;
  expected.source = "/etc/hosts";
  expected.addresses = {{Network::parse("10.0.0.0/8").value()}, {Network::parse("10.1.0.0/16").value()}};
  expected.srtp = SrtpMode::sdes;
  expected.srtp_suite = lectern::srtp::Suite::aead_aes_256_gcm;
  expected.allow_clear_keys = true;
  expected.live.loop = true;
  expected.live.on_demand = true;
  expected.live.close_after = std::chrono::seconds(30);
  expected.live.start_timeout = std::chrono::seconds(5);
  expected.live.read_timeout = std::chrono::seconds(120);
  expected.live.transport = "tcp";
  expected.live.card = true;
  expected.live.tls_verify = true;
  expected.live.tls_fingerprint = std::string(62, 'a') + "0f";
  expected.live.latency = Latency::low;
  expected.live.shared_key = true;
  expected.live.publish = true;
  expected.live.publish_takeover = true;
  expected.live.multicast = false;
  expected.live.size = PictureSize{640, 480};
  expected.live.rate = 30;
  std::string fingerprint = "0F";
  for (int i = 0; i < 31; ++i) fingerprint.insert(0, "Aa:");
  const std::vector<std::pair<const char*, const char*>> values{{"source", "etc/hosts"},
                                                                {"loop", "yes"},
                                                                {"on_demand", "yes"},
                                                                {"close_after", "30s"},
                                                                {"start_timeout", "5s"},
                                                                {"read_timeout", "2min"},
                                                                {"transport", "tcp"},
                                                                {"fallback", "card"},
                                                                {"tls_verify", "yes"},
                                                                {"tls_fingerprint", fingerprint.c_str()},
                                                                {"latency", "low"},
                                                                {"key_scope", "stream"},
                                                                {"srtp", "sdes"},
                                                                {"allow", "10.0.0.0/8"},
                                                                {"deny", "10.1.0.0/16"},
                                                                {"srtp_suite", "AEAD_AES_256_GCM"},
                                                                {"allow_clear_keys", "yes"},
                                                                {"publish", "yes"},
                                                                {"publish_takeover", "yes"},
                                                                {"multicast", "no"},
                                                                {"size", "640x480"},
                                                                {"rate", "30"}};
  REQUIRE(values.size() == path_keys().size());
  const std::string help = describe_keys();
  for (const auto& [name, value] : values) {
    CAPTURE(name);
    CHECK(set_path_key(root, name, value));
    CHECK(help.find("  paths.NAME." + std::string(name) + ": ") != help.npos);
  }
  CHECK(root == expected);
  CHECK(set_path_key(root, "source", "rtsp://user:pass@10.0.0.7/stream"));
  expected.live.url = "rtsp://user:pass@10.0.0.7/stream";
  CHECK(root == expected);
  CHECK(set_path_key(root, "fallback", "etc/hosts"));
  CHECK(!root.live.card);
  CHECK(root.live.fallback == "/etc/hosts");
  CHECK(set_path_key(root, "latency", "normal"));
  CHECK(root.live.latency == Latency::normal);
}

TEST_CASE("values of a path that are wrong change nothing", "[config]") {
  PathRoot root;
  for (const auto& [name, value] :
       std::vector<std::pair<const char*, const char*>>{{"source", "/no/such/file"},
                                                        {"source", "rstp://h/x"},
                                                        {"source", "v4l2:video0"},
                                                        {"source", "file:///etc/x"},
                                                        {"loop", "maybe"},
                                                        {"on_demand", "1"},
                                                        {"close_after", "0s"},
                                                        {"close_after", "25h"},
                                                        {"start_timeout", "0"},
                                                        {"read_timeout", "soon"},
                                                        {"transport", "TCP"},
                                                        {"latency", "none"},
                                                        {"source", "rtsp://user:pa/ss@host/x"},
                                                        {"fallback", "/no/such/file"},
                                                        {"tls_verify", "maybe"},
                                                        {"size", "640"},
                                                        {"size", "641x480"},
                                                        {"size", "640x7682"},
                                                        {"size", "x480"},
                                                        {"rate", "0"},
                                                        {"rate", "121"},
                                                        {"tls_fingerprint", "00:11"},
                                                        {"tls_fingerprint", ""},
                                                        {"srtp", "on"},
                                                        {"srtp_suite", "AES"},
                                                        {"allow_clear_keys", "2"},
                                                        {"allow", "10.0.0.0/40"}}) {
    CAPTURE(name, value);
    CHECK_FALSE(set_path_key(root, name, value));
  }
  CHECK(root == PathRoot{});
}

TEST_CASE("a path that says nothing of SRTP has what is said for all", "[config]") {
  Config config;
  config.srtp = {SrtpMode::required, lectern::srtp::Suite::aead_aes_128_gcm, true};
  PathRoot root;
  CHECK(srtp_policy(config, root) == config.srtp);
  root.srtp = SrtpMode::off;
  root.allow_clear_keys = false;
  CHECK(srtp_policy(config, root) ==
        SrtpPolicy{SrtpMode::off, lectern::srtp::Suite::aead_aes_128_gcm, false});
}
