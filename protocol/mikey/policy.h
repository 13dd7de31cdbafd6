#pragma once

#include "protocol/base/byte_writer.h"
#include "protocol/base/result.h"
#include "protocol/srtp/suite.h"

namespace lectern::mikey {

/// The parameters of a security policy for SRTP (RFC 3830 section 6.10.1), each a type, a length and a value.
/// Errc::unsupported for what no suite of ours does: the message names the parameter.
Result<srtp::Suite> parse_policy(Bytes parameters);
/// What all products take: live555 wants 3=20 and 11=10, gortsplib 0 1 2 7 8 10, and GStreamer takes the
/// length of the tag from 3, and ignores what it does not know.
void write_policy(ByteWriter& writer, srtp::Suite suite);

}  // namespace lectern::mikey
