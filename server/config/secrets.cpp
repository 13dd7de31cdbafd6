#include "server/config/secrets.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "server/config/values.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

/// More than the longest password has: something else than a password was named.
constexpr std::uintmax_t max_secret_file = 4096;

Result<Password> named(Result<Password> password, const std::string& place) {
  if (!password) return Error{password.error().code, "what is in " + place + " " + password.error().message};
  return password;
}

}  // namespace

Result<Password> password_from_env(std::string_view name) {
  const std::string variable(name);
  const char* text = std::getenv(variable.c_str());
  if (!text) return Error{Errc::not_found, "the environment has no variable " + escape(variable, 80)};
  return named(parse_password(text), "the variable " + escape(variable, 80));
}

Result<Password> password_from_file(std::string_view path, const std::filesystem::path& base) {
  const auto file = parse_source(path, base);
  if (!file) return file.error();
  const std::string shown = escape(file->native(), 300);
  std::error_code error;
  if (!std::filesystem::is_regular_file(*file, error)) return invalid(shown + " is not a file");
  if (std::filesystem::file_size(*file, error) > max_secret_file)
    return Error{Errc::too_large, shown + " is too large for a password"};
  std::ostringstream text;
  text << std::ifstream(*file, std::ios::binary).rdbuf();
  std::string password = text.str();
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  return named(parse_password(password), shown);
}

}  // namespace lectern::server
