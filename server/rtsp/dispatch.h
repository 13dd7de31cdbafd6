#pragma once

#include "server/rtsp/exchange.h"

namespace lectern::server {

/// Lets a well-formed request in, finds the session that it names, on whatever loop that lives, and hands the
/// request to its method there.
void dispatch(RtspLoop& owner, const ExchangePtr& exchange);

}  // namespace lectern::server
