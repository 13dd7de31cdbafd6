#include "server/config/load.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

using namespace lectern::server;
namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;

LoadedConfig parse(std::string_view yaml) {
  return parse_config(yaml, "lectern.yml", "/");
}

/// A directory of this process, gone at the end of the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("lectern-load-" + std::to_string(::getpid()))) {
    fs::create_directories(path_ / "lectures");
    write("one.mp4", "");
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("a configuration is read", "[config]") {
  const auto loaded = parse(
      "listen: :554\n"
      "cache: 1GiB\n"
      "udp_ports: 40000-40010\n"
      "paths:\n"
      "  devices: {source: dev}\n"
      "  /: {source: /tmp}\n");
  CHECK(loaded.errors == Lines{});
  Config expected;
  expected.listen = ":554";
  expected.cache = 1ull << 30;
  expected.udp_ports = PortRange{40000, 40010};
  expected.roots = {{"devices", "/dev"}, {"", "/tmp"}};
  CHECK(loaded.config == expected);
}

TEST_CASE("an empty file is the defaults", "[config]") {
  for (const char* text : {"", "# nothing\n", "---\n"}) {
    CHECK(parse(text).errors == Lines{});
    CHECK(parse(text).config == Config{});
  }
}

TEST_CASE("every error of a file is told with line, key and way out", "[config]") {
  const auto loaded = parse(
      "lisetn: :8554\n"
      "\n"
      "cache: \"lots\"\n"
      "loops:\n"
      "packet_size: [1, 2]\n"
      "log_level: loud\n"
      "paths:\n"
      "  cam1:\n"
      "    sourc: /dev\n"
      "  gone:\n"
      "    source: /no/such/place\n"
      "  a/../b:\n"
      "    source: /dev\n"
      "  flat: /dev\n"
      "loops: 2\n"
      "password: x\n");
  CHECK(loaded.errors ==
        Lines{"lectern.yml:1: lisetn: unknown key (did you mean listen?)",
              "lectern.yml:3: cache: \"lots\" is not a size (write 256MiB)",
              "lectern.yml:4: loops: is empty (write COUNT)",
              "lectern.yml:5: packet_size: must be one value (BYTES)",
              "lectern.yml:6: log_level: \"loud\" is not one of trace, debug, info, warning, error, off",
              "lectern.yml:8: paths.cam1.source: is missing (or publish: yes)",
              "lectern.yml:9: paths.cam1.sourc: unknown key (did you mean source?)",
              "lectern.yml:11: paths.gone.source: /no/such/place does not exist",
              "lectern.yml:12: paths.a/../b: is not a name (no . or .. in it)",
              "lectern.yml:14: paths.flat: must be a mapping (lines of KEY: VALUE)",
              "lectern.yml:15: loops: stands here a second time", "lectern.yml:16: password: unknown key"});
}

TEST_CASE("users, their permissions and the external check are read", "[config]") {
  const auto loaded = parse(
      "users:\n"
      "  anonymous: {read: public/*}\n"
      "  alice:\n"
      "    password: [sesame, \"ha1-md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]\n"
      "    read: [\"lectures/**\", b.mp4]\n"
      "    publish: [in/*]\n"
      "    admin: \"**\"\n"
      "    networks: [10.0.0.0/8, \"::1\"]\n"
      "auth: {http: \"http://h/\", cache: 0, timeout: 2s}\n"
      "paths:\n"
      "  devices: {source: dev, allow: 10.0.0.0/8, deny: [10.1.0.0/16, 10.2.0.0/16]}\n");
  CHECK(loaded.errors == Lines{});
  const auto patterns = [](std::initializer_list<const char*> texts) {
    std::vector<PathPattern> made;
    for (const char* text : texts) made.push_back(PathPattern::parse(text).value());
    return made;
  };
  const auto networks = [](std::initializer_list<const char*> texts) {
    std::vector<Network> made;
    for (const char* text : texts) made.push_back(Network::parse(text).value());
    return made;
  };
  Config expected;
  User open, alice;
  open.name = "anonymous";
  open.permissions[0] = patterns({"public/*"});
  alice.name = "alice";
  alice.passwords = {PlainPassword{"sesame"},
                     Ha1Password{lectern::auth::Algorithm::md5, std::string(32, 'a')}};
  alice.permissions = {patterns({"lectures/**", "b.mp4"}), patterns({"in/*"}), patterns({"**"})};
  alice.networks = networks({"10.0.0.0/8", "::1"});
  expected.users = {open, alice};
  expected.auth = {"http://h/", std::chrono::seconds(0), std::chrono::seconds(2)};
  expected.roots = {
      {"devices", "/dev", {networks({"10.0.0.0/8"}), networks({"10.1.0.0/16", "10.2.0.0/16"})}}};
  CHECK(loaded.config == expected);
}

