#include "protocol/base/text.h"

#include <catch2/catch.hpp>

using namespace lectern;

TEST_CASE("text is compared, trimmed and split", "[base]") {
  CHECK(to_lower("CSeq-1") == "cseq-1");
  CHECK(equals_ignoring_case("CSEQ", "cseq"));
  CHECK_FALSE(equals_ignoring_case("CSEQ", "cse"));
  CHECK(trim(" \t a b\t") == "a b");
  CHECK(trim(" \t ").empty());
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split_once("a=b=c", '=') == std::pair<std::string_view, std::string_view>{"a", "b=c"});
  CHECK_FALSE(split_once("abc", '='));
}

TEST_CASE("numbers are whole or nothing", "[base]") {
  CHECK(parse_number<int>("42") == 42);
  CHECK(parse_number<unsigned>("ff", 16) == 255u);
  CHECK_FALSE(parse_number<unsigned>("-1"));
  CHECK_FALSE(parse_number<int>("4 2"));
  CHECK_FALSE(parse_number<int>(" 4"));
  CHECK_FALSE(parse_number<int>(""));
  CHECK_FALSE(parse_number<std::uint8_t>("256"));
}
