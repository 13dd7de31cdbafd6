#include "protocol/rtsp/range.h"

#include <catch2/catch.hpp>

#include "protocol/rtsp/decimal.h"

using namespace lectern;
using namespace lectern::rtsp;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

Range parsed(std::string_view text) {
  const auto range = parse_range(text);
  INFO(text);
  REQUIRE(range.ok());
  return *range;
}

std::string again(std::string_view text) {
  return serialize(parsed(text));
}

}  // namespace

TEST_CASE("rtsp range: npt, the examples of RFC 2326 3.6", "[rtsp]") {
  CHECK(parsed("npt=123.45-125") == Range{.start = 123450ms, .end = 125s});
  CHECK(parsed("npt=12:05:35.3-") == Range{.start = 12h + 5min + 35300ms});
  CHECK(parsed("npt=now-") == Range{.now = true});
}

TEST_CASE("rtsp range: npt as players write it", "[rtsp]") {
  CHECK(parsed("npt=0.000-") == Range{.start = 0s});
  CHECK(parsed("npt=0-") == Range{.start = 0s});
  CHECK(parsed("NPT = 1.5 - 2 ") == Range{.start = 1500ms, .end = 2s});
  CHECK(parsed("npt=-20") == Range{.end = 20s});
  CHECK(parsed("npt=10-5") == Range{.start = 10s, .end = 5s});
  CHECK(parsed("npt=5-now") == Range{.start = 5s});
  CHECK(parsed("npt=now-30") == Range{.end = 30s, .now = true});
  CHECK(parsed("npt=0.1234567-") == Range{.start = 123456us});
  CHECK(parsed("npt=7.-") == Range{.start = 7s});
  CHECK(parsed("npt=5-10;time=19970123T143720Z") == Range{.start = 5s, .end = 10s});
}

TEST_CASE("rtsp range: npt written", "[rtsp]") {
  CHECK(serialize(Range{.start = 0s}) == "npt=0.000-");
  CHECK(serialize(Range{}) == "npt=0.000-");
  CHECK(serialize(Range{.start = 1500ms, .end = 7200s}) == "npt=1.500-7200.000");
  CHECK(serialize(Range{.start = 1234567us, .end = 1000010us}) == "npt=1.234567-1.00001");
  CHECK(serialize(Range{.now = true}) == "npt=now-");
  CHECK(serialize(Range{.end = 20s}) == "npt=-20.000");
  CHECK(serialize(Range{.start = -1s}) == "npt=0.000-");
}

TEST_CASE("rtsp range: smpte 30 drop, the examples of RFC 2326 3.5", "[rtsp]") {
  // Ten minutes of drop frame are 17982 frames: 599.9994 s. 10:12:33:20 is frame 36753 * 30 + 20 - 2 * (612 -
  // 61).
  const Range range = parsed("smpte=10:12:33:20-");
  CHECK(range.unit == RangeUnit::smpte);
  CHECK(range.start == 36753650267us);
  // 10:07:00 names a frame that was dropped: the first of its minute, 10:07:00:02.
  CHECK(parsed("smpte=10:07:00-").start == parsed("smpte=10:07:00:02-").start);
  CHECK(again("smpte=10:07:00-10:07:33:05.01") == "smpte=10:07:00:02-10:07:33:05.01");
  CHECK(parsed("smpte=00:00:00:01-").start == 33367us);
  CHECK(parsed("smpte=00:00:59:29-").start == 60026633us);
  CHECK(parsed("smpte=00:01:00:02-").start == 60060ms);
  CHECK(parsed("smpte=00:10:00:00-").start == 599999400us);
  CHECK(parsed("smpte=01:00:00:00-").start == 3599996400us);
}

