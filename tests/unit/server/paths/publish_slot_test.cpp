#include "server/paths/publish_slot.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("a slot is one publisher's, until it is released", "[publish]") {
  PublishSlot slot(false);
  int evicted = 0;
  CHECK(slot.claim("a", [&] { ++evicted; }));
  CHECK_FALSE(slot.claim("b", [&] { ++evicted; }));
  slot.release("b");
  CHECK_FALSE(slot.claim("b", [&] { ++evicted; }));
  slot.release("a");
  CHECK(slot.claim("b", [&] { ++evicted; }));
  CHECK(evicted == 0);
}

TEST_CASE("where a slot is taken over, who had it is told, once", "[publish]") {
  PublishSlot slot(true);
  std::string evicted;
  CHECK(slot.claim("a", [&] { evicted += 'a'; }));
  CHECK(slot.claim("b", [&] { evicted += 'b'; }));
  CHECK(evicted == "a");
  slot.release("a");  // it has not got it any more
  CHECK(slot.claim("c", [&] { evicted += 'c'; }));
  CHECK(evicted == "ab");
  slot.release("c");
  CHECK(slot.claim("d", [] {}));
  CHECK(evicted == "ab");
}

TEST_CASE("who was evicted does not come before who has taken its place", "[publish]") {
  PublishSlot slot(true);
  const auto former = std::make_shared<lectern::media::Publication>("former", "", false);
  const auto next = std::make_shared<lectern::media::Publication>("next", "", false);
  CHECK(slot.claim("a", [] {}));
  CHECK(slot.claim("b", [] {}));
  CHECK(slot.publish("b", next));
  CHECK_FALSE(slot.publish("a", former));
  CHECK(slot.point()->wait(std::chrono::milliseconds(0)) == next);
}
