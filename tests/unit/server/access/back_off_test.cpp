#include "server/access/back_off.h"

#include <catch2/catch.hpp>

using namespace lectern::server;
using namespace std::chrono_literals;

namespace {

Endpoint host(const std::string& text) {
  return Endpoint::parse_host(text).value();
}
const Endpoint guesser = host("192.0.2.1"), other = host("192.0.2.2");
const BackOff::Time start{1h};

BackOff::Delay fail(BackOff& back_off, const Endpoint& peer, BackOff::Time now) {
  REQUIRE(back_off.begin(peer, false, now));
  return back_off.failed(peer, now);
}

}  // namespace

TEST_CASE("failures are answered later and later, those of others are not", "[access]") {
  BackOff back_off;
  auto now = start;
  for (int i = 0; i < 4; ++i) CHECK(fail(back_off, guesser, now) == 0ms);
  for (const auto delay : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10000ms, 10000ms, 10000ms}) {
    CHECK(fail(back_off, guesser, now) == delay);
    CHECK(fail(back_off, host("198.51.100." + std::to_string(delay.count() % 251)), now) == 0ms);
    now += delay;
  }
  CHECK(fail(back_off, other, now) == 0ms);
  // Ten minutes of peace, and it begins anew.
  now += 10min + 1ms;
  CHECK(fail(back_off, guesser, now) == 0ms);
}

TEST_CASE("an IPv6 network is one address", "[access]") {
  BackOff back_off;
  for (int i = 0; i < 4; ++i) fail(back_off, host("2001:db8::" + std::to_string(i + 1)), start);
  CHECK(fail(back_off, host("2001:db8::ffff"), start) == 250ms);
  CHECK(fail(back_off, host("2001:db8:0:1::1"), start) == 0ms);
}

TEST_CASE("an address has not too many attempts under way", "[access]") {
  BackOff back_off;
  for (std::size_t i = 0; i < BackOff::most_attempts; ++i) CHECK(back_off.begin(guesser, false, start));
  CHECK_FALSE(back_off.begin(guesser, false, start));
  CHECK(back_off.begin(other, false, start));
  // Who has logged in before goes on.
  CHECK(back_off.begin(guesser, true, start));
  back_off.succeeded(guesser);
  back_off.succeeded(guesser);
  CHECK(back_off.begin(guesser, false, start));
}

TEST_CASE("an address that failed has few attempts under way, so that many at once gain nothing",
          "[access]") {
  BackOff back_off;
  for (int i = 0; i < 5; ++i) fail(back_off, guesser, start);
  for (std::size_t i = 1; i < BackOff::most_guesses; ++i) CHECK(back_off.begin(guesser, false, start));
  CHECK_FALSE(back_off.begin(guesser, false, start));
  CHECK(back_off.begin(guesser, true, start));
}

TEST_CASE("an answer that is held back is an attempt under way", "[access]") {
  BackOff back_off;
  for (int i = 0; i < 20; ++i) {
    if (back_off.begin(guesser, false, start)) back_off.failed(guesser, start);
  }
  // Four at once, and then as many as may be under way: the first of them for 250 ms.
  CHECK_FALSE(back_off.begin(guesser, false, start));
  CHECK_FALSE(back_off.begin(guesser, false, start + 249ms));
  CHECK(back_off.begin(guesser, false, start + 250ms));
  CHECK_FALSE(back_off.begin(guesser, false, start + 250ms));
}

TEST_CASE("a success takes back no failure", "[access]") {
  BackOff back_off;
  for (int i = 0; i < 4; ++i) fail(back_off, guesser, start);
  REQUIRE(back_off.begin(guesser, false, start));
  back_off.succeeded(guesser);
  CHECK(fail(back_off, guesser, start) == 250ms);
}

TEST_CASE("who failed the longest ago is forgotten where there are too many", "[access]") {
  BackOff back_off(2);
  for (int i = 0; i < 4; ++i) fail(back_off, guesser, start);
  for (int i = 0; i < 4; ++i) fail(back_off, other, start + 1s);
  fail(back_off, host("198.51.100.1"), start + 2s);
  CHECK(fail(back_off, other, start + 3s) == 250ms);
  CHECK(fail(back_off, guesser, start + 3s) == 0ms);
}
