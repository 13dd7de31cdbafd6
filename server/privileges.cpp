#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "protocol/base/text.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

/// As large as an entry of the system's databases gets; one that is larger is as good as not there.
constexpr std::size_t largest_entry = 1 << 16;

std::optional<passwd> find_user(const std::string& name, std::vector<char>& buffer) {
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
  return entry;
}

std::optional<gid_t> find_group(const std::string& name, std::vector<char>& buffer) {
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
  return entry.gr_gid;
}

Error refused(const char* what) {
  return {Errc::io, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<SystemUser> find_system_user(std::string_view text) {
  const auto halves = split_once(text, ':');
  const std::string name(halves ? halves->first : text);
  std::vector<char> buffer(largest_entry);
  const auto user = find_user(name, buffer);
  if (!user) return Error{Errc::not_found, "the system has no user " + escape(name, 80)};
  SystemUser account{name, user->pw_uid, user->pw_gid};
  if (!halves) return account;
  const std::string group_name(halves->second);
  const auto group = find_group(group_name, buffer);
  if (!group) return Error{Errc::not_found, "the system has no group " + escape(group_name, 80)};
  account.gid = *group;
  return account;
}

Status forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS");
  return {};
}

Status become(const SystemUser& account) {
  if (::geteuid() == account.uid && ::getegid() == account.gid) return {};
  if (::geteuid() != 0)
    return Error{Errc::denied, "only root can become the user " + account.user +
                                   ": start the server as root or as that user, or leave out user"};
  // The libc does each of these in all threads. The user is last, as it takes the right to change groups.
  if (::initgroups(account.user.c_str(), account.gid) != 0) return refused("initgroups");
  if (::setresgid(account.gid, account.gid, account.gid) != 0) return refused("setresgid");
  if (::setresuid(account.uid, account.uid, account.uid) != 0) return refused("setresuid");
  const bool has_root_back = ::setuid(0) == 0 || (account.gid != 0 && ::setgid(0) == 0);
  if (account.uid != 0 && has_root_back)
    return Error{Errc::internal, "the rights of root could be had back after they were given up"};
  return {};
}

}  // namespace lectern::server
