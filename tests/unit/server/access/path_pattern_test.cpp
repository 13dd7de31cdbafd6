#include "server/access/path_pattern.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

bool fits(const char* pattern, const char* path) {
  return PathPattern::parse(pattern).value().matches(path_segments(path));
}

}  // namespace

TEST_CASE("a star stands for characters of one segment", "[access]") {
  CHECK(fits("lecture.mp4", "/lecture.mp4"));
  CHECK(fits("/lecture.mp4", "/lecture.mp4/"));
  CHECK(fits("*", "/lecture.mp4"));
  CHECK(fits("*.mp4", "/.mp4"));
  CHECK(fits("a*b*c", "/aXbYc"));
  CHECK(fits("a*b*c", "/abcbc"));
  CHECK_FALSE(fits("a*b*c", "/aXbY"));
  CHECK_FALSE(fits("*", "/a/b"));
  CHECK_FALSE(fits("*", "/"));
  CHECK_FALSE(fits("*.mp4", "/a.mp3"));
  CHECK_FALSE(fits("lecture.mp4", "/lecture.mp4/track1"));
  CHECK_FALSE(fits("Lecture.mp4", "/lecture.mp4"));
  // No question marks, no brackets.
  CHECK_FALSE(fits("a?", "/ab"));
  CHECK(fits("[a]", "/[a]"));
}

TEST_CASE("two stars stand for segments, also for none", "[access]") {
  CHECK(fits("**", "/"));
  CHECK(fits("**", "/a/b/c"));
  CHECK(fits("a/**", "/a"));
  CHECK(fits("a/**", "/a/b/c"));
  CHECK_FALSE(fits("a/**", "/ab"));
  CHECK_FALSE(fits("a/**", "/b/a"));
  CHECK(fits("**/b", "/b"));
  CHECK(fits("**/b", "/a/c/b"));
  CHECK_FALSE(fits("**/b", "/a/b/c"));
  CHECK(fits("a/**/b/*.mp4", "/a/x/b/y/b/z.mp4"));
  CHECK_FALSE(fits("a/**/b/*.mp4", "/a/x/b/y/z.mp4"));
}

TEST_CASE("many stars take no exponential time", "[access]") {
  std::string pattern, text;
  for (int i = 0; i < 60; ++i) pattern += "*a";
  CHECK_FALSE(fits((pattern + "b").c_str(), ("/" + std::string(5000, 'a')).c_str()));
}

TEST_CASE("path segments are those of the file that is opened", "[access]") {
  using Segments = std::vector<std::string>;
  CHECK(path_segments("/a/./b//") == Segments{"a", "b"});
  CHECK(path_segments("//a") == Segments{"a"});
  CHECK(path_segments("/") == Segments{});
  CHECK(path_segments("") == Segments{});
  CHECK(path_segments("/a//b") == Segments{"a", "", "b"});
  CHECK(path_segments("/a/../b") == Segments{"a", "..", "b"});
}

TEST_CASE("what is no pattern is told", "[access]") {
  for (const char* wrong : {"", "/", "a/", "a//b", "..", "a/../b", ".", "a**", "a/**b"}) {
    CAPTURE(wrong);
    CHECK(PathPattern::parse(wrong).error().code == Errc::invalid);
  }
  CHECK(PathPattern::parse("a/b**").error().message ==
        "\"a/b**\" is not a path pattern (** is a whole segment)");
}
