#include "server/config/values.h"

#include <catch2/catch.hpp>

using namespace lectern::server;
using lectern::Errc;

TEST_CASE("sizes have units", "[config]") {
  CHECK(parse_size("1048576").value() == 1048576);
  CHECK(parse_size("512KiB").value() == 524288);
  CHECK(parse_size("256MiB").value() == 268435456);
  CHECK(parse_size("1GiB").value() == 1073741824);
  CHECK(parse_size("1.5 gib").value() == 1610612736);
  CHECK(parse_size("10MB").value() == 10000000);
  CHECK(parse_size("0").value() == 0);
  for (const char* wrong :
       {"lots", "", "-1", "1XB", "MiB", "1.5", "0x10", "1e3", "1.2.3MiB", "99999999999GiB", "nan"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_size(wrong));
  }
  CHECK(parse_size("lots").error().message == "\"lots\" is not a size (write 256MiB)");
}

TEST_CASE("sizes lie in their range", "[config]") {
  CHECK(parse_size_within("1KiB", 1024, 2048).value() == 1024);
  CHECK(parse_size_within("2048", 1024, 2048).value() == 2048);
  CHECK(parse_size_within("1023", 1024, 2048).error().message == "must be from 1024 to 2048 bytes");
  CHECK_FALSE(parse_size_within("2049", 1024, 2048));
  CHECK_FALSE(parse_size_within("lots", 1024, 2048));
}

