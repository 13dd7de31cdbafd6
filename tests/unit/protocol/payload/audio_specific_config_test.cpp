#include "protocol/payload/audio_specific_config.h"

#include <catch2/catch.hpp>

#include "protocol/base/base64.h"
#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::unhex;

namespace {

struct Expected {
  std::string config;
  unsigned object_type, sample_rate, channels;
  bool sbr, ps;
};

}  // namespace

TEST_CASE("AudioSpecificConfigs of the field are understood", "[payload][aac]") {
  const auto expected = GENERATE(values<Expected>({
      {"1190", 2, 48000, 2, false, false},
      {"1588", 2, 8000, 1, false, false},
      {"11b0", 2, 48000, 6, false, false},          // 5.1
      {"11b8", 2, 48000, 8, false, false},          // 7.1
      {"119056e500", 2, 48000, 2, false, false},    // FFmpeg's encoder: an extension without SBR
      {"2b920800", 2, 44100, 2, true, false},       // HE-AAC, explicit: 22050 Hz core
      {"eb8a0800", 2, 44100, 2, true, true},        // HE-AAC v2, explicit: mono core
      {"139056e5a0", 2, 44100, 2, true, false},     // HE-AAC, backward compatible (fdk-aac)
      {"138856e5a54880", 2, 44100, 2, true, true},  // HE-AAC v2, backward compatible
      {"17800bb810", 2, 6000, 2, false, false},     // escaped sample rate
      // program_config_elements, by ffmpeg -f lavfi -i anullsrc=r=48000:cl=quad -c:a aac, and cl=6.1
      {"118004c404002110044c61766356e500", 2, 48000, 4, false, false},
      {"1200050848002000c440044c61766356e500", 2, 44100, 7, false, false},
  }));
  CAPTURE(expected.config);
  const auto config = AudioSpecificConfig::parse(unhex(expected.config));
  REQUIRE(config);
  CHECK(config->object_type == expected.object_type);
  CHECK(config->sample_rate == expected.sample_rate);
  CHECK(config->channels == expected.channels);
  CHECK(config->sbr == expected.sbr);
  CHECK(config->ps == expected.ps);
}

TEST_CASE("broken AudioSpecificConfigs are refused", "[payload][aac]") {
  CHECK(AudioSpecificConfig::parse({}).error().code == Errc::invalid);
  CHECK(AudioSpecificConfig::parse(unhex("11")).error().code == Errc::invalid);
  CHECK(AudioSpecificConfig::parse(unhex("1690")).error().code == Errc::invalid);  // rate index 13
  CHECK(AudioSpecificConfig::parse(unhex("11c0")).error().code == Errc::invalid);  // channel configuration 8
  CHECK(AudioSpecificConfig::parse(unhex("118004c4")).error().code == Errc::invalid);  // half an element
  CHECK(AudioSpecificConfig::parse(unhex("1780")).error().code == Errc::invalid);      // half a rate
  CHECK(AudioSpecificConfig::parse(unhex("f95048000a00")).error().code == Errc::unsupported);  // USAC
}

TEST_CASE("every prefix and every flipped bit ends in a value or an error", "[payload][aac]") {
  for (const std::string_view hex : {"138856e5a54880", "118004c404002110", "eb8a0800"}) {
    ByteVector bytes = unhex(hex);
    for (std::size_t size = 0; size <= bytes.size(); ++size)
      if (const auto config = AudioSpecificConfig::parse(Bytes(bytes).first(size)))
        CHECK(config->channels > 0);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<std::byte>(0x80U >> bit % 8);
      if (const auto config = AudioSpecificConfig::parse(bytes)) CHECK(config->sample_rate > 0);
      bytes[bit / 8] ^= static_cast<std::byte>(0x80U >> bit % 8);
    }
  }
}

TEST_CASE("AudioSpecificConfigs are made for plain AAC", "[payload][aac]") {
  CHECK(hex_encode(*make_audio_specific_config(2, 48000, 2)) == "1190");
  CHECK(hex_encode(*make_audio_specific_config(2, 44100, 8)) == "1238");
  CHECK_FALSE(make_audio_specific_config(5, 48000, 2));
  CHECK_FALSE(make_audio_specific_config(2, 48001, 2));
  CHECK_FALSE(make_audio_specific_config(2, 48000, 9));
  CHECK_FALSE(make_audio_specific_config(2, 48000, 0));
}