TEST_CASE("errors among users are told without a password", "[config]") {
  const auto loaded = parse(
      "users:\n"
      "  alice:\n"
      "    password: \"argon2id:sesame\"\n"
      "    raed: [\"**\"]\n"
      "    read: [a//b, [c]]\n"
      "    networks: [10.0.0.1/8]\n"
      "  alice: {password: x}\n"
      "  a:b: {password: x}\n"
      "  bob: {read: \"**\"}\n"
      "  anonymous: {password: sesame}\n"
      "  carol: sesame\n"
      "  dora: {password_from_env: LECTERN_NO_SUCH, password: {a: sesame}}\n"
      "auth: {cache: 2d, htpt: x}\n"
      "uesrs: 1\n"
      "allow: [10.0.0.0/8, ten]\n"
      "loops: [1]\n");
  CHECK(
      loaded.errors ==
      Lines{
          "lectern.yml:3: users.alice.password: is no argon2id hash (write "
          "argon2id:$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH)",
          "lectern.yml:4: users.alice.raed: unknown key (did you mean read?)",
          "lectern.yml:5: users.alice.read: \"a//b\" is not a path pattern (write lectures/**, or ** for "
          "everything)",
          "lectern.yml:5: users.alice.read: must be one value or a list (PATTERNS)",
          "lectern.yml:6: users.alice.networks: \"10.0.0.1/8\" is not a network: bits behind the prefix are "
          "set",
          "lectern.yml:7: users.alice: stands here a second time",
          "lectern.yml:8: users.a:b: is not a user name (1 to 256 printable characters, no colon)",
          "lectern.yml:9: users.bob.password: is missing (or password_from_env, password_from_file)",
          "lectern.yml:10: users.anonymous.password: anonymous is who has not logged in, and has no password",
          "lectern.yml:11: users.carol: must be a mapping (lines of KEY: VALUE)",
          "lectern.yml:12: users.dora.password_from_env: the environment has no variable LECTERN_NO_SUCH",
          "lectern.yml:12: users.dora.password: must be one value or a list (PASSWORD)",
          "lectern.yml:13: auth.cache: \"2d\" is not a time (write 60s)",
          "lectern.yml:13: auth.htpt: unknown key (did you mean http?)",
          "lectern.yml:13: auth.http: is missing", "lectern.yml:14: uesrs: unknown key (did you mean users?)",
          "lectern.yml:15: allow: \"ten\" is not a network (write 10.0.0.0/8, 192.168.1.7 or 2001:db8::/32)",
          "lectern.yml:16: loops: must be one value (COUNT)"});
}

TEST_CASE("each loop needs a pair of the UDP ports", "[config]") {
  CHECK(parse("loops: 2\nudp_ports: 41000-41001\n").errors ==
        Lines{"lectern.yml:2: udp_ports: pairs of ports in it: 1, loops: 2; each loop takes a pair"});
  CHECK(parse("udp_ports: 41000-41004\nloops: 3\n").errors ==
        Lines{"lectern.yml:1: udp_ports: pairs of ports in it: 2, loops: 3; each loop takes a pair"});
  CHECK(parse("loops: 2\nudp_ports: 41000-41003\n").errors == Lines{});
  // As many loops as the machine has cores, but no more than there are pairs.
  const auto loaded = parse("udp_ports: 41000-41001\n");
  CHECK(loaded.errors == Lines{});
  CHECK(loop_count(loaded.config) == 1);
  CHECK(loop_count(Config{}) >= 1);
  Config two;
  two.loops = 2;
  CHECK(loop_count(two) == 2);
}

TEST_CASE("what is no YAML mapping is an error, not a crash", "[config]") {
  CHECK(parse("listen: [1, 2\n").errors.size() == 1);
  CHECK(parse("listen: [1, 2\n").errors.at(0).starts_with("lectern.yml:2: is not YAML: "));
  CHECK(parse("a: b: c\n").errors.at(0).starts_with("lectern.yml:1: is not YAML: "));
  CHECK(parse("just words\n").errors == Lines{"lectern.yml:1: must be a mapping (lines of KEY: VALUE)"});
  CHECK(parse("- listen\n").errors == Lines{"lectern.yml:1: must be a mapping (lines of KEY: VALUE)"});
  CHECK(parse("paths: /srv\n").errors ==
        Lines{"lectern.yml:1: paths: must be a mapping (lines of KEY: VALUE)"});
  CHECK(parse("[a, b]: c\n").errors == Lines{"lectern.yml:1: has a key that is no word"});
  CHECK(parse("loops: 1\n---\nloops: 2\n").errors.size() == 1);
  CHECK(parse("loops: *nowhere\n").errors.size() == 1);
  CHECK_FALSE(parse(std::string_view("\0\xff\x1b", 3)).errors.empty());
  CHECK(parse("\"a\\nb\": 1\n").errors == Lines{"lectern.yml:1: a\\nb: unknown key"});
}

