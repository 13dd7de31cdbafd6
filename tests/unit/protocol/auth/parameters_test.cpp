#include "protocol/auth/parameters.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::auth;

TEST_CASE("auth parameters are tokens or quoted strings", "[auth]") {
  const auto parameters =
      parse_parameters(R"(Realm="a, \"b\" \\ c" ,nonce=ab/c==, qop=auth,empty="")").value();
  CHECK(parameters ==
        Parameters{{"realm", R"(a, "b" \ c)"}, {"nonce", "ab/c=="}, {"qop", "auth"}, {"empty", ""}});
  CHECK(*find(parameters, "qop") == "auth");
  CHECK(find(parameters, "uri") == nullptr);
  CHECK(parse_parameters("").value().empty());
  CHECK(parse_parameters(" a=b ").value() == Parameters{{"a", "b"}});
}

TEST_CASE("auth parameters that break their format are refused", "[auth]") {
  using namespace std::string_view_literals;
  for (const auto wrong : {"a"sv, "a="sv, "a=b c"sv, "=b"sv, "a=\"b"sv, "a=\"b\\"sv, "a=\"b\"c"sv,
                           "a=\"b\" c=d"sv, "a=b,,c=d"sv, "a b=c"sv, "a=b\"c\""sv, "a=\"b\0c\""sv,
                           "a=b\x01"sv, "a=\"x\r\ny\""sv, "username*=UTF-8''x, a"sv, "a=1, A=2"sv}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_parameters(wrong));
    CHECK(parse_parameters(wrong).error().code == Errc::invalid);
  }
  CHECK(parse_parameters("a=" + std::string(max_header - 2, 'b')).ok());
  CHECK(parse_parameters("a=" + std::string(max_header - 1, 'b')).error().code == Errc::too_large);
}

TEST_CASE("a quoted string holds quotes and backslashes", "[auth]") {
  CHECK(quote(R"(al"ice\)") == R"("al\"ice\\")");
  CHECK(parse_parameters("a=" + quote(R"(al"ice\)")).value() == Parameters{{"a", R"(al"ice\)"}});
}
