#include "protocol/rtsp/speed.h"

#include <catch2/catch.hpp>
#include <clocale>

using namespace lectern;
using namespace lectern::rtsp;

TEST_CASE("rtsp scale and speed: decimals", "[rtsp]") {
  CHECK(*parse_scale("1") == 1.0);
  CHECK(*parse_scale("-3.5") == -3.5);
  CHECK(*parse_scale("2.") == 2.0);
  CHECK(*parse_scale("1.000000") == 1.0);
  CHECK(*parse_speed("2.5") == 2.5);
  CHECK(!parse_speed("-2.5").ok());
  for (const char* bad : {"",
                          "0",
                          "0.0",
                          "-0",
                          "-",
                          "--1",
                          "+1",
                          ".5",
                          "1,5",
                          "1.5.1",
                          "1e3",
                          "0x1",
                          "nan",
                          "inf",
                          "-inf",
                          "one",
                          " 1",
                          "1 ",
                          "1234567890123456",
                          "1.",
                          "1"}) {
    INFO(bad);
    const bool good = std::string_view{bad} == "1." || std::string_view{bad} == "1";
    CHECK(parse_scale(bad).ok() == good);
    CHECK(parse_speed(bad).ok() == good);
  }
}

TEST_CASE("rtsp scale: written without the locale", "[rtsp]") {
  std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  CHECK(format_scale(1) == "1");
  CHECK(format_scale(-1.5) == "-1.5");
  CHECK(format_scale(0.1) == "0.1");
  CHECK(*parse_scale("1.5") == 1.5);
  std::setlocale(LC_NUMERIC, "C");
}
