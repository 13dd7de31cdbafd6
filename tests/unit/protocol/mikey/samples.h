#pragma once

#include <string_view>

// Messages of other products, in hexadecimal or as they stood in SDP and KeyMgmt.
namespace lectern::mikey::samples {

/// GStreamer 1.22: a=key-mgmt of its server, and KeyMgmt of rtspsrc in the SETUP that followed.
inline constexpr std::string_view gstreamer_server =
    "AQAFANJPxxwBAADxNQObAAAAAAsA7rEFTIFWsA8KEK0HkxwVBd2oLEuQZ763aP8BAAAAFQABAQEBEAIBAQMBCgcBAQgBAQoBAQAAACIA"
    "IAAeQ9mWRbYSpfjZY5nRbGFGDFni/jLTvf0omrshrnblAA==";
inline constexpr std::string_view gstreamer_client =
    "AQAFAN2apTkBAABWiQAeAAAAAAsA7rEFTIHYlIEKEENjXZb6iQ21qj2Hw9iFhRkBAAAAFQABAQEBEAIBAQMBCgcBAQgBAQoBAQAAACIA"
    "IAAeNryQ3B6PdHwY4ZfKiPpeJBLgQJdxgyYVNNNbg+qEAA==";

// GStreamer 1.22 for each of its ciphers; key and salt are the bytes 1, 2, 3 and so on, the ssrc 0x11223344,
// the rollover counter 5.
inline constexpr std::string_view gstreamer_80 =
    "01000500c5889e4c01000011223344000000050b00eeb1054a29dde3750a10dd052239682752e659f0c4bdb60d52df0100000015"
    "00010101011002010103010a0701010801010a0101000000220020001e0102030405060708090a0b0c0d0e0f1011121314151617"
    "18191a1b1c1d1e00";
inline constexpr std::string_view gstreamer_32 =
    "01000500c2fc8c8101000011223344000000050b00eeb1054a29e0d66f0a10c4601b691fbd4c5631a4d3b60acca58d0100000015"
    "0001010101100201010301040701010801010a0101000000220020001e0102030405060708090a0b0c0d0e0f1011121314151617"
    "18191a1b1c1d1e00";
inline constexpr std::string_view gstreamer_256 =
    "01000500c5bb20c901000011223344000000050b00eeb1054a29e19fc20a1082fb67d147398298a6fc56346ade25090100000015"
    "00010101012002010103010a0701010801010a0101000000320020002e0102030405060708090a0b0c0d0e0f1011121314151617"
    "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e00";
inline constexpr std::string_view gstreamer_gcm_128 =
    "0100050079efa71b01000011223344000000050b00eeb1054a29e2ac320a10e36f6ee0eff77274edaed458b76eef2a0100000015"
    "0001060101100201000301000701010801010a0101000000200020001c0102030405060708090a0b0c0d0e0f1011121314151617"
    "18191a1b1c00";
inline constexpr std::string_view gstreamer_gcm_256 =
    "01000500521fe58a01000011223344000000050b00eeb1054a29e375850a10bcadc7203db5b9f70157e674831157fd0100000015"
    "0001060101200201000301000701010801010a0101000000300020002c0102030405060708090a0b0c0d0e0f1011121314151617"
    "18191a1b1c1d1e1f202122232425262728292a2b2c00";

/// As live555 lays its message out: key data of kind 0x21 with an MKI of four bytes.
inline constexpr std::string_view live555 =
    "01 00 05 00 1a2b3c4d 01 00"                 // HDR: version, type, T next, CSB ID, one SRTP session
    "00 deadbeef 00000000"                       // policy 0, ssrc, ROC
    "0b 00 eeb1054a29dde375"                     // T: RAND next, NTP-UTC
    "0a 10 000102030405060708090a0b0c0d0e0f"     // RAND: SP next
    "01 00 00 001b"                              // SP: KEMAC next, policy 0, SRTP, 27 bytes
    "000101 010110 020101 030114 04010e 070101"  // AES-CM, 16, HMAC-SHA1, 20, salt of 14, SRTP encrypted
    "080101 0a0101 0b010a"                       // SRTCP encrypted, SRTP authenticated, tag of 10
    "00 00 0027"                                 // KEMAC: last, not encrypted, 39 bytes
    "00 21 001e"                                 // key data: last, TEK with SPI, 30 bytes
    "0102030405060708090a0b0c0d0e0f10"           // key
    "1112131415161718191a1b1c1d1e"               // salt
    "04 0a0b0c0d"                                // SPI
    "00";                                        // no MAC

/// As gortsplib, which MediaMTX is made of, lays its message out: two sessions, kind 0x20, no parameter 4.
inline constexpr std::string_view gortsplib =
    "01 00 05 00 01020304 02 00"
    "00 11111111 00000000"
    "00 22222222 00000003"
    "0b 00 eeb1054a29dde375"
    "0a 10 000102030405060708090a0b0c0d0e0f"
    "01 00 00 0018"
    "000101 010110 020101 030114 070101 080101 0a0101 0b010a"
    "00 00 0022"
    "00 20 001e"
    "0102030405060708090a0b0c0d0e0f10"
    "1112131415161718191a1b1c1d1e"
    "00";

}  // namespace lectern::mikey::samples
