#pragma once

#include <string>

#include "protocol/base/result.h"

namespace lectern::server {

/// A new key (ECDSA, P-256) and a certificate for it that it has signed itself (RFC 5280), as PEM: the key,
/// then the certificate. The subject and the alternative names are localhost, `host_name` where it is one,
/// and the loopback addresses; it lasts ten years. Errc::internal where OpenSSL has no randomness or memory.
Result<std::string> make_self_signed(const std::string& host_name);

/// The name of this machine; empty where it has none.
std::string host_name();

}  // namespace lectern::server
