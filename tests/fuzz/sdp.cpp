#include <array>

#include "protocol/sdp/crypto.h"
#include "protocol/sdp/description.h"
#include "protocol/sdp/fmtp.h"
#include "protocol/sdp/key_mgmt.h"
#include "protocol/sdp/rtpmap.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using namespace sdp;

void description(Bytes input) {
  const auto parsed = parse(as_text(input));
  if (!parsed) return;
  const std::string written = serialize(*parsed);
  const auto again = parse(written, {.size = 1 << 24, .line = 1 << 24, .lines = 1 << 20, .media = 64});
  ensure(again && *again == *parsed, "a description reads back the same");
  for (const Media& media : parsed->media) {
    for (const std::string& format : media.formats) {
      const auto payload_type = static_cast<std::uint8_t>(format.empty() ? 0 : format.front());
      (void)find_rtpmap(media, payload_type);
      (void)find_fmtp(media, payload_type);
    }
  }
}

/// Whatever stands in the values, no line and no media comes of it.
void writing(Bytes input) {
  ByteReader reader(input);
  const auto text = [&reader] { return std::string(as_text(take_piece(reader))); };
  SessionDescription description;
  description.origin.username = text();
  description.origin.session_id = text();
  description.name = text();
  description.information = text();
  description.connection = Connection{.address = text()};
  description.attributes.push_back({text(), text()});
  const std::size_t count = reader.u8() % 4;
  for (std::size_t i = 0; i < count; ++i) {
    Media media;
    media.media = text();
    media.profile = text();
    media.port = reader.u16();
    media.formats = {text(), text()};
    media.title = text();
    media.bandwidths.push_back({text(), reader.u32()});
    media.attributes.push_back({text(), text()});
    media.attributes.push_back({text(), text()});
    description.media.push_back(media);
  }
  const std::string written = serialize(description);
  const auto again = parse(written, {.size = 1 << 24, .line = 1 << 24, .lines = 1 << 20, .media = 64});
  if (!again) return;
  ensure(again->media.size() <= count, "no media more than was described");
  ensure(again->attributes.size() <= 1, "no attribute more of the session");
  for (const Media& media : again->media)
    ensure(media.attributes.size() <= 2, "no attribute more of a media");
}

void rtpmap(Bytes input) {
  const auto parse = [](std::string_view text) {
    auto map = parse_rtpmap(text);
    ensure(!map || (map->clock_rate > 0 && map->payload_type < 128 && !map->encoding.empty()),
           "a rtpmap has all");
    return map;
  };
  ensure_round_trip(as_text(input), parse, write_out);
}

void fmtp(Bytes input) {
  ensure_round_trip(as_text(input), parse_fmtp, write_out);
}

void crypto(Bytes input) {
  const auto parse = [](std::string_view text) {
    auto read = parse_crypto(text);
    ensure(!read || read->key.key_and_salt().size() == srtp::key_and_salt_size(read->suite),
           "a key has the size of its suite");
    return read;
  };
  ensure_round_trip(as_text(input), parse, write_out);
}

void key_mgmt(Bytes input) {
  ensure_round_trip(as_text(input), parse_key_mgmt, write_out);
}

constexpr std::array targets{
    Target{"sdp_description", description}, Target{"sdp_writing", writing},
    Target{"sdp_rtpmap", rtpmap},           Target{"sdp_fmtp", fmtp},
    Target{"sdp_crypto", crypto},           Target{"sdp_key_mgmt", key_mgmt},
};

}  // namespace

std::span<const Target> sdp_targets() {
  return targets;
}

}  // namespace lectern::fuzz
