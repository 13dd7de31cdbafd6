#pragma once

#include "tests/interop/interop_media.h"
#include "tests/support/server_process.h"

namespace lectern::test {

/// The server of InteropMedia that all test cases share.
ServerProcess& server();

}  // namespace lectern::test
