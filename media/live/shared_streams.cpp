#include "media/live/shared_streams.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "protocol/base/base64.h"
#include "protocol/base/byte_reader.h"

namespace lectern::media {
namespace {

/// As RFC 7022 section 4.2 has it: so that nobody else has the same, and nobody learns our name.
constexpr std::size_t cname_size = 12;

template <std::size_t Size>
std::array<std::byte, Size> random_bytes(const LiveProtection& protection) {
  std::array<std::byte, Size> bytes{};
  protection.random(bytes);
  return bytes;
}

}  // namespace

Result<std::shared_ptr<SharedStreams>> SharedStreams::create(const LiveProtection& protection,
                                                             std::size_t tracks) {
  std::shared_ptr<SharedStreams> made(new SharedStreams(protection.suite, tracks));
  made->cname_ = base64_encode(random_bytes<cname_size>(protection));
  for (std::size_t track = 0; track < tracks; ++track) {
    std::array<std::byte, srtp::MasterKey::max_size> memory{};
    const auto key_bytes = std::span(memory).first(srtp::key_and_salt_size(protection.suite));
    protection.random(key_bytes);
    auto key = srtp::MasterKey::create(key_bytes);
    OPENSSL_cleanse(memory.data(), memory.size());
    if (!key) return std::move(key).error();
    const auto numbers = random_bytes<10>(protection);
    ByteReader reader(numbers);
    const std::uint32_t ssrc = reader.u32(), timestamp_base = reader.u32();
    // In the lower half, as a receiver that misses the first packets would else guess another rollover
    // counter.
    const std::uint64_t first = reader.u16() & 0x7fffU;
    if (std::ranges::find(made->streams_, ssrc, &SharedStream::ssrc) != made->streams_.end())
      return Error{Errc::internal, "the random generator repeats itself"};
    made->streams_.push_back({ssrc, *std::move(key), protection.start.timestamp.value_or(timestamp_base)});
    made->positions_[track].next = made->positions_[track].join = protection.start.sequence.value_or(first);
  }
  return made;
}

}  // namespace lectern::media
