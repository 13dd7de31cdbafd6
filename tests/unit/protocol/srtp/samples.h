#pragma once

#include <array>
#include <string_view>

#include "protocol/srtp/suite.h"

// Packets that other implementations protected, in hexadecimal. Unless a sample says otherwise, master key
// and salt are the bytes 1, 2, 3 and so on.
namespace lectern::srtp::samples {

/// What was protected: the RTP packet of libsrtp's own test, and an RTCP packet with index 1.
inline constexpr std::string_view rtp = "800f1234decafbadcafebabeabababababababababababababababab";
inline constexpr std::string_view rtcp = "80c9000411223344a0a1a2a3a4a5a6a7a8a9aaab";

struct Protected {
  Suite suite;
  std::string_view mki;
  std::string_view rtp;
  std::string_view rtcp;
};

/// Made from the formulas of RFC 3711, RFC 6188 and RFC 7714 with the ciphers of Python's cryptography.
inline constexpr std::array every_suite = {
    Protected{Suite::aes_cm_128_hmac_sha1_80, "",
              "800f1234decafbadcafebabe5bacfa32c6e228868a033e3cf4ff4566b7fe6e277a142b690553",
              "80c90004112233449d4e5e519ac59125ddfac87880000001107306ace77327474fff"},
    Protected{Suite::aes_cm_128_hmac_sha1_32, "",
              "800f1234decafbadcafebabe5bacfa32c6e228868a033e3cf4ff4566b7fe6e27",
              "80c90004112233449d4e5e519ac59125ddfac87880000001107306ac"},
    Protected{Suite::aes_cm_256_hmac_sha1_80, "",
              "800f1234decafbadcafebabe93bed361f6b9c5bb76c0056d9ee516d45f39cc9e75100438cdc3",
              "80c9000411223344873fd1515edb468e17e0d608800000013c046b6819cf663f94b6"},
    Protected{Suite::aead_aes_128_gcm, "",
              "800f1234decafbadcafebabe268ae66e8448745150b895050278a54a19a2418cd57e2b7b6f8ad68aa7af36f5",
              "80c90004112233449cfd8dbfc3ef31b3def74ef88b64007b464923496221814f86a201f680000001"},
    Protected{Suite::aead_aes_256_gcm, "",
              "800f1234decafbadcafebabe6a4f474427a7da33c3d8d8e0e99fff18afd8ce5204e2875a158f29a4801a5b54",
              "80c90004112233442eb0103320d75fd046675abb3f417fe7af3f2d05a86fd6fcc8087de080000001"},
    Protected{Suite::aes_cm_128_hmac_sha1_80, "01020304",
              "800f1234decafbadcafebabe5bacfa32c6e228868a033e3cf4ff456601020304b7fe6e277a142b690553",
              "80c90004112233449d4e5e519ac59125ddfac8788000000101020304107306ace77327474fff"},
    Protected{Suite::aes_cm_128_hmac_sha1_32, "01020304",
              "800f1234decafbadcafebabe5bacfa32c6e228868a033e3cf4ff456601020304b7fe6e27",
              "80c90004112233449d4e5e519ac59125ddfac8788000000101020304107306ac"},
    Protected{Suite::aes_cm_256_hmac_sha1_80, "01020304",
              "800f1234decafbadcafebabe93bed361f6b9c5bb76c0056d9ee516d4010203045f39cc9e75100438cdc3",
              "80c9000411223344873fd1515edb468e17e0d60880000001010203043c046b6819cf663f94b6"},
};

struct AfterWraps {
  Suite suite;
  std::string_view rtp;
};

/// The same with a rollover counter of 5.
inline constexpr std::array after_five_wraps = {
    AfterWraps{Suite::aes_cm_128_hmac_sha1_80,
               "800f1234decafbadcafebabe381ec137197a901153650ae8fc9eeefa129ffbf630d79e7eae01"},
    AfterWraps{Suite::aes_cm_128_hmac_sha1_32,
               "800f1234decafbadcafebabe381ec137197a901153650ae8fc9eeefa129ffbf6"},
    AfterWraps{Suite::aes_cm_256_hmac_sha1_80,
               "800f1234decafbadcafebabeaf187631cdfc83922288ff66cf4178b48e03287096b5ac022b91"},
    AfterWraps{Suite::aead_aes_128_gcm,
               "800f1234decafbadcafebabe6bbb8b944e2029cb0d0edac31efed0320c43876331c1864a7954286ab9377f61"},
    AfterWraps{Suite::aead_aes_256_gcm,
               "800f1234decafbadcafebabe485f19ab0f8616e6e5a882b2f1ef9daff5369ef260b0aabe98333d926822add4"},
};

/// From the tests of libsrtp.
inline constexpr std::string_view libsrtp_key =
    "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";
inline constexpr std::string_view libsrtp_rtp =
    "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb";

// FFmpeg 5.1: a sine in PCMU, its sequence numbers from 65534 on.
inline constexpr std::array<std::string_view, 5> ffmpeg_payloads = {
    "e5c8bab3afafb2b9c6f04a3b332f2f32394467ccbcb4b0afb2b8c2df4d3c35302f31",
    "37405bd0bdb5b0afb1b6bfd7533e36302f30363e53d7bfb6b1afb0b5bdd05b403731",
    "2f30353c4ddfc2b8b2afb0b4bccc674439322f2f333b4aefc6b9b2afafb3bac8ff48",
    "3a332f2f3239466fcabbb3afafb2b9c4e74c3c34302f3138425fcebcb5b0afb1b7c0",
    "db503d35302f31363f57d3beb6b0afb0b6bed3573f36312f30353d50dbc0b7b1afb0"};
inline constexpr std::array<std::string_view, 5> ffmpeg_80 = {
    "8000fffebcc16420112233442096b05693e7cda10d1734248e469f9b426aee939a067c10376ba13c4cbba6c0f0539975f7d0e7db"
    "7eb558fe",
    "8000ffffbcc1644211223344db64eeb3488ed10a3ebf3769d259a3720b5411ae453ffefb07f1e9ee71e683eae19de15b14436318"
    "faaf22a7",
    "80000000bcc16464112233446414f0ebfa1a6b4789fd4a1d4b7fa26016ebe018392cbe7a14d19d79fa51734d251267554f7009db"
    "8c297a68",
    "80000001bcc1648611223344e0fab0f113c8c50ea06c3c433d8666c89a49dba4a367c91c2a21905399f8caf37be1222976cecc43"
    "3f636821",
    "80000002bcc164a8112233446dce3c37516e8c75d3a2030357246bb92fe88672ebafcba5affa459ceaaf9db4aa678c67e25939fd"
    "4ac87f28"};
inline constexpr std::string_view ffmpeg_80_report =
    "80c8000611223344329aca54fa47e27638e94334457903ab08fca81c8000000069f6b082e8798c7db46f";
inline constexpr std::string_view ffmpeg_32 =
    "8000fffe8b3c4a07112233442096b05693e7cda10d1734248e469f9b426aee939a067c10376ba13c4cbba6c0f0531e082f5e";
inline constexpr std::string_view ffmpeg_32_report =
    "80c8000611223344329aca5451c0ec520f146d13457903ab08fca81c800000009e350ddf";

}  // namespace lectern::srtp::samples