TEST_CASE("SDES goes with the suites that FFmpeg knows", "[config]") {
  const std::string what =
      "srtp: sdes goes with srtp_suite AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32, as FFmpeg, which "
      "it "
      "is for, knows no other";
  CHECK(parse("paths:\n  a: { source: /srv, srtp: sdes, srtp_suite: AEAD_AES_128_GCM }\n").errors ==
        Lines{"lectern.yml:2: paths.a: " + what});
  // What holds for all paths may stand behind them.
  CHECK(parse("paths:\n  a: { source: /srv, srtp: sdes }\n  b: { source: /srv }\n"
              "srtp_suite: AES_CM_256_HMAC_SHA1_80\n")
            .errors == Lines{"lectern.yml:2: paths.a: " + what});
  CHECK(parse("paths:\n  a: { source: /srv, srtp: sdes, srtp_suite: AES_CM_128_HMAC_SHA1_32 }\n"
              "  b: { source: /srv, srtp: sdes, srtp_suite: AES_CM_128_HMAC_SHA1_80 }\n"
              "srtp_suite: AEAD_AES_256_GCM\n")
            .errors == Lines{});
}

TEST_CASE("a file is read, and its relative sources begin at its folder", "[config]") {
  const Folder folder;
  const auto file =
      folder.write("lectern.yml", "paths:\n  all: {source: lectures}\n  one: {source: one.mp4}\n");
  const auto loaded = load_config(file);
  CHECK(loaded.errors == Lines{});
  CHECK(loaded.config.roots ==
        std::vector<PathRoot>{{"all", folder.path() / "lectures"}, {"one", folder.path() / "one.mp4"}});
}

TEST_CASE("a file that is none is told", "[config]") {
  const Folder folder;
  CHECK(load_config("/no/such/lectern.yml").errors == Lines{"/no/such/lectern.yml does not exist"});
  CHECK(load_config("/dev").errors == Lines{"/dev is a directory, not a configuration file"});
  const auto large = folder.write("large.mp4", std::string((1 << 20) + 1, 'a'));
  CHECK(load_config(large).errors == Lines{large.native() + ": is too large for a configuration file"});
}

TEST_CASE("directories of the command line are at the top, files under their name", "[config]") {
  const Folder folder;
  Config config;
  CHECK(add_root(config, (folder.path() / "lectures/").native()));
  CHECK(add_root(config, (folder.path() / "one.mp4").native()));
  CHECK(config.roots ==
        std::vector<PathRoot>{{"", folder.path() / "lectures/"}, {"one.mp4", folder.path() / "one.mp4"}});
  const auto other = folder.write("lectures/one.mp4", "");
  CHECK(add_root(config, other.native()).error().message ==
        (folder.path() / "one.mp4").native() + " and " + other.native() + " would have the same URL");
  CHECK(add_root(config, "/no/such").error().message == "/no/such does not exist");
}

TEST_CASE("live media is read, also at the top", "[config]") {
  const Folder folder;
  const auto loaded = parse_config(
      "paths:\n"
      "  door: {source: \"rtsp://u:p@10.0.0.7/s\", on_demand: yes, close_after: 30s, transport: tcp}\n"
      "  talk: {source: one.mp4, loop: yes, latency: low}\n"
      "  off: {source: one.mp4, loop: no}\n"
      "  usb: {source: \"v4l2:/dev/video0\", read_timeout: 3s}\n"
      "  /: {source: pattern}\n",
      "lectern.yml", folder.path());
  CHECK(loaded.errors == Lines{});
  const auto& roots = loaded.config.roots;
  REQUIRE(roots.size() == 5);
  CHECK(roots[0].live.url == "rtsp://u:p@10.0.0.7/s");
  CHECK(roots[0].live.on_demand);
  CHECK(roots[0].source.empty());
  CHECK(roots[1].source == folder.path() / "one.mp4");
  CHECK(roots[1].live.url.empty());
  CHECK(roots[4].name.empty());
  for (const std::size_t live : {0u, 1u, 3u, 4u}) CHECK(roots[live].is_live());
  CHECK_FALSE(roots[2].is_live());
}

