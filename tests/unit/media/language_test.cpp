#include "media/language.h"

#include <catch2/catch.hpp>

using lectern::media::language_tag;

TEST_CASE("languages are tagged with the shortest code there is") {
  CHECK(language_tag("eng") == "en");
  CHECK(language_tag("ger") == "de");
  CHECK(language_tag("deu") == "de");
  CHECK(language_tag("zho") == "zh");
  CHECK(language_tag("zul") == "zu");
  CHECK(language_tag("gsw") == "gsw");  // has no shorter one
  CHECK(language_tag("pt-BR") == "pt-BR");
  CHECK(language_tag("und").empty());
  CHECK(language_tag("").empty());
  CHECK(language_tag("en\r\na=x").empty());
}
