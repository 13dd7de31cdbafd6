#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::rtsp {

/// RFC 2326 section 10, in the order of its table.
enum class Method : std::uint8_t {
  options,
  describe,
  announce,
  setup,
  play,
  pause,
  record,
  teardown,
  get_parameter,
  set_parameter,
  redirect,
};
inline constexpr std::size_t method_count = 11;

std::string_view name(Method method);
/// Case-sensitive, as RFC 2326 section 6.1 has it; nullopt for a method that it does not know.
std::optional<Method> parse_method(std::string_view text);

/// Public and Allow (RFC 2326 sections 12.28, 12.4): "OPTIONS, DESCRIBE".
std::string serialize_methods(const std::vector<Method>& methods);
/// In the order given; methods that RFC 2326 does not know are left out.
std::vector<Method> parse_methods(std::string_view text);

}  // namespace lectern::rtsp
