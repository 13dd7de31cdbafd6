#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::server {

/// A user of the system and one of its groups: who the server is to run as.
struct SystemUser {
  std::string user;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// NAME or NAME:GROUP; without a group the user's own one. Errc::not_found names what the system knows not.
Result<SystemUser> find_system_user(std::string_view text);

/// Neither this process nor a program that it starts gets rights that it has not now. Before the first
/// thread is started: the kernel keeps it for each thread, which inherits it. Errc::io where the system
/// refuses.
Status forbid_new_privileges();

/// Becomes `account` for good, in all threads, with its supplementary groups. Nothing happens where it is
/// that account already. Errc::denied where this process is somebody else and not root, Errc::io where the
/// system refuses, Errc::internal where root could be had back.
Status become(const SystemUser& account);

}  // namespace lectern::server
