#include "protocol/mikey/message.h"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>

#include "protocol/base/base64.h"
#include "protocol/rtcp/ntp.h"
#include "tests/support/hex.h"
#include "tests/support/mutation.h"
#include "tests/unit/protocol/mikey/samples.h"

using namespace lectern;
using namespace lectern::mikey;
using namespace lectern::test;
using srtp::MasterKey;
using srtp::Suite;

namespace {

Message read(Bytes bytes) {
  auto message = parse(bytes);
  INFO((message ? "" : message.error().message));
  REQUIRE(message.ok());
  return *std::move(message);
}

MasterKey counted_key(Suite suite, std::string_view mki = "") {
  ByteVector bytes;
  for (std::size_t i = 1; i <= srtp::key_and_salt_size(suite); ++i)
    bytes.push_back(static_cast<std::byte>(i));
  return *MasterKey::create(bytes, unhex(mki));
}

std::string without_blanks(std::string_view text) {
  return hex(unhex(text));
}

/// A message with one piece of its hexadecimal text replaced.
ByteVector with(std::string_view message, std::string_view piece, std::string_view replacement) {
  std::string text = without_blanks(message);
  const std::size_t at = text.find(without_blanks(piece));
  REQUIRE(at != std::string::npos);
  text.replace(at, without_blanks(piece).size(), without_blanks(replacement));
  return unhex(text);
}

void check_refused(Bytes bytes, Errc code, std::string_view message) {
  const auto parsed = parse(bytes);
  REQUIRE(!parsed.ok());
  CHECK(parsed.error().code == code);
  CHECK(parsed.error().message == message);
}

const Message two_streams{.suite = Suite::aes_cm_128_hmac_sha1_80,
                          .key = counted_key(Suite::aes_cm_128_hmac_sha1_80),
                          .streams = {{0x11111111, 0}, {0x22222222, 3}},
                          .csb_id = 0x01020304,
                          .ntp = 0xeeb1054a29dde375,
                          .rand = unhex("000102030405060708090a0b0c0d0e0f")};

}  // namespace

