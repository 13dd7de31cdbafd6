#include "server/state_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "server/log/escape.h"
#include "server/loop/file_descriptor.h"

namespace lectern::server {
namespace {

namespace fs = std::filesystem;

/// More than anything that is kept there.
constexpr std::size_t max_size = 1 << 20;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Error failed(const fs::path& path, int error) {
  return {error == ENOENT ? Errc::not_found : Errc::io,
          escape(path.native(), 300) + ": " + std::strerror(error)};
}

/// Those above it as the umask has it, itself for the owner alone.
Status make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed(directory, errno);
}

Status write_all(int fd, const fs::path& file, const std::string& content) {
  for (std::size_t written = 0; written < content.size();) {
    const auto size = ::write(fd, content.data() + written, content.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(file, errno);
    written += static_cast<std::size_t>(size);
  }
  if (::fsync(fd) != 0) return failed(file, errno);
  return {};
}

}  // namespace

fs::path state_directory(const fs::path& configured) {
  if (!configured.empty()) return configured;
  if (const auto given = variable("STATE_DIRECTORY"); !given.empty()) return given.substr(0, given.find(':'));
  if (const auto state = variable("XDG_STATE_HOME"); !state.empty()) return fs::path(state) / "lectern";
  if (const auto home = variable("HOME"); !home.empty()) return fs::path(home) / ".local/state/lectern";
  return "/var/lib/lectern";
}

Result<std::string> read_state(const fs::path& directory, const std::string& name) {
  const fs::path file = directory / name;
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed(file, errno);
  std::string content;
  std::array<char, 4096> part;
  while (content.size() <= max_size) {
    const auto size = ::read(fd.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(file, errno);
    if (size == 0) return content;
    content.append(part.data(), static_cast<std::size_t>(size));
  }
  return Error{Errc::too_large, escape(file.native(), 300) + ": is too large"};
}

Status write_state(const fs::path& directory, const std::string& name, const std::string& content) {
  if (auto status = make_directory(directory); !status) return status;
  std::string part = (directory / (name + ".XXXXXX")).native();
  const FileDescriptor fd(::mkostemp(part.data(), O_CLOEXEC));  // 0600
  if (!fd) return failed(directory, errno);
  Status status = write_all(fd.get(), part, content);
  if (status && ::rename(part.c_str(), (directory / name).c_str()) != 0)
    status = failed(directory / name, errno);
  if (!status) ::unlink(part.c_str());
  return status;
}

}  // namespace lectern::server
