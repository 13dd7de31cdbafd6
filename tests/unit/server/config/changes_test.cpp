#include "server/config/changes.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "server/config/schema.h"

using namespace lectern;
using namespace lectern::server;

namespace {

using Names = std::vector<std::string>;

PathRoot camera(std::string name, std::string url) {
  PathRoot root{std::move(name), {}};
  root.live.url = std::move(url);
  return root;
}

Config cameras() {
  Config config;
  config.roots = {{"", "/srv"},
                  camera("cam1", "rtsp://10.0.0.1/a"),
                  camera("cam2", "rtsp://10.0.0.2/a"),
                  camera("cam3", "rtsp://10.0.0.3/a")};
  return config;
}

}  // namespace

TEST_CASE("each key is known to the reload", "[config]") {
  auto compared = compared_keys();
  std::vector<std::string_view> keys;
  for (const auto& key : config_keys()) keys.push_back(key.name);
  std::ranges::sort(compared);
  std::ranges::sort(keys);
  CHECK(compared == keys);
}

TEST_CASE("each key that is written otherwise is told, and no other", "[config]") {
  for (const auto& key : config_keys()) {
    CAPTURE(key.name);
    Config wanted;
    // Whatever is a value of this key, and not its default.
    for (const char* value :
         {"7", "yes", "600", "90Mbit", "37s", "40000-40063", "127.0.0.1:1", "10.0.0.0/8", "/tmp", "/dev/null",
          "error", "required", "AEAD_AES_128_GCM", "root", "5KiB", "rtsp"}) {
      Config tried;
      if (set_key(tried, key.name, value) && tried != Config()) {
        wanted = tried;
        break;
      }
    }
    REQUIRE(wanted != Config());
    const ConfigChanges changes = compare(Config(), wanted);
    Names told = changes.keys;
    told.insert(told.end(), changes.at_next_start.begin(), changes.at_next_start.end());
    CHECK(told == Names{std::string(key.name)});
    const bool at_once = changes.at_next_start.empty();
    CHECK((applicable(wanted, Config()) == (at_once ? wanted : Config())));
  }
}

TEST_CASE("what a start alone changes", "[config]") {
  Config wanted;
  wanted.listen = ":1";
  wanted.tls_listen = "off";
  wanted.state_directory = "/x";
  wanted.cache = 1;
  wanted.loops = 3;
  wanted.udp_ports = PortRange{40000, 40009};
  wanted.user = "nobody";
  wanted.packet_size = 600;
  const ConfigChanges changes = compare(Config(), wanted);
  CHECK(changes.at_next_start == Names{"listen", "tls_listen", "state_directory", "cache", "loops",
                                       "udp_ports", "user", "packet_size"});
  CHECK(changes.keys.empty());
  // It is told as long as it differs from what runs, and not once it is written back.
  const Config running = applicable(wanted, Config());
  CHECK(compare(running, wanted).at_next_start.size() == 8);
  CHECK(compare(running, Config()) == ConfigChanges());
}

TEST_CASE("paths are added, changed, removed, and go on", "[config]") {
  const Config running = cameras();
  Config wanted = cameras();
  CHECK(describe(compare(running, wanted)) == "4 paths unchanged");
  wanted.roots.erase(wanted.roots.begin() + 1);
  wanted.roots[1].live.on_demand = true;
  wanted.roots.insert(wanted.roots.begin(), camera("cam7", "pattern"));
  const ConfigChanges changes = compare(running, wanted);
  CHECK(changes.added == Names{"cam7"});
  CHECK(changes.changed == Names{"cam2"});
  CHECK(changes.removed == Names{"cam1"});
  CHECK(changes.unchanged == 2);
  CHECK(describe(changes) == "1 path added (cam7), 1 changed (cam2), 1 removed (cam1), 2 unchanged");
  using Going = std::vector<std::optional<std::size_t>>;
  CHECK(roots_going_on(running, wanted) == Going{std::nullopt, 0, std::nullopt, 3});
  wanted.roots.clear();
  CHECK(describe(compare(running, wanted)) == "4 paths removed (/, cam1, cam2, cam3)");
}

TEST_CASE("a path whose rules alone are others goes on", "[config]") {
  Config wanted = cameras();
  wanted.roots[2].addresses.deny = {Network::parse("10.0.0.0/8").value()};
  wanted.users.push_back({"alice", {PlainPassword{"x"}}, {}, {}});
  const ConfigChanges changes = compare(cameras(), wanted);
  CHECK(changes.unchanged == 4);
  CHECK(describe(changes) == "4 paths unchanged; paths.cam2.deny, users changed");
}

TEST_CASE("what all paths have in common changes those that do not say otherwise", "[config]") {
  Config running = cameras(), wanted = cameras();
  for (Config* config : {&running, &wanted}) config->roots[1].srtp = SrtpMode::required;
  wanted.srtp.mode = SrtpMode::required;
  ConfigChanges changes = compare(running, wanted);
  CHECK(changes.changed == Names{"/", "cam2", "cam3"});
  CHECK(changes.unchanged == 1);
  // Said of the path in the place of all: nothing is another.
  wanted = running;
  wanted.roots[1].srtp.reset();
  wanted.srtp.mode = SrtpMode::required;
  for (const std::size_t other : {0, 2, 3}) wanted.roots[other].srtp = SrtpMode::optional;
  changes = compare(running, wanted);
  CHECK(changes.changed.empty());
  CHECK(changes.keys == Names{"srtp"});
}

TEST_CASE("directories of one name go on each as itself", "[config]") {
  Config running, wanted;
  running.roots = {{"", "/a"}, {"", "/b"}};
  wanted.roots = {{"", "/b"}, {"", "/c"}};
  const ConfigChanges changes = compare(running, wanted);
  CHECK(changes.changed == Names{"/"});
  CHECK(changes.unchanged == 1);
  CHECK(changes.removed.empty());
}

TEST_CASE("a long list is cut", "[config]") {
  ConfigChanges changes;
  for (int i = 0; i < 11; ++i) changes.added.push_back("c" + std::to_string(i));
  CHECK(describe(changes) == "11 paths added (c0, c1, c2, c3, c4, c5, c6, c7 and 3 more)");
}
