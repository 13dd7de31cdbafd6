#pragma once

#include "server/rtsp/exchange.h"
#include "server/rtsp/publish/publisher.h"

namespace lectern::server {

/// Answers a request that names the session of a publisher, on the loop on which that lives.
void run_with_publisher(RtspLoop& owner, const ExchangePtr& exchange,
                        const std::shared_ptr<Publisher>& publisher);

}  // namespace lectern::server
