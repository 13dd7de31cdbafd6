#include "server/multicast/groups.h"

#include <catch2/catch.hpp>

namespace lectern::server {
namespace {

PathRoot path(const std::string& name, const std::string& url, bool multicast = true) {
  PathRoot root{name, {}};
  root.live.url = url;
  root.live.multicast = multicast;
  return root;
}

Config configured(const std::string& range) {
  Config config;
  config.multicast.range = Network::parse(range).value();
  config.multicast.port = 6000;
  config.multicast.ttl = 7;
  config.roots = {path("a", "pattern"), path("file", ""), path("never", "pattern", false),
                  path("b", "rtsp://camera/1")};
  return config;
}

media::LiveDescription told(std::size_t tracks, std::uint32_t generation = 0) {
  media::LiveDescription description;
  description.tracks.resize(tracks);
  description.generation = generation;
  return description;
}

}  // namespace

TEST_CASE("Each live path has a group, each track a pair of ports", "[multicast]") {
  MulticastGroups groups(configured("239.1.0.0/16"));
  const auto a = groups.find(0, told(2)), b = groups.find(3, told(1));
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->stream(0).rtp.to_string() == "239.1.0.1:6000");
  CHECK(a->stream(0).rtcp.to_string() == "239.1.0.1:6001");
  CHECK(a->stream(1).rtp.to_string() == "239.1.0.1:6002");
  CHECK(a->stream(1).rtcp.to_string() == "239.1.0.1:6003");
  CHECK(a->stream(0).ssrc != a->stream(1).ssrc);
  CHECK(a->ttl() == 7);
  CHECK(a->has_ssrc(a->stream(1).ssrc));
  CHECK_FALSE(a->has_ssrc(a->stream(0).ssrc ^ 1 ^ a->stream(1).ssrc));
  CHECK(b->stream(0).rtp.to_string() == "239.1.0.2:6000");
  CHECK_FALSE(groups.find(1, told(2)));
  CHECK_FALSE(groups.find(2, told(2)));
}

TEST_CASE("Groups of IPv6, and a range of one", "[multicast]") {
  MulticastGroups v6(configured("ff15::1:fffe/127"));
  CHECK(v6.find(0, told(1))->stream(0).rtp.to_string() == "[ff15::1:ffff]:6000");
  Config one = configured("239.9.9.9");
  one.roots.pop_back();
  CHECK(MulticastGroups(one).find(0, told(1))->stream(0).rtp.to_string() == "239.9.9.9:6000");
}

TEST_CASE("A group is the same while somebody holds it, and another one for other formats", "[multicast]") {
  MulticastGroups groups(configured("239.1.0.0/16"));
  auto first = groups.find(0, told(2));
  CHECK(groups.find(0, told(2)) == first);
  const auto changed = groups.find(0, told(2, 1));
  CHECK(changed != first);
  CHECK(changed->stream(0).rtp == first->stream(0).rtp);
  CHECK(changed->stream(0).ssrc != first->stream(0).ssrc);
}

TEST_CASE("Without a range, or without ports for all tracks, there is no group", "[multicast]") {
  Config config = configured("239.1.0.0/16");
  config.multicast.port = 65'532;
  CHECK(MulticastGroups(config).find(0, told(2)));
  CHECK_FALSE(MulticastGroups(config).find(0, told(3)));
  config.multicast.range.reset();
  CHECK_FALSE(MulticastGroups(config).find(0, told(1)));
}

TEST_CASE("The loop that asks first sends", "[multicast]") {
  MulticastGroups groups(configured("239.1.0.0/16"));
  const auto group = groups.find(0, told(1));
  CHECK(group->loop_for(3) == 3);
  CHECK(group->loop_for(1) == 3);
  CHECK(groups.find(0, told(1))->loop_for(0) == 3);
}

TEST_CASE("Another configuration leaves the groups of what goes on, and gives others that are free",
          "[multicast]") {
  Config before = configured("239.1.0.0/29"), now = before;
  MulticastGroups groups(before);
  const auto b = groups.find(3, told(1));
  now.roots = {path("new", "pattern"), path("b", "rtsp://camera/1"), path("newer", "pattern")};
  MulticastGroups after(now, groups, {std::nullopt, 3, std::nullopt});
  CHECK(after.find(1, told(1)) == b);
  CHECK(b->stream(0).rtp.to_string() == "239.1.0.2:6000");
  CHECK(after.find(0, told(1))->stream(0).rtp.to_string() == "239.1.0.1:6000");
  CHECK(after.find(2, told(1))->stream(0).rtp.to_string() == "239.1.0.3:6000");
  // More paths than there are groups go without.
  Config many = now;
  for (int i = 0; i < 6; ++i) many.roots.push_back(path("p" + std::to_string(i), "pattern"));
  MulticastGroups full(many, after, {0, 1, 2, {}, {}, {}, {}, {}, {}});
  CHECK(full.find(6, told(1))->stream(0).rtp.to_string() == "239.1.0.7:6000");
  CHECK_FALSE(full.find(7, told(1)));
}

}  // namespace lectern::server
