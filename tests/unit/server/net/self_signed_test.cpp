#include "server/net/self_signed.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <memory>

#include "server/net/tls_context.h"

using namespace lectern::server;

namespace {

std::shared_ptr<X509> certificate_in(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&::BIO_free_all)> from(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), ::BIO_free_all);
  return {PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr), ::X509_free};
}

}  // namespace

TEST_CASE("a self-signed certificate names this host and lasts ten years", "[self_signed]") {
  const auto pem = make_self_signed("lectures").value();
  const auto certificate = certificate_in(pem);
  REQUIRE(certificate);
  for (const auto* name : {"localhost", "lectures"})
    CHECK(X509_check_host(certificate.get(), name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1);
  CHECK(X509_check_host(certificate.get(), "example.org", 0, 0, nullptr) == 0);
  for (const auto* address : {"127.0.0.1", "::1"})
    CHECK(X509_check_ip_asc(certificate.get(), address, 0) == 1);
  CHECK(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())) == 1);
  CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())) == 256);
  int days = 0, seconds = 0;
  REQUIRE(ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) == 1);
  CHECK(days >= 3649);
  CHECK(X509_cmp_current_time(X509_get0_notBefore(certificate.get())) < 0);
  CHECK(make_ssl_context(pem, pem));
}

TEST_CASE("a host name that is none in DNS is left out, and no two certificates are alike", "[self_signed]") {
  const auto odd = make_self_signed("a,IP:8.8.8.8").value();
  CHECK(X509_check_ip_asc(certificate_in(odd).get(), "8.8.8.8", 0) == 0);
  CHECK(X509_check_host(certificate_in(odd).get(), "localhost", 0, 0, nullptr) == 1);
  const auto one = make_self_signed("").value(), other = make_self_signed("").value();
  CHECK(fingerprint(*make_ssl_context(one, one).value()) !=
        fingerprint(*make_ssl_context(other, other).value()));
}
