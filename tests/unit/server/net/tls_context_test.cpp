#include "server/net/tls_context.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "server/net/self_signed.h"
#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::server;
using lectern::test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

/// PEM of one pair, as two texts.
struct Pair {
  std::string certificate, key;
};

Pair make_pair() {
  const auto pem = make_self_signed("").value();
  const auto begin = pem.find("-----BEGIN CERTIFICATE");
  return {pem.substr(begin), pem.substr(0, begin)};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string encrypted(const std::string& pem) {
  const std::shared_ptr<BIO> from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), ::BIO_free_all);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(from.get(), nullptr, nullptr, nullptr),
                                      ::EVP_PKEY_free);
  const std::shared_ptr<BIO> to(BIO_new(BIO_s_mem()), ::BIO_free_all);
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(to.get(), key.get(), EVP_aes_128_cbc(), "word", 4, nullptr,
                                        nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(to.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

struct Files {
  explicit Files(const Pair& pair) {
    write(certificate, pair.certificate);
    write(key, pair.key);
  }
  TemporaryFolder folder;
  fs::path certificate = folder.path() / "cert.pem", key = folder.path() / "key.pem";
};

}  // namespace

TEST_CASE("a pair in one file or two is taken, with its chain", "[tls_context]") {
  const auto pair = make_pair();
  const Files files(pair);
  const auto apart = TlsCertificate::load(files.certificate, files.key);
  REQUIRE(apart);
  write(files.certificate, pair.key + pair.certificate + make_pair().certificate);
  const auto together = TlsCertificate::load(files.certificate, {});
  REQUIRE(together);
  CHECK(fingerprint(*apart->context()) == fingerprint(*together->context()));
  CHECK(fingerprint(*apart->context()).size() == 32 * 3 - 1);
}

TEST_CASE("what cannot be used is refused with the key of the configuration, the file and the reason",
          "[tls_context]") {
  const auto pair = make_pair();
  const Files files(pair);
  const auto error = [&] { return TlsCertificate::load(files.certificate, files.key).error().message; };
  write(files.key, make_pair().key);
  CHECK(error() ==
        "tls_key: " + files.key.native() + ": is not the key of the certificate in tls_certificate");
  write(files.key, encrypted(pair.key));
  CHECK(error() == "tls_key: " + files.key.native() +
                       ": is encrypted; write it without its passphrase: openssl pkey -in KEY -out PLAIN");
  write(files.key, "nothing");
  CHECK_THAT(error(), Catch::StartsWith("tls_key: " + files.key.native() + ": holds no private key in PEM"));
  write(files.key, pair.key);
  write(files.certificate, "");
  CHECK_THAT(error(), Catch::StartsWith("tls_certificate: " + files.certificate.native() +
                                        ": holds no certificate in PEM"));
  write(files.certificate,
        pair.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CHECK_THAT(error(), Catch::Contains("has a broken certificate in its chain"));
  write(files.certificate, std::string(2'000'000, 'x'));
  CHECK(error() == "tls_certificate: " + files.certificate.native() + ": is too large for PEM");
  fs::remove(files.certificate);
  CHECK(error() == "tls_certificate: " + files.certificate.native() + ": No such file or directory");
}

TEST_CASE("changed files are taken, broken ones are refused once, and the old pair stays", "[tls_context]") {
  const Files files(make_pair());
  auto loaded = TlsCertificate::load(files.certificate, files.key).value();
  const auto first = fingerprint(*loaded.context());
  CHECK_FALSE(loaded.refresh());

  // As certbot does it: one file after the other.
  const auto second = make_pair();
  write(files.certificate.native() + ".new", second.certificate);
  fs::rename(files.certificate.native() + ".new", files.certificate);
  const auto half = loaded.refresh();
  REQUIRE(half);
  REQUIRE_FALSE(*half);
  CHECK_THAT(half->error().message, Catch::Contains("is not the key of the certificate"));
  CHECK(fingerprint(*loaded.context()) == first);
  CHECK_FALSE(loaded.refresh());

  write(files.key.native() + ".new", second.key);
  fs::rename(files.key.native() + ".new", files.key);
  const auto whole = loaded.refresh();
  REQUIRE(whole);
  CHECK(*whole);
  CHECK(fingerprint(*loaded.context()) != first);
  CHECK_FALSE(loaded.refresh());

  fs::remove(files.key);
  const auto gone = loaded.refresh();
  REQUIRE(gone);
  CHECK_FALSE(*gone);
  write(files.key, second.key);
  CHECK(loaded.refresh());
}

TEST_CASE("a certificate that is not in files never changes", "[tls_context]") {
  const auto pem = make_self_signed("").value();
  TlsCertificate made(make_ssl_context(pem, pem).value());
  CHECK_FALSE(made.refresh());
}
