#include "protocol/rtsp/option_tags.h"

#include <catch2/catch.hpp>

using namespace lectern::rtsp;

TEST_CASE("rtsp option tags: of all headers of the name", "[rtsp]") {
  const Headers headers{{"Require", "implicit-play, a"}, {"require", ",b ,,"}, {"Proxy-Require", "c"}};
  CHECK(option_tags(headers, "Require") == std::vector<std::string>{"implicit-play", "a", "b"});
  CHECK(option_tags(headers, "Supported").empty());
  CHECK(serialize_tags({"a", "b"}) == "a, b");
  CHECK(serialize_tags({}).empty());
}
