#include "protocol/rtsp/session_header.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;
using namespace std::chrono_literals;

TEST_CASE("rtsp session header", "[rtsp]") {
  CHECK(*parse_session("7CC8A6D5") == SessionHeader{"7CC8A6D5", std::nullopt});
  CHECK(*parse_session(" 7CC8A6D5 ; Timeout = 65 ;x") == SessionHeader{"7CC8A6D5", 65s});
  CHECK(*parse_session("a-b_c.d+e$f;timeout=60;timeout=30") == SessionHeader{"a-b_c.d+e$f", 30s});
  CHECK(serialize(SessionHeader{"7CC8A6D5", 60s}) == "7CC8A6D5;timeout=60");
  CHECK(serialize(SessionHeader{"7CC8A6D5", std::nullopt}) == "7CC8A6D5");
  for (const char* bad : {"", " ", ";timeout=1", "a b", "a\tb", "\xc3\xa9", "a;timeout=", "a;timeout=-1",
                          "a;timeout=x", "a;timeout=4294967296"})
    CHECK(!parse_session(bad).ok());
}
