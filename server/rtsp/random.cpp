#include "server/rtsp/random.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "protocol/base/base64.h"

namespace lectern::server {
namespace {

template <std::size_t Size>
std::array<std::byte, Size> random_bytes() {
  std::array<std::byte, Size> bytes{};
  fill_random(bytes);
  return bytes;
}

}  // namespace

void fill_random(MutableBytes bytes) {
  // Without randomness nothing here is safe to go on with.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    std::abort();
}

std::uint32_t random_u32() {
  std::uint32_t value = 0;
  for (const std::byte b : random_bytes<4>()) value = value << 8 | u8(b);
  return value;
}

double random_fraction() {
  return static_cast<double>(random_u32()) / 4294967296.0;
}

std::string random_session_id() {
  return hex_encode(random_bytes<16>());
}

ByteVector random_secret() {
  const auto bytes = random_bytes<32>();
  return {bytes.begin(), bytes.end()};
}

}  // namespace lectern::server
