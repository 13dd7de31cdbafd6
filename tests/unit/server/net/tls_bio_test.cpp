#include "server/net/tls_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

using namespace lectern;
using namespace lectern::server;

namespace {

struct Transport final : TlsTransport {
  std::size_t take(MutableBytes to) override {
    const std::size_t size = std::min(to.size(), arrived.size());
    std::ranges::copy(as_bytes(arrived).first(size), to.begin());
    arrived.erase(0, size);
    return size;
  }
  bool put(Bytes records) override {
    if (open) sent += as_text(records);
    return open;
  }
  std::string arrived, sent;
  bool open = true;
};

}  // namespace

TEST_CASE("a BIO without a socket reads what has arrived, and asks to be called again", "[tls_bio]") {
  Transport transport;
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(make_tls_bio(transport), ::BIO_free);
  REQUIRE(bio);
  char buffer[4] = {};
  std::size_t size = 1;
  CHECK(BIO_read_ex(bio.get(), buffer, sizeof buffer, &size) == 0);
  CHECK(size == 0);
  CHECK(BIO_should_retry(bio.get()));
  transport.arrived = "record";
  CHECK(BIO_read_ex(bio.get(), buffer, sizeof buffer, &size) == 1);
  CHECK(std::string_view(buffer, size) == "reco");
  CHECK_FALSE(BIO_should_retry(bio.get()));
  CHECK(BIO_read_ex(bio.get(), buffer, sizeof buffer, &size) == 1);
  CHECK(std::string_view(buffer, size) == "rd");
}

TEST_CASE("a BIO without a socket hands all over, and fails where the connection is lost", "[tls_bio]") {
  Transport transport;
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(make_tls_bio(transport), ::BIO_free);
  std::size_t size = 0;
  CHECK(BIO_write_ex(bio.get(), "abc", 3, &size) == 1);
  CHECK(size == 3);
  CHECK(transport.sent == "abc");
  CHECK(BIO_flush(bio.get()) == 1);
  transport.open = false;
  CHECK(BIO_write_ex(bio.get(), "d", 1, &size) == 0);
  CHECK_FALSE(BIO_should_retry(bio.get()));
}