TEST_CASE("a path that is published to has no source, and nothing that pulls one", "[config]") {
  const auto loaded = parse(
      "paths:\n"
      "  a: {publish: yes}\n"
      "  b: {publish: true, publish_takeover: yes, start_timeout: 2s, read_timeout: 3s, latency: low}\n"
      "  c: {source: pattern, publish: no}\n");
  REQUIRE(loaded.errors == Lines{});
  const auto& roots = loaded.config.roots;
  CHECK(roots[0].live.publish);
  CHECK(roots[0].is_live());
  CHECK_FALSE(roots[0].live.publish_takeover);
  CHECK(roots[1].live.publish_takeover);
  CHECK(roots[1].live.read_timeout == std::chrono::seconds(3));
  CHECK_FALSE(roots[2].live.publish);
  const auto wrong = parse(
      "paths:\n"
      "  a: {publish: yes, source: pattern}\n"
      "  b:\n"
      "    publish: yes\n"
      "    loop: yes\n"
      "    on_demand: yes\n"
      "    transport: tcp\n"
      "  c: {source: pattern, publish_takeover: yes}\n"
      "  d: {publish: no}\n"
      "  e: {publish: maybe}\n");
  const std::string other = "does not go with publish: yes";
  CHECK(wrong.errors ==
        Lines{"lectern.yml:2: paths.a.source: " + other, "lectern.yml:5: paths.b.loop: " + other,
              "lectern.yml:6: paths.b.on_demand: " + other, "lectern.yml:7: paths.b.transport: " + other,
              "lectern.yml:8: paths.c.publish_takeover: goes with publish: yes",
              "lectern.yml:9: paths.d.source: is missing (or publish: yes)",
              "lectern.yml:10: paths.e.publish: \"maybe\" is neither yes nor no",
              "lectern.yml:10: paths.e.source: is missing (or publish: yes)"});
}

TEST_CASE("keys of live media that do not fit the source are told, with the way out", "[config]") {
  const auto loaded = parse(
      "paths:\n"
      "  a:\n"
      "    loop: yes\n"
      "    source: \"rtsp://h/x\"\n"
      "  b: {source: /dev, loop: yes}\n"
      "  c:\n"
      "    source: /etc/hosts\n"
      "    on_demand: yes\n"
      "    latency: low\n"
      "  d: {source: \"http://h/x\", transport: tcp}\n"
      "  e: {source: pattern, transport: udp}\n"
      "  f: {source: /etc/hosts, loop: yes, transport: udp}\n"
      "  g: {source: /no/such, on_demand: yes}\n"
      "  h: {source: \"rtsps://h/x\", transport: tcp, loop: no}\n"
      "  i: {source: \"rtsp://h/x\", tls_verify: yes}\n"
      "  j: {source: /etc/hosts, fallback: card}\n"
      "  k: {source: \"rtsps://h/x\", tls_verify: yes, fallback: /dev}\n"
      "  l: {source: \"rtsp://h/x\", size: 640x480}\n"
      "  m: {source: pattern, size: 640x480, rate: 30}\n"
      "  n: {publish: yes, rate: 30}\n");
  const std::string live = "is for live media: a URL, v4l2:DEVICE, pattern, or a file with loop: yes";
  CHECK(loaded.errors ==
        Lines{"lectern.yml:3: paths.a.loop: is for a file, and the source is live already",
              "lectern.yml:5: paths.b.loop: is for one file, and the source is a directory",
              "lectern.yml:8: paths.c.on_demand: " + live, "lectern.yml:9: paths.c.latency: " + live,
              "lectern.yml:10: paths.d.transport: is for a source of rtsp:// or rtsps://",
              "lectern.yml:11: paths.e.transport: is for a source of rtsp:// or rtsps://",
              "lectern.yml:12: paths.f.transport: is for a source of rtsp:// or rtsps://",
              "lectern.yml:13: paths.g.source: /no/such does not exist",
              "lectern.yml:15: paths.i.tls_verify: is for a source of rtsps:// or https://",
              "lectern.yml:16: paths.j.fallback: " + live,
              "lectern.yml:17: paths.k.fallback: is one file or card, and this is a directory",
              "lectern.yml:18: paths.l.size: is for v4l2:DEVICE and pattern: others send what they have",
              "lectern.yml:20: paths.n.rate: does not go with publish: yes"});
}

TEST_CASE("sources are of the protocols that are allowed, wherever these stand", "[config]") {
  const auto loaded = parse(
      "paths:\n"
      "  a: {source: \"rtsp://h/x\"}\n"
      "  b: {source: \"http://h/x\"}\n"
      "  c: {source: pattern}\n"
      "  d: {source: \"v4l2:/dev/video0\"}\n"
      "source_protocols: [rtsps, http]\n");
  CHECK(loaded.errors == Lines{"lectern.yml:2: paths.a.source: rtsp is not among source_protocols"});
  CHECK(loaded.config.source_protocols == std::vector<std::string>{"rtsps", "http"});
  CHECK(parse("source_protocols: [rtsp, file]\n").errors.size() == 1);
}
