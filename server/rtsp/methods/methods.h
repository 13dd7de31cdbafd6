#pragma once

#include <memory>

#include "server/rtsp/exchange.h"
#include "server/rtsp/session.h"

namespace lectern::server {

// One source file a method. Each answers the exchange once, now or later, on the loop it is called on. A
// session that is handed in was found, belongs to the peer, and its state admits the method.

void answer_options(const Exchange& exchange);
void answer_describe(RtspLoop& owner, const ExchangePtr& exchange);
/// `session` is empty where the request names none.
void answer_setup(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session);
void answer_play(RtspLoop& owner, const ExchangePtr& exchange, const std::shared_ptr<Session>& session);
void answer_pause(const Exchange& exchange, Session& session);
void answer_teardown(RtspLoop& owner, const Exchange& exchange, Session& session);
/// GET_PARAMETER and SET_PARAMETER; `session` may be nullptr.
void answer_parameters(const Exchange& exchange, Session* session);
/// A method that RTSP knows and a file does not take: 405 with Allow.
void refuse_method(const Exchange& exchange);
/// A method that the state of the session does not take: 455, with Allow for those that it does.
void refuse_in_state(const Exchange& exchange, rtsp::State state);

/// What Allow names.
std::string supported_methods();

}  // namespace lectern::server
