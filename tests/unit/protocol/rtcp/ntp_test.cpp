#include "protocol/rtcp/ntp.h"

#include <catch2/catch.hpp>

using namespace lectern::rtcp;
using std::chrono::microseconds;

TEST_CASE("NTP time counts from 1900, rounded to nearest", "[rtcp]") {
  CHECK(ntp_from_unix(microseconds(0)) == 0x83aa7e8000000000);
  CHECK(ntp_from_unix(microseconds(500'000)) == 0x83aa7e8080000000);
  CHECK(ntp_from_unix(microseconds(1)) == 0x83aa7e80000010c7);  // 4294.967
  CHECK(ntp_from_unix(microseconds(999'999)) == 0x83aa7e80ffffef39);
  CHECK(ntp_from_unix(microseconds(-1)) == 0x83aa7e7fffffef39);
}

TEST_CASE("NTP time goes there and back exactly", "[rtcp]") {
  std::int64_t micros = 0;
  for (int i = 0; i < 100000; ++i) {
    micros += 41'000'999'983 % (i + 7) * 997 + 13;
    if (unix_from_ntp(ntp_from_unix(microseconds(micros))).count() != micros) FAIL(micros);
  }
  // Over the end of the era, 7 February 2036 06:28:16.
  CHECK(ntp_from_unix(microseconds(2'085'978'496'000'000)) == 0);
  CHECK(unix_from_ntp(0).count() == 2'085'978'496'000'000);
  CHECK(unix_from_ntp(0xffffffffffffffff).count() == 2'085'978'496'000'000);
}

TEST_CASE("the round trip is that of figure 2 of RFC 3550", "[rtcp]") {
  CHECK(ntp_mid32(0xb44db705'20000000) == 0xb7052000);
  // A = 0xb710:8000, DLSR = 5.250 s, LSR = 0xb705:2000: 6.125 s.
  CHECK(round_trip(0xb7108000, 0xb7052000, 0x00054000) == microseconds(6'125'000));
}

TEST_CASE("the round trip is never negative", "[rtcp]") {
  CHECK_FALSE(round_trip(0xb7108000, 0, 0));
  CHECK(round_trip(1000, 900, 101) == microseconds(0));
  CHECK(round_trip(1000, 900, 100) == microseconds(0));
  CHECK(round_trip(1000, 900, 99) == microseconds(15));
  CHECK_FALSE(round_trip(1000, 900, 65536));
  CHECK_FALSE(round_trip(900, 1000, 0));
  CHECK_FALSE(round_trip(1000, 900, 0xffffffff));
  CHECK(round_trip(0x00008000, 0xffff8000, 0x8000) == microseconds(500'000));
}
