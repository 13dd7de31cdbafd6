#include "server/srtp/policy.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace lectern;
using namespace lectern::server;
using rtsp::LowerTransport;
using rtsp::Profile;

namespace {

struct Row {
  SrtpMode mode;
  bool secure, sdes;
  /// RTP/AVP and RTP/SAVP, each over UDP and TCP: s is SRTP, c in the clear, anything else refused.
  const char* granted;
};

constexpr std::array rows = {
    Row{SrtpMode::off, false, false, "cc.."},      Row{SrtpMode::off, true, false, "uc.."},
    Row{SrtpMode::optional, false, false, "ccss"}, Row{SrtpMode::optional, true, false, "ucss"},
    Row{SrtpMode::required, false, false, "--ss"}, Row{SrtpMode::required, true, false, "ucss"},
    Row{SrtpMode::sdes, false, false, "--ss"},     Row{SrtpMode::sdes, true, false, "ucss"},
    Row{SrtpMode::sdes, false, true, "ssss"},      Row{SrtpMode::sdes, true, true, "ssss"},
};

std::string_view reason_of(char refused) {
  switch (refused) {
    case '.':
      return "there is no SRTP here, only RTP/AVP";
    case 'u':
      return "over RTSPS there is RTP/SAVP, or RTP/AVP/TCP inside TLS, and no plain UDP";
    case '-':
      return "there is only SRTP (RTP/SAVP) here, or RTSPS with RTP/AVP/TCP";
    default:
      return "";
  }
}

}  // namespace

TEST_CASE("srtp policy: what is granted of all that a player may ask for", "[srtp]") {
  for (const Row& row : rows)
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(static_cast<int>(row.mode), row.secure, row.sdes, i);
      const AskedMedia asked{i < 2 ? Profile::rtp_avp : Profile::rtp_savp,
                             i % 2 == 0 ? LowerTransport::udp : LowerTransport::tcp, row.secure, row.sdes};
      CHECK(refusal_of({.mode = row.mode}, asked) == reason_of(row.granted[i]));
      CHECK(is_protected(asked) == (i >= 2 || row.sdes));
      if (row.granted[i] == 'c') CHECK_FALSE(is_protected(asked));
      if (row.granted[i] == 's') CHECK(is_protected(asked));
    }
}

TEST_CASE("srtp policy: the suite and the clear keys change nothing of what is granted", "[srtp]") {
  for (const srtp::SuiteInfo& suite : srtp::suites)
    for (const bool clear : {false, true}) {
      const SrtpPolicy policy{SrtpMode::required, suite.suite, clear};
      CHECK(refusal_of(policy, {}) == reason_of('-'));
      CHECK(refusal_of(policy, {.profile = Profile::rtp_savp}).empty());
    }
}

TEST_CASE("srtp policy: where the SDP hands out keys, and where anyone can read them", "[srtp]") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    CHECK_FALSE(describes_srtp({.mode = SrtpMode::off}, secure));
    CHECK(describes_srtp({.mode = SrtpMode::optional}, secure) == secure);
    CHECK(describes_srtp({.mode = SrtpMode::required}, secure));
    CHECK(describes_srtp({.mode = SrtpMode::sdes}, secure));
    for (const bool clear : {false, true}) {
      CAPTURE(clear);
      for (const SrtpMode mode : {SrtpMode::off, SrtpMode::optional, SrtpMode::required})
        CHECK_FALSE(describes_sdes({.mode = mode, .allow_clear_keys = clear}, secure));
      CHECK(describes_sdes({.mode = SrtpMode::sdes, .allow_clear_keys = clear}, secure) == (secure || clear));
    }
  }
}
