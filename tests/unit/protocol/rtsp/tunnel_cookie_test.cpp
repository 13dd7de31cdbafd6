#include "protocol/rtsp/tunnel_cookie.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;

TEST_CASE("tunnel cookie: the one value that is given", "[tunnel]") {
  CHECK(tunnel_cookie({{"X-SessionCookie", "VX1FkqEWNZBmr3jXKI+1"}}).value() == "VX1FkqEWNZBmr3jXKI+1");
  CHECK(tunnel_cookie({{"x-sessioncookie", "a"}, {"CSeq", "1"}, {"x-sessioncookie", "a"}}).value() == "a");
  CHECK(tunnel_cookie({{"x-sessioncookie", std::string(longest_tunnel_cookie, 'c')}}));
}

TEST_CASE("tunnel cookie: none, empty, too long, several", "[tunnel][R]") {
  CHECK(tunnel_cookie({}).error().code == Errc::not_found);
  CHECK(tunnel_cookie({{"sessioncookie", "a"}}).error().code == Errc::not_found);
  CHECK(tunnel_cookie({{"x-sessioncookie", ""}}).error().message == "x-sessioncookie is empty");
  CHECK(tunnel_cookie({{"x-sessioncookie", std::string(longest_tunnel_cookie + 1, 'c')}}).error().message ==
        "x-sessioncookie is longer than 128 characters");
  for (const auto* other : {"b", "", "A"})
    CHECK(tunnel_cookie({{"x-sessioncookie", "a"}, {"x-sessioncookie", other}}).error().message ==
          "x-sessioncookie is given several times with different values");
  Headers many;
  for (int i = 0; i < 100; ++i) many.add("x-sessioncookie", std::to_string(i));
  CHECK(tunnel_cookie(many).error().code == Errc::invalid);
}