TEST_CASE("rtsp range: every smpte label comes back", "[rtsp]") {
  for (const auto* unit : {"smpte-30-drop", "smpte-25"}) {
    const bool drop = std::string_view{unit} == "smpte-30-drop";
    for (int second = 0; second < 1300; ++second) {
      for (int frame = 0; frame < (drop ? 30 : 25); frame += second % 60 == 0 ? 1 : 7) {
        if (drop && second % 600 != 0 && second % 60 == 0 && frame < 2) continue;
        std::string label = unit + std::string("=01:") + pad(second / 60, 2) + ':' + pad(second % 60, 2);
        if (frame != 0) label += ':' + pad(frame, 2);
        label += '-';
        if (again(label) != label) FAIL(label << " became " << again(label));
      }
    }
  }
  CHECK(parsed("smpte-25=10:07:00-10:07:33:05.01") ==
        Range{RangeUnit::smpte_25, 10h + 7min, 10h + 7min + 33s + 5 * 40ms + 400us});
  CHECK(again("smpte-25=00:00:01:24.99-99:59:59:24.99") == "smpte-25=00:00:01:24.99-99:59:59:24.99");
}

TEST_CASE("rtsp range: clock", "[rtsp]") {
  // The example of RFC 2326 3.7; 847462980 is 8 November 1996, 14:23 UTC.
  const Range range = parsed("clock=19961108T142300Z-19961108T143520.25Z");
  CHECK(range.unit == RangeUnit::clock);
  CHECK(range.start == 847462980s);
  CHECK(range.end == *range.start + 740250ms);
  CHECK(serialize(range) == "clock=19961108T142300Z-19961108T143520.25Z");
  CHECK(parsed("clock=19700101T000000Z-").start == 0s);
  CHECK(again("clock=19691231T235959.999999Z-") == "clock=19691231T235959.999999Z-");
  CHECK(parsed("clock=20161231T235960Z-").start == parsed("clock=20170101T000000Z-").start);
  CHECK(again("clock=20240229T000000Z-") == "clock=20240229T000000Z-");
}

TEST_CASE("rtsp range: malformed", "[rtsp]") {
  using namespace std::string_view_literals;
  for (const auto bad : {""sv,
                         "npt"sv,
                         "npt="sv,
                         "npt=-"sv,
                         "npt=5"sv,
                         "npt=a-"sv,
                         "npt=--5"sv,
                         "npt=1-2-3"sv,
                         "npt=1-2,3-4"sv,
                         "npt=1e3-"sv,
                         "npt=nan-"sv,
                         "npt=inf-"sv,
                         "npt=+1-"sv,
                         "npt=.5-"sv,
                         "npt=1:30-"sv,
                         "npt=0:60:00-"sv,
                         "npt=0:00:60-"sv,
                         "npt=1.2.3-"sv,
                         "npt=-now"sv,
                         "npt=9999999999999999999-"sv,
                         "npt=575775:55:7-"sv,  // more seconds than could be written
                         "npt=1\0-"sv,
                         "foo=1-2"sv,
                         "smpte=-00:00:01"sv,
                         "smpte=-"sv,
                         "smpte=now-"sv,
                         "smpte=00:00:00:30-"sv,
                         "smpte-25=00:00:00:25-"sv,
                         "smpte=00:60:00-"sv,
                         "smpte=00:00-"sv,
                         "smpte=00:00:00:00:00-"sv,
                         "smpte=00:00:00:00.1.2-"sv,
                         "smpte=000:00:00-"sv,
                         "smpte=00:00:00:-"sv,
                         "clock=-19961108T143520Z"sv,
                         "clock=19961108T142300-"sv,
                         "clock=19961308T142300Z-"sv,
                         "clock=19960230T142300Z-"sv,
                         "clock=19961108T242300Z-"sv,
                         "clock=19961108T146000Z-"sv,
                         "clock=19961108 142300Z-"sv,
                         "clock=19961108T1423005Z-"sv,
                         "clock=19961108T142300.xZ-"sv,
                         "clock=now-"sv}) {
    INFO(bad);
    const auto range = parse_range(bad);
    REQUIRE(!range.ok());
    CHECK(range.error().code == Errc::invalid);
  }
}
