#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/bytes.h"

namespace lectern::server {

/// Fills `bytes` from the system's cryptographic generator; ends the program where that has failed.
void fill_random(MutableBytes bytes);

/// In the same way: ssrc, sequence numbers and time stamps must not be guessed
/// (RFC 3550 section 5.1).
std::uint32_t random_u32();
/// In [0, 1).
double random_fraction();
/// 128 bits as 32 hexadecimal digits: who guesses a session's id controls it.
std::string random_session_id();
/// 32 bytes, to sign what only this process is to know again.
ByteVector random_secret();

}  // namespace lectern::server
