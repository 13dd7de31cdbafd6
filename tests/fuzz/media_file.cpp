#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "media/description.h"
#include "protocol/sdp/description.h"
#include "tests/fuzz/target.h"
#include "tests/support/asset_reading.h"

namespace lectern::fuzz {
namespace {

using namespace media;

constexpr std::size_t max_payload = 600;
constexpr std::size_t most_segments = 6;

Library& library() {
  static Library library({.cache_bytes = 1 << 20,
                          .max_payload = max_payload,
                          .threads = 1,
                          .idle_assets = 0,
                          .growing_for = {},
                          .refused_for = {}});
  return library;
}

void check_segment(const Segment& segment, std::size_t tracks) {
  for (const Train& train : segment.trains()) {
    ensure(train.track < tracks && train.count > 0, "a train is of a track, and carries something");
    for (const SealedPacket& packet : segment.packets(train)) {
      ensure(packet.size <= max_payload, "a payload is within the limit");
      unsigned sum = 0;
      for (const std::byte byte : segment.payload(packet)) sum += u8(byte);
      ensure(sum <= 255u * packet.size, "each byte can be read");
    }
  }
}

/// A file in memory: described, indexed and cut, or refused.
void media_file(Bytes input) {
  const int descriptor = ::memfd_create("fuzz", MFD_CLOEXEC);
  ensure(descriptor >= 0, "there is a file in memory");
  ensure(::write(descriptor, input.data(), input.size()) == static_cast<ssize_t>(input.size()),
         "it is written");
  const auto opened = test::open_in(library(), "/proc/self/fd/" + std::to_string(descriptor));
  ::close(descriptor);
  if (!opened) return;
  Asset& asset = **opened;
  const sdp::SessionDescription description = describe(asset);
  const auto read = sdp::parse(serialize(description));
  ensure(read && read->media.size() == asset.tracks().size(), "the description can be read");
  test::wait_until_indexed(asset);
  const std::size_t segments = asset.segment_count();
  for (std::size_t k = 0; k < std::min(segments, most_segments); ++k) {
    for (const bool random_access_point_only : {false, true}) {
      const auto segment = test::load_of(asset, k, random_access_point_only);
      if (segment) check_segment(**segment, asset.tracks().size());
    }
  }
  ensure(!test::load_of(asset, segments + 1, false), "behind the end there is nothing");
}

constexpr std::array targets{Target{"media_file", media_file}};

}  // namespace

std::span<const Target> media_file_targets() {
  return targets;
}

}  // namespace lectern::fuzz
