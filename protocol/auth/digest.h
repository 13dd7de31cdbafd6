#pragma once

#include <string>
#include <string_view>

#include "protocol/auth/credentials.h"

namespace lectern::auth {

// RFC 7616 section 3.4. Hashes are hexadecimal, lower case.

/// HA1: what a server may keep in place of the password; it holds for one realm.
std::string make_ha1(Algorithm algorithm, std::string_view user, std::string_view realm,
                     std::string_view password);

/// The response that belongs to all the other fields of `credentials`, for a request of `method`.
std::string make_response(const DigestCredentials& credentials, std::string_view ha1,
                          std::string_view method);

/// Takes as long for any two texts of one size.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace lectern::auth