TEST_CASE("mikey message: what GStreamer's server and client send", "[mikey]") {
  const Message server = read(*base64_decode(samples::gstreamer_server));
  CHECK(server.suite == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(server.streams == std::vector<Stream>{{0xf135039b, 0}});
  CHECK(server.csb_id == 0xd24fc71c);
  CHECK(hex(server.rand) == "ad07931c1505dda82c4b9067beb768ff");
  CHECK(hex(server.key.key_and_salt()) == "43d99645b612a5f8d96399d16c61460c59e2fe32d3bdfd289abb21ae76e5");
  CHECK(server.key.mki().empty());
  // GStreamer writes the time of day as NTP: Wed, 25 Nov 2026 06:57:16 GMT.
  REQUIRE(server.ntp);
  CHECK(std::chrono::floor<std::chrono::seconds>(rtcp::unix_from_ntp(*server.ntp)).count() == 1795589836);

  const Message client = read(*base64_decode(samples::gstreamer_client));
  CHECK(client.streams == std::vector<Stream>{{0x5689001e, 0}});
  CHECK(hex(client.key.key_and_salt()) == "36bc90dc1e8f747c18e197ca88fa5e2412e040977183261534d35b83ea84");
}

TEST_CASE("mikey message: each cipher of GStreamer", "[mikey]") {
  for (const auto& [text, suite] : {std::pair{samples::gstreamer_80, Suite::aes_cm_128_hmac_sha1_80},
                                    std::pair{samples::gstreamer_32, Suite::aes_cm_128_hmac_sha1_32},
                                    std::pair{samples::gstreamer_256, Suite::aes_cm_256_hmac_sha1_80},
                                    std::pair{samples::gstreamer_gcm_128, Suite::aead_aes_128_gcm},
                                    std::pair{samples::gstreamer_gcm_256, Suite::aead_aes_256_gcm}}) {
    const Message message = read(unhex(text));
    CHECK(message.suite == suite);
    CHECK(message.key == counted_key(suite));
    CHECK(message.streams == std::vector<Stream>{{0x11223344, 5}});
    CHECK(message.rand.size() == 16);
  }
}

TEST_CASE("mikey message: live555 names its key by an MKI", "[mikey]") {
  const Message message = read(unhex(samples::live555));
  CHECK(message.key == counted_key(Suite::aes_cm_128_hmac_sha1_80, "0a0b0c0d"));
  CHECK(message.streams == std::vector<Stream>{{0xdeadbeef, 0}});
  CHECK(hex(*serialize(message)) == without_blanks(samples::live555));
}

TEST_CASE("mikey message: gortsplib has two crypto sessions", "[mikey]") {
  CHECK(read(unhex(samples::gortsplib)) == two_streams);
}

TEST_CASE("mikey message: written with what every product looks for", "[mikey]") {
  const auto bytes = serialize(two_streams);
  REQUIRE(bytes.ok());
  // gortsplib's, and the salt's size, which live555 writes.
  CHECK(*bytes == with(samples::gortsplib, "0018 000101 010110 020101 030114",
                       "001b 000101 010110 020101 030114 04010e"));
  CHECK(read(*bytes) == two_streams);
}

TEST_CASE("mikey message: what is written is read as it was", "[mikey]") {
  for (const srtp::SuiteInfo& suite : srtp::suites) {
    for (const char* mki : {"", "01", "0a0b0c0d"}) {
      for (const std::size_t rand : std::initializer_list<std::size_t>{0, 16, 255}) {
        for (const std::optional<std::uint64_t> ntp :
             {std::optional<std::uint64_t>{}, {0x0123456789abcdef}}) {
          const Message message{.suite = suite.suite,
                                .key = counted_key(suite.suite, mki),
                                .streams = std::vector<Stream>(rand, Stream{1, 0xffffffff}),
                                .csb_id = 7,
                                .ntp = ntp,
                                .rand = ByteVector(rand, std::byte{9})};
          const auto bytes = serialize(message);
          REQUIRE(bytes.ok());
          CHECK(read(*bytes) == message);
        }
      }
    }
  }
}

TEST_CASE("mikey message: other payloads are skipped", "[mikey]") {
  // The RAND payload names the next one, and SP begins with its own next: ID, CERT, V and an extension
  // between.
  const std::string_view rand = "0a 10 000102030405060708090a0b0c0d0e0f";
  const ByteVector bytes = with(samples::live555, rand,
                                "06 10 000102030405060708090a0b0c0d0e0f"
                                "07 00 0003 616263"
                                "09 02 0001 ff"
                                "15 01 000102030405060708090a0b0c0d0e0f10111213"
                                "0a 00 0002 abcd");
  CHECK(read(bytes) == read(unhex(samples::live555)));
}

TEST_CASE("mikey message: T may be a counter or missing, RAND too", "[mikey]") {
  const ByteVector counter = with(samples::live555, "0b 00 eeb1054a29dde375", "0b 02 00000001");
  CHECK(!read(counter).ntp);
  const ByteVector bare = with(samples::live555,
                               "05 00 1a2b3c4d 01 00 00 deadbeef 00000000 0b 00 eeb1054a29dde375"
                               "0a 10 000102030405060708090a0b0c0d0e0f",
                               "0a 00 1a2b3c4d 01 00 00 deadbeef 00000000");
  CHECK(!read(bare).ntp);
  CHECK(read(bare).rand.empty());
}

TEST_CASE("mikey message: a salt apart, and an interval of validity", "[mikey]") {
  const ByteVector apart = with(
      samples::gortsplib, "0022 00 20 001e 0102030405060708090a0b0c0d0e0f10 1112131415161718191a1b1c1d1e",
      "0024 00 30 0010 0102030405060708090a0b0c0d0e0f10"
      "000e 1112131415161718191a1b1c1d1e");
  CHECK(read(apart) == two_streams);
  const ByteVector interval = with(
      samples::gortsplib, "0022 00 20 001e 0102030405060708090a0b0c0d0e0f10 1112131415161718191a1b1c1d1e",
      "0029 00 22 001e 0102030405060708090a0b0c0d0e0f10 1112131415161718191a1b1c1d1e 02 0001 03 000002");
  CHECK(read(interval) == two_streams);
}

TEST_CASE("mikey message: what is not supported is named", "[mikey]") {
  const auto refused = [](std::string_view piece, std::string_view replacement, std::string_view message) {
    check_refused(with(samples::live555, piece, replacement), Errc::unsupported, message);
  };
  refused("01 00 05 00", "02 00 05 00", "MIKEY: version 2");
  refused("01 00 05 00", "01 02 05 00", "MIKEY: message type 2, only 0 is supported");
  refused("01 00 00 deadbeef", "01 01 00 deadbeef", "MIKEY: map type 1, only SRTP-ID is supported");
  refused("01 00 05 00", "01 00 03 00", "MIKEY: payload type 3 is not supported");
  refused("0b 00 eeb1", "0b 05 eeb1", "MIKEY: timestamp type 5 is not supported");
  refused("01 00 00 001b", "01 00 01 001b", "MIKEY: a policy of protocol 1, only SRTP is supported");
  refused("00 00 0027", "00 01 0027", "MIKEY: an encrypted key is not supported");
  refused("0a0b0c0d 00", "0a0b0c0d 01", "MIKEY: a MAC is not supported");
  refused("00 21 001e", "00 01 001e", "MIKEY: key type 0, only traffic-encrypting keys are supported");
  refused("00 21 001e", "00 24 001e", "MIKEY: key validity 4 is not supported");
  refused("00 21 001e", "14 21 001e", "MIKEY: several keys in a message are not supported");
  refused("000101", "000102", "MIKEY: policy parameter 0 of 2 is not supported");
  refused("0027 00 21 001e 0102", "0026 00 21 001d 02",
          "MIKEY: AES_CM_128_HMAC_SHA1_80 takes 30 bytes of key and salt, not 29");
  check_refused(with(samples::gortsplib, "00 22222222", "01 22222222"), Errc::unsupported,
                "MIKEY: several policies in a message are not supported");
}

TEST_CASE("mikey message: malformed", "[mikey]") {
  check_refused({}, Errc::invalid, "MIKEY: the message is cut short");
  check_refused(with(samples::live555, "00 deadbeef", "05 deadbeef"), Errc::invalid,
                "MIKEY: a crypto session names a policy that is not there");
  check_refused(with(samples::live555, "0a 10 00010203", "00 10 00010203"), Errc::invalid,
                "MIKEY: a message without a security policy");
  check_refused(with(samples::live555, "01 00 00 001b", "00 00 00 001b"), Errc::invalid,
                "MIKEY: a message without a key");
  check_refused(with(samples::live555, "0b010a", "0b050a"), Errc::invalid,
                "MIKEY: a policy parameter runs past the end");
  check_refused(ByteVector(max_size + 1), Errc::too_large, "MIKEY: more than 4096 bytes");
  for (const std::string_view text : {samples::live555, samples::gortsplib, samples::gstreamer_gcm_256}) {
    const ByteVector whole = unhex(text);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto parsed = parse(Bytes(whole).first(size));
      INFO(size);
      REQUIRE(!parsed.ok());
      CHECK(parsed.error().message == "MIKEY: the message is cut short");
    }
  }
}

TEST_CASE("mikey message: what does not fit the format is not written", "[mikey]") {
  Message message = two_streams;
  message.suite = Suite::aead_aes_128_gcm;
  CHECK(serialize(message).error().code == Errc::invalid);
  message = two_streams;
  message.rand.resize(256);
  CHECK(serialize(message).error().code == Errc::invalid);
  message = two_streams;
  message.streams.resize(256);
  CHECK(serialize(message).error().code == Errc::invalid);
}

TEST_CASE("a mutated MIKEY message is refused, or read again as it was read", "[mikey][mutation]") {
  constexpr std::array seeds = {samples::gstreamer_80, samples::gstreamer_gcm_256, samples::live555,
                                samples::gortsplib};
  unsigned parsed = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    const ByteVector bytes = mutated(unhex(seeds[seed % seeds.size()]), random);
    const auto message = parse(bytes);
    if (!message.ok()) continue;
    ++parsed;
    const auto written = serialize(*message);
    if (!written.ok()) FAIL("seed " << seed << " " << hex(bytes));
    const auto again = parse(*written);
    if (!again.ok() || !(*again == *message)) FAIL("seed " << seed << " " << hex(bytes));
  }
  CHECK(parsed > 500);
  CHECK(parsed < 4000);
}
