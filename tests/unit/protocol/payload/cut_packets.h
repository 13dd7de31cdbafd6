#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/base64.h"
#include "protocol/payload/packetizer.h"
#include "tests/support/hex.h"
#include "tests/support/mutation.h"

namespace lectern::payload {

/// The packets as hexadecimal digits, with " M" after those that have the marker.
class HexSink final : public PayloadSink {
 public:
  MutableBytes reserve(std::size_t size) override {
    buffer_ = ByteVector(size);  // of exactly this size: the sanitizer sees what is written past it
    return buffer_;
  }
  void emit(std::size_t used, bool marker, std::int32_t) override {
    REQUIRE(used <= buffer_.size());
    packets.push_back(hex_encode(Bytes(buffer_).first(used)) + (marker ? " M" : ""));
  }

  std::vector<std::string> packets;

 private:
  ByteVector buffer_;
};

inline ByteVector from_hex(std::string_view digits) {
  return test::unhex(digits);
}

inline std::vector<std::string> cut(Packetizer& packetizer, Bytes unit, bool random_access = false) {
  HexSink sink;
  const Status status = packetizer.packetize({.data = unit, .random_access = random_access}, sink);
  INFO(status.error().message);
  REQUIRE(status.ok());
  return sink.packets;
}
inline std::vector<std::string> cut(Packetizer& packetizer, std::string_view unit,
                                    bool random_access = false) {
  return cut(packetizer, from_hex(unit), random_access);
}

/// The error, with the check that nothing came out before it.
inline Error refused(Packetizer& packetizer, std::string_view unit) {
  HexSink sink;
  const Status status = packetizer.packetize({.data = from_hex(unit)}, sink);
  REQUIRE_FALSE(status.ok());
  CHECK(sink.packets.empty());
  return status.error();
}

/// Calls `check` with broken copies of `original`, the same ones in each run.
template <typename Check>
void for_each_mutation(std::string_view original, Check check) {
  test::Random random(1);
  const ByteVector whole = from_hex(original);
  for (int i = 0; i < 1500; ++i) {
    ByteVector bytes = test::mutated(whole, random);
    bytes.shrink_to_fit();
    check(Bytes(bytes));
  }
}

/// Whatever the input: an error and nothing, or packets within the limit of which the last has the marker.
inline void survives_mutations(Packetizer& packetizer, std::string_view unit, std::size_t max_payload) {
  for_each_mutation(unit, [&](Bytes mutated) {
    HexSink sink;
    const Status status = packetizer.packetize({.data = mutated}, sink);
    if (!status) CHECK(sink.packets.empty());
    for (std::size_t i = 0; i < sink.packets.size(); ++i) {
      const bool marker = sink.packets[i].ends_with('M');
      CHECK((sink.packets[i].size() - (marker ? 2 : 0)) / 2 <= max_payload);
      CHECK(marker == (i + 1 == sink.packets.size()));
    }
  });
}

}  // namespace lectern::payload
