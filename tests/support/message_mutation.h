#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/mutation.h"

namespace lectern::test {

/// What is done to a dialogue's next message.
enum class Damage { cut, doubled, swapped, overlong, flipped, reordered };
inline constexpr std::size_t damages = 6;
std::string_view name(Damage damage);

/// What is sent in place of `messages`, of which the first one is next: never the same bytes, but where there
/// are too few of them to change.
std::string damaged(Damage damage, const std::vector<std::string>& messages, Random& random);

}  // namespace lectern::test
