#include "protocol/srtp/suite.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::srtp {
namespace {

constexpr bool in_order_of_the_enum() {
  for (std::size_t i = 0; i < suites.size(); ++i)
    if (static_cast<std::size_t>(suites[i].suite) != i) return false;
  return true;
}
static_assert(in_order_of_the_enum(), "info() finds a suite by its place in the table");

}  // namespace

std::optional<Suite> suite_named(std::string_view name) {
  const auto known = std::find_if(suites.begin(), suites.end(), [name](const SuiteInfo& entry) {
    return equals_ignoring_case(entry.name, name);
  });
  if (known != suites.end()) return known->suite;
  if (equals_ignoring_case(name, "AES_CM_256_HMAC_SHA1_80")) return Suite::aes_cm_256_hmac_sha1_80;
  return std::nullopt;
}

}  // namespace lectern::srtp
