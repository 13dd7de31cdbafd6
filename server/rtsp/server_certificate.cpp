#include "server/rtsp/server_certificate.h"

#include <spdlog/spdlog.h>

#include "server/log/escape.h"
#include "server/net/self_signed.h"
#include "server/state_directory.h"

namespace lectern::server {
namespace {

/// Key and certificate in one file, so that there is never one without the other.
constexpr const char* file_name = "rtsps.pem";

}  // namespace

Result<TlsCertificate> server_certificate(const Config& config) {
  if (!config.tls_certificate.empty()) return TlsCertificate::load(config.tls_certificate, config.tls_key);
  const auto directory = state_directory(config.state_directory);
  const std::string shown = escape((directory / file_name).native(), 300);
  const auto kept = read_state(directory, file_name);
  if (kept) {
    if (auto context = make_ssl_context(*kept, *kept)) return TlsCertificate(*std::move(context));
    spdlog::warn("{} is broken: another certificate takes its place", shown);
  }
  const auto made = make_self_signed(host_name());
  if (!made) return made.error();
  auto context = make_ssl_context(*made, *made);
  if (!context) return std::move(context).error();
  const bool readable = kept || kept.error().code == Errc::not_found;
  const Status written = readable ? write_state(directory, file_name, *made) : Status(kept.error());
  if (written)
    spdlog::info("made a certificate for RTSPS, signed by itself, and keep it in {}", shown);
  else
    spdlog::warn(
        "the certificate for RTSPS cannot be kept, so players will meet another one after the next start: "
        "{}; set "
        "state_directory to a directory that the server may write to, or tls_certificate and tls_key",
        written.error().message);
  return TlsCertificate(*std::move(context));
}

}  // namespace lectern::server
