#pragma once

#include "server/rtsp/exchange.h"

namespace lectern::server {

/// Finds the session that a well-formed request names, on whatever loop it lives, and hands the request to
/// its method there.
void dispatch(RtspLoop& owner, const ExchangePtr& exchange);

}  // namespace lectern::server
