#pragma once

#include <functional>
#include <string>

#include "tests/support/sample_media.h"
#include "tests/support/server_process.h"

namespace lectern::test {

/// The server with the default configuration that all test cases share. One that has died is started anew;
/// the run then fails in any case.
ServerProcess& server();

/// A server with a configuration of its own.
ServerOptions with_config(const std::string& yaml);

/// True when `server()` is up and answers OPTIONS to a new client.
bool server_is_well();

/// Tries until it holds, at most that long.
bool eventually(const std::function<bool()>& condition, int at_most_ms = 2000);

}  // namespace lectern::test
