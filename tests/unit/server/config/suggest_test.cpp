#include "server/config/suggest.h"

#include <array>
#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("edits are counted, a swap of neighbours as one", "[config]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("sourc", "source") == 1);
  CHECK(edit_distance("lisetn", "listen") == 1);
  CHECK(edit_distance("ca", "abc") == 3);  // optimal string alignment; unrestricted Damerau gives 2
}

TEST_CASE("the nearest word is suggested, a far one is not", "[config]") {
  const std::array<std::string_view, 3> words{"listen", "loops", "session_timeout"};
  CHECK(nearest("lsiten", words) == "listen");
  CHECK(nearest("loop", words) == "loops");
  CHECK(nearest("sesion-timeout", words) == "session_timeout");
  CHECK_FALSE(nearest("password", words));
  CHECK_FALSE(nearest(std::string(100'000, 'l'), words));
  CHECK_FALSE(nearest("x", {}));
  CHECK(suggestion("loop", words) == " (did you mean loops?)");
  CHECK(suggestion("password", words).empty());
}
