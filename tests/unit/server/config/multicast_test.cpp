#include <catch2/catch.hpp>

#include "server/config/load.h"
#include "server/config/values.h"

namespace lectern::server {
namespace {

std::vector<std::string> errors_of(const std::string& yaml) {
  return parse_config(yaml, "lectern.yml", "/").errors;
}

}  // namespace

TEST_CASE("multicast is read, with what it has by default", "[config]") {
  const auto loaded = parse_config(
      "multicast: {range: 239.1.0.0/16, port: 6000, ttl: 16, interface: lo}\n"
      "paths:\n"
      "  cam: {source: pattern}\n"
      "  own: {source: pattern, multicast: no}\n",
      "lectern.yml", "/");
  REQUIRE(loaded.errors.empty());
  CHECK(loaded.config.multicast == MulticastConfig{Network::parse("239.1.0.0/16").value(), 6000, 16, "lo"});
  CHECK(is_multicast(loaded.config, loaded.config.roots[0]));
  CHECK_FALSE(is_multicast(loaded.config, loaded.config.roots[1]));

  const auto shortest = parse_config("multicast: {range: \"ff15::/112\"}\n", "lectern.yml", "/");
  CHECK(shortest.errors.empty());
  CHECK(shortest.config.multicast == MulticastConfig{Network::parse("ff15::/112").value(), 5004, 1, ""});
}

TEST_CASE("Without a range nothing is sent to groups", "[config]") {
  const auto loaded = parse_config("paths: {cam: {source: pattern}}\n", "lectern.yml", "/");
  CHECK_FALSE(is_multicast(loaded.config, loaded.config.roots[0]));
  CHECK(multicast_groups(loaded.config) == 0);
}

TEST_CASE("What is wrong with multicast is named with its line", "[config]") {
  CHECK(errors_of("multicast:\n"
                  "  rnge: 239.1.0.0/16\n"
                  "  port: 5005\n"
                  "  ttl: 0\n"
                  "  interface: nosuch0\n") ==
        std::vector<std::string>{
            "lectern.yml:1: multicast.range: is missing",
            "lectern.yml:2: multicast.rnge: unknown key (did you mean range?)",
            "lectern.yml:3: multicast.port: must be even: RTP has it, and RTCP the next one",
            "lectern.yml:4: multicast.ttl: " + parse_count("0", 1, 255).error().message,
            "lectern.yml:5: multicast.interface: there is no network interface \"nosuch0\"",
        });
  CHECK(errors_of("multicast: 239.1.0.0/16\n") ==
        std::vector<std::string>{"lectern.yml:1: multicast: must be a mapping (lines of KEY: VALUE)"});
  CHECK(errors_of("paths:\n  lectures: {source: /tmp, multicast: yes}\n").at(0) ==
        "lectern.yml:2: paths.lectures.multicast: is for live media: a URL, v4l2:DEVICE, pattern, or a file "
        "with loop: yes");
}

TEST_CASE("Each path of live media needs a group", "[config]") {
  const std::string paths = "paths:\n  a: {source: pattern}\n  b: {source: pattern}\n";
  CHECK(errors_of("multicast: {range: 239.1.0.8/31}\n" + paths) ==
        std::vector<std::string>{
            "lectern.yml:1: multicast.range: groups in it: 1, paths of live media: 2; each takes a group"});
  CHECK(errors_of("multicast: {range: 239.1.0.8/30}\n" + paths).empty());
}

TEST_CASE("A range is one of groups", "[values]") {
  for (const auto* right : {"239.1.0.0/16", "224.0.1.0/24", "239.1.2.3", "ff15::/112", "ff02::1:0/120"}) {
    CAPTURE(right);
    CHECK(parse_group_range(right));
  }
  for (const auto* wrong : {"10.0.0.0/8", "0.0.0.0/0", "224.0.0.0/3", "2001:db8::/32", "::/0", "239.1.0.1/16",
                            "224.0.0.0/24", "224.0.0.5", "", "239.1.0.0/33", "group"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_group_range(wrong));
  }
  CHECK(parse_group_port("5004").value() == 5004);
  for (const auto* wrong : {"0", "1000", "5005", "65474", "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_group_port(wrong));
  }
  CHECK(parse_interface("lo").value() == "lo");
  CHECK_FALSE(parse_interface(""));
}

}  // namespace lectern::server
