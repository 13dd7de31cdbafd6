#include "protocol/base/base64.h"

#include <catch2/catch.hpp>

using namespace lectern;

TEST_CASE("base64 gives the vectors of RFC 4648 section 10", "[base]") {
  const auto [plain, coded] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                        {"f", "Zg=="},
                                                                        {"fo", "Zm8="},
                                                                        {"foo", "Zm9v"},
                                                                        {"foob", "Zm9vYg=="},
                                                                        {"fooba", "Zm9vYmE="},
                                                                        {"foobar", "Zm9vYmFy"}}));
  CHECK(base64_encode(as_bytes(plain)) == coded);
  const auto decoded = base64_decode(coded);
  REQUIRE(decoded);
  CHECK(as_text(*decoded) == plain);
}

TEST_CASE("base64 takes unpadded input and refuses junk", "[base]") {
  CHECK(as_text(*base64_decode("Zm8")) == "fo");
  CHECK_FALSE(base64_decode("Zm8*"));
  CHECK_FALSE(base64_decode("Zm9vY"));
  CHECK_FALSE(base64_decode("Zg==="));
  CHECK_FALSE(base64_decode("Zm9v="));
}

TEST_CASE("hex is lower case", "[base]") {
  CHECK(hex_encode(as_bytes("\x01\xab")) == "01ab");
}
