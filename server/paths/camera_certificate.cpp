#include "server/paths/camera_certificate.h"

#include "media/live/source_url.h"
#include "server/net/tls_relay.h"

namespace lectern::server {
namespace {

using Detoured = Result<std::optional<media::Detour>>;

constexpr std::uint16_t rtsps_port = 322, https_port = 443;  // of the registry of IANA

Detoured by_relay(const media::SourceUrl& url, const TlsPeer& peer, std::chrono::milliseconds timeout,
                  const std::function<bool()>& stop) {
  auto relay = TlsRelay::open(peer, timeout, stop);
  if (!relay) return std::move(relay).error();
  const std::string login = url.userinfo.empty() ? "" : url.userinfo + '@';
  media::Detour detour;
  detour.url = "rtsp://" + login + "127.0.0.1:" + std::to_string((*relay)->port()) + url.rest;
  detour.held = std::shared_ptr<TlsRelay>(*std::move(relay));
  return std::optional(std::move(detour));
}

}  // namespace

void check_certificate(const LiveConfig& live, media::AvSourceOptions& options) {
  if (!live.tls_verify && live.tls_fingerprint.empty()) return;
  const bool https = live.url.starts_with("https:");
  if (https && live.tls_verify) options.more["tls_verify"] = "1";
  if (https && live.tls_fingerprint.empty()) return;
  options.before = [live, https,
                    timeout = options.open_timeout](const std::function<bool()>& stop) -> Detoured {
    const auto url = media::SourceUrl::parse(live.url);
    if (!url) return invalid("its URL names no host");
    const TlsPeer peer{url->host, url->port.value_or(https ? https_port : rtsps_port), live.tls_verify,
                       live.tls_fingerprint};
    if (!https) return by_relay(*url, peer, timeout, stop);
    if (Status checked = TlsRelay::check(peer, timeout, stop); !checked) return std::move(checked).error();
    return std::optional<media::Detour>();
  };
}

}  // namespace lectern::server