TEST_CASE("bit rates have units of ten", "[config]") {
  CHECK(parse_bit_rate("64000").value() == 64'000);
  CHECK(parse_bit_rate("800kbit").value() == 800'000);
  CHECK(parse_bit_rate("1.5Mbit").value() == 1'500'000);
  CHECK(parse_bit_rate("500 Mbit/s").value() == 500'000'000);
  CHECK(parse_bit_rate("10Gbit/s").value() == 10'000'000'000);
  CHECK(parse_bit_rate("none").value() == 0);
  CHECK(parse_bit_rate("0").value() == 0);
  for (const char* wrong : {"", "fast", "/s", "10MB", "10MiB", "-1", "1.5", "10Mbit/min"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_bit_rate(wrong));
  }
  CHECK(parse_bit_rate("fast").error().message == "\"fast\" is not a bit rate (write 500Mbit, or none)");
  CHECK(parse_bit_rate("1kbit").value() == 1000);
  CHECK(parse_bit_rate("500").error().message == "\"500\" is less than 1kbit (write 500Mbit)");
}

TEST_CASE("an account is one that the system knows", "[config]") {
  CHECK(parse_system_user("nobody").value() == "nobody");
  CHECK(parse_system_user("nobody:daemon").value() == "nobody:daemon");
  CHECK(parse_system_user("no-such-user").error().message == "the system has no user no-such-user");
}

TEST_CASE("times are whole seconds", "[config]") {
  CHECK(parse_duration("90").value().count() == 90);
  CHECK(parse_duration("90s").value().count() == 90);
  CHECK(parse_duration("2min").value().count() == 120);
  CHECK(parse_duration("1.5h").value().count() == 5400);
  for (const char* wrong : {"soon", "", "0.5", "1m", "-1s"}) CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("a time may have bounds", "[config]") {
  CHECK(parse_duration_within("0", 0, 60).value().count() == 0);
  CHECK(parse_duration_within("1min", 1, 60).value().count() == 60);
  CHECK(parse_duration_within("61s", 1, 60).error().message == "must be from 1s to 60s");
  CHECK_FALSE(parse_duration_within("0", 1, 60));
  CHECK_FALSE(parse_duration_within("soon", 1, 60));
}

TEST_CASE("a switch is yes or no", "[config]") {
  for (const char* yes : {"yes", "true", "on", "Yes"}) CHECK(parse_switch(yes).value());
  for (const char* no : {"no", "false", "off", "NO"}) CHECK_FALSE(parse_switch(no).value());
  CHECK(parse_switch("maybe").error().message == "\"maybe\" is neither yes nor no");
}

TEST_CASE("a realm can be shown and hashed", "[config]") {
  CHECK(parse_realm("Lecture hall 7, größe").value() == "Lecture hall 7, größe");
  for (const std::string wrong : {"", "a\"b", "a\\b", "a:b", "a\nb"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_realm(wrong));
  }
  CHECK_FALSE(parse_realm(std::string(101, 'a')));
}

TEST_CASE("the external check is at a URL of HTTP", "[config]") {
  CHECK(parse_http_url("http://127.0.0.1:8080/auth").value() == "http://127.0.0.1:8080/auth");
  CHECK(parse_http_url("https://h/").ok());
  for (const char* wrong :
       {"", "http://", "http:/h", "ftp://h/", "file:///etc/passwd", "http://a b/", "h/auth"})
    CHECK(parse_http_url(wrong).error().message == "is not a URL (write http://127.0.0.1:8080/auth)");
}

TEST_CASE("counts lie in their range", "[config]") {
  CHECK(parse_count("0", 0, 4).value() == 0);
  CHECK(parse_count("4", 0, 4).value() == 4);
  CHECK(parse_count("5", 0, 4).error().message == "\"5\" is not a number from 0 to 4");
  CHECK_FALSE(parse_count("-1", 0, 4));
  CHECK_FALSE(parse_count("99999999999999999999", 0, 4));
}

TEST_CASE("a range of ports begins even and holds a pair", "[config]") {
  CHECK(parse_port_range("40000-40010").value() == PortRange{40000, 40010});
  CHECK(parse_port_range("40000 - 40001").value() == PortRange{40000, 40001});
  for (const char* wrong :
       {"40000", "40001-40010", "40010-40000", "40000-40000", "0-10", "40000-70000", "a-b", "-"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_port_range(wrong));
  }
}

TEST_CASE("an address to listen on has a port, IPv6 has brackets", "[config]") {
  for (const char* right : {":8554", "0.0.0.0:8554", "[::]:8554", "[::1]:0", "localhost:554"}) {
    CAPTURE(right);
    CHECK(parse_listen(right).value() == right);
  }
  for (const char* wrong : {"", "8554", ":", ":70000", "::1:8554", "::1", "[::1]", "host:rtsp", "a b:1",
                            "[]:1", "rtsp://host:8554"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_listen(wrong));
  }
}

TEST_CASE("a listener may be off", "[config]") {
  CHECK(parse_listen_or_off("off").value() == "off");
  CHECK(parse_listen_or_off(":8322").value() == ":8322");
  CHECK(parse_listen_or_off("8322").error().message.ends_with(", or off"));
}

TEST_CASE("a directory may be made later, and is no file", "[config]") {
  CHECK(parse_directory("state", "/no/such").value() == "/no/such/state");
  CHECK(parse_directory("/tmp", "/no/such").value() == "/tmp");
  CHECK(parse_directory("/etc/hosts", "").error().message == "/etc/hosts is not a directory");
  CHECK_FALSE(parse_directory("", "/tmp"));
}

TEST_CASE("levels have names", "[config]") {
  CHECK(parse_log_level("warning").value() == LogLevel::warning);
  CHECK(parse_log_level("inof").error().message ==
        "\"inof\" is not one of trace, debug, info, warning, error, off (did you mean info?)");
}

TEST_CASE("path names are segments of a URL", "[config]") {
  CHECK(parse_path_name("/").value().empty());
  CHECK(parse_path_name("lectures").value() == "lectures");
  CHECK(parse_path_name("2026/algebra 1").value() == "2026/algebra 1");
  CHECK(parse_path_name("größe").value() == "größe");
  for (const char* wrong : {"", "/a", "a/", "a//b", "..", "a/../b", ".", "a\\b", "a\nb", "\xff"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_path_name(wrong));
  }
}

TEST_CASE("a source exists and is a file or a directory", "[config]") {
  CHECK(parse_source("/dev", "/srv").value() == "/dev");
  CHECK(parse_source("dev/../dev", "/").value() == "/dev");
  const auto missing = parse_source("no/such/lecture.mp4", "/srv");
  CHECK(missing.error().code == Errc::not_found);
  CHECK(missing.error().message == "/srv/no/such/lecture.mp4 does not exist");
  CHECK(parse_source("/dev/null", "").error().message == "/dev/null is neither a file nor a directory");
  CHECK(parse_source("", "/srv").error().code == Errc::invalid);
}

TEST_CASE("live media is a URL, a device of V4L2 or a pattern", "[config]") {
  for (const char* live : {"rtsp://u:p@10.0.0.7:554/stream?a=b", "rtsps://cam/", "srt://h:9000",
                           "http://h/x.m3u8", "udp://239.0.0.1:5000", "file:///etc/hosts", "foo://bar",
                           "v4l2:/dev/video0", "v4l2:", "pattern", "pattern:"}) {
    CAPTURE(live);
    CHECK(is_live_source(live));
  }
  for (const char* file : {"lecture.mp4", "/srv/pattern", "./pattern", "pattern.mp4", "v4l2", "a:b.mp4",
                           "rtsp:/x", "", "/srv/a://b"}) {
    CAPTURE(file);
    CHECK_FALSE(is_live_source(file));
  }
}

TEST_CASE("a live source is one that can be pulled", "[config]") {
  for (const char* right :
       {"rtsp://u:p@h/x", "rtsps://h/x", "srt://h:9000", "rtmp://h/a/b", "udp://239.0.0.1:5000",
        "https://h/x.m3u8", "udp://:5004", "udp://@:5004", "srt://:9000?mode=listener", "rtsp://[::1]:554/x",
        "v4l2:/dev/video0", "pattern", "pattern:"}) {
    CAPTURE(right);
    CHECK(parse_live_source(right).value() == right);
  }
  CHECK(parse_live_source("rstp://h/x").error().message ==
        "is of no protocol that is pulled: \"rstp\" (did you mean rtsp?)");
  CHECK(parse_live_source("concat://a|b").error().message == "is of no protocol that is pulled: \"concat\"");
  CHECK(parse_live_source("v4l2:video0").error().message == "names no device (v4l2:/dev/video0)");
  CHECK(parse_live_source("file:///x").error().message == "is a file: write its path");
  CHECK(parse_live_source("pattern:red").error().message == "has no options (write pattern)");
  for (const char* nowhere :
       {"rtsp:///x", "rtsps://:322/x", "rtsp://h:port/x", "rtsp://h:70000/x", "http://", "rtmp://[::1/x"}) {
    CAPTURE(nowhere);
    const auto parsed = parse_live_source(nowhere);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == "names no host, or no port from 0 to 65535 behind its colon");
  }
  // It may hold a password: it is not repeated.
  CHECK(parse_live_source("rtsp://u:secret@h/\n").error().message ==
        "is no URL (no control characters in it)");
}

TEST_CASE("a word is one of those that are known", "[config]") {
  CHECK(parse_word("udp", {"tcp", "udp"}).value() == "udp");
  CHECK(parse_word("upd", {"tcp", "udp"}).error().message ==
        "\"upd\" is not one of tcp, udp (did you mean udp?)");
  CHECK_FALSE(parse_word("", {"tcp", "udp"}));
  CHECK_FALSE(parse_word("UDP", {"tcp", "udp"}));
}

TEST_CASE("SRTP has modes and suites by name", "[config]") {
  CHECK(parse_srtp_mode("off").value() == SrtpMode::off);
  CHECK(parse_srtp_mode("optional").value() == SrtpMode::optional);
  CHECK(parse_srtp_mode("required").value() == SrtpMode::required);
  CHECK(parse_srtp_mode("sdes").value() == SrtpMode::sdes);
  CHECK(parse_srtp_mode("require").error().message ==
        "\"require\" is not one of off, optional, required, sdes (did you mean required?)");
  using lectern::srtp::Suite;
  CHECK(parse_srtp_suite("AES_CM_128_HMAC_SHA1_80").value() == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(parse_srtp_suite("AEAD_AES_256_GCM").value() == Suite::aead_aes_256_gcm);
  CHECK_THAT(parse_srtp_suite("AEAD_AES_256_GMC").error().message,
             Catch::StartsWith("\"AEAD_AES_256_GMC\" is not one of AES_CM_128_HMAC_SHA1_80, ") &&
                 Catch::EndsWith("(did you mean AEAD_AES_256_GCM?)"));
}
