#include "protocol/auth/algorithm.h"

#include "protocol/base/text.h"

namespace lectern::auth {

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Algorithm algorithm : {Algorithm::md5, Algorithm::sha256})
    if (equals_ignoring_case(name, to_string(algorithm))) return algorithm;
  return std::nullopt;
}

}  // namespace lectern::auth
