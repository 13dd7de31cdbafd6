#include "protocol/auth/digest.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

using namespace lectern;
using namespace lectern::auth;

namespace {

DigestCredentials read(const std::string& header) {
  return std::get<DigestCredentials>(parse_credentials(header).value());
}

std::string response_to(const DigestCredentials& digest, const std::string& password,
                        std::string_view method) {
  return make_response(digest, make_ha1(digest.algorithm, digest.user, digest.realm, password), method);
}

}  // namespace

TEST_CASE("Digest of RFC 7616 section 3.9.1", "[auth]") {
  DigestCredentials digest{"Mufasa",
                           "http-auth@example.org",
                           "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                           "/dir/index.html",
                           "",
                           Algorithm::md5,
                           DigestCredentials::Counted{1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}};
  CHECK(response_to(digest, "Circle of Life", "GET") == "8ca523f5e9506fed4657c9700eebdbec");
  digest.algorithm = Algorithm::sha256;
  CHECK(response_to(digest, "Circle of Life", "GET") ==
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("Digest of RFC 2069 (errata) and RFC 2617 section 3.5", "[auth]") {
  DigestCredentials digest{"Mufasa", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                           "/dir/index.html"};
  CHECK(response_to(digest, "CircleOfLife", "GET") == "1949323746fe6a43ef61f9606e7febea");
  digest.counted = {1, "0a4f113b"};
  CHECK(make_ha1(Algorithm::md5, "Mufasa", "testrealm@host.com", "Circle Of Life") ==
        "939e7578ed9e3c518a452acee763bce9");
  CHECK(response_to(digest, "Circle Of Life", "GET") == "6629fae49393a05397450978507c4ef1");
}

TEST_CASE("what players send is right", "[auth]") {
  // FFmpeg 5.1
  const auto ffmpeg = read(
      "Digest username=\"alice\", realm=\"Lectern\", "
      "nonce=\"00000000000038a90000000000000001f0391923cf16f0bd9010fb6a77700ce0\", "
      "uri=\"rtsp://127.0.0.1:19655/h264.mp4/track1\", response=\"3e42da9390682fb30b227c9e60dbc4d0\", "
      "algorithm=\"MD5\", qop=\"auth\", cnonce=\"4dc480a53a4965df\", nc=00000002");
  CHECK(response_to(ffmpeg, "sesame street", "SETUP") == ffmpeg.response);
  CHECK(response_to(ffmpeg, "sesame street", "PLAY") != ffmpeg.response);
  // GStreamer 1.22
  const auto gstreamer = read(
      "Digest username=\"alice\", realm=\"Lectern\", "
      "nonce=\"00000000000038ab0000000000000002a132f3758c31fccabebb5f27dc313eed\", "
      "uri=\"rtsp://127.0.0.1:19655/mu-law.wav/\", response=\"091bcc4c4e43dc64a8eceb1bff4d454d\"");
  CHECK(response_to(gstreamer, "sesame street", "PLAY") == gstreamer.response);
  CHECK(response_to(gstreamer, "sesame", "PLAY") != gstreamer.response);
  // mpv 0.35
  const auto mpv = read(
      "Digest username=\"alice\", realm=\"Lectern\", "
      "nonce=\"00000000000038af000000000000000338ee273ca69707cb09d037a2868de231\", "
      "uri=\"rtsp://127.0.0.1:19655/h264.mp4\", response=\"2a615e06c1b1cbfa3dcae204e9ea9da2\", "
      "algorithm=\"MD5\", qop=\"auth\", cnonce=\"c252a8725244e097\", nc=00000001");
  CHECK(response_to(mpv, "sesame street", "DESCRIBE") == mpv.response);
  // curl 7.88
  const auto curl = read(
      "Digest username=\"alice\", realm=\"Lectern\", "
      "nonce=\"00000000000038c50000000000000004d7847b9990d7fb772ae9cd0524f9c722\", uri=\"/h264.mp4\", "
      "cnonce=\"MjI0ZjIyOGI1MTMxZWFkNjdjMDdhNmMxMGNhMTUxYWQ=\", nc=00000001, qop=auth, "
      "response=\"a86ef3eb03407d95b449f40f9d1d4995c9ea7328bc4bbcc06542ce25885ad8f4\", algorithm=SHA-256");
  CHECK(response_to(curl, "sesame street", "GET") == curl.response);
  const auto escaped = read(
      "Digest username=\"al\\\"ice\", realm=\"Lectern\", "
      "nonce=\"00000000000038c50000000000000004d7847b9990d7fb772ae9cd0524f9c722\", uri=\"/h264.mp4\", "
      "cnonce=\"ZjUzMTMwZGRmZGJhMDBkMzJkMjMxNTFjMTg1OGViMzY=\", nc=00000001, qop=auth, "
      "response=\"33188df765ff409c3093e1c8916024de9875c3bba8a251e1fd45a025e90703ea\", algorithm=SHA-256");
  CHECK(escaped.user == "al\"ice");
  CHECK(response_to(escaped, "a\\b", "GET") == escaped.response);
}

TEST_CASE("texts are equal where all of them is", "[auth]") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "ab"));
  CHECK_FALSE(equal_in_constant_time("", "a"));
}

TEST_CASE("a comparison takes as long where the first byte differs as where the last one does", "[auth]") {
  const std::string secret(4'000'000, 'x');
  std::string first = secret, last = secret;
  first.front() = last.back() = 'y';
  // The least of many: whatever else the machine does makes a comparison only slower.
  const auto time_of = [&](const std::string& guess) {
    auto least = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 15; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      CHECK_FALSE(equal_in_constant_time(secret, guess));
      least = std::min(least, std::chrono::steady_clock::now() - begin);
    }
    return std::chrono::duration<double>(least).count();
  };
  const double of_first = time_of(first), of_last = time_of(last);
  CHECK(of_first > of_last / 2);
  CHECK(of_last > of_first / 2);
}
