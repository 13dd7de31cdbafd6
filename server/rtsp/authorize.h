#pragma once

#include <functional>

#include "server/access/access.h"
#include "server/rtsp/exchange.h"

namespace lectern::server {

/// Finds out whether who sends a request may do what it asks for with the path that it names, before anything
/// is opened. Calls `go_on` where so, now or later on the loop, with Exchange::user set; else it answers.
///
/// OPTIONS and signs of life in a session (GET_PARAMETER and SET_PARAMETER without a body) pass: players
/// send the first before they log in, and do not repeat the second where a nonce has grown old; the session's
/// id, which is bound to the address, is proof enough for it.
void authorize(RtspLoop& owner, const ExchangePtr& exchange, std::function<void()> go_on);

/// Whether what authorize() found stands: a reload may have come since, while the media were waited for.
bool still_authorized(const RtspLoop& owner, const Exchange& exchange);

/// What who sent it was let in by.
Grant grant_of(const Exchange& exchange);

}  // namespace lectern::server
