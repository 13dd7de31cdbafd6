#include "tests/fuzz/fake_stream.h"

namespace lectern::fuzz {

using server::Endpoint;

FakeStream::FakeStream(FakeWire& wire)
    : wire_(wire),
      local_(Endpoint::loopback(Endpoint::Family::v4, 8554)),
      peer_(Endpoint::parse("127.0.0.77:4000").value()) {}

bool FakeStream::write(Bytes bytes) {
  if (wire_.finishing) return false;
  wire_.sent += as_text(bytes);
  counters_.sent += bytes.size();
  return true;
}

std::size_t FakeStream::write_packets(std::span<const server::Gathered> packets) {
  if (!writable()) return 0;
  for (const server::Gathered& packet : packets) {
    // Looked at, so that the sanitizer sees what is gone.
    wire_.sent += as_text(packet.header);
    wire_.sent += as_text(packet.payload);
  }
  return packets.size();
}

}  // namespace lectern::fuzz
