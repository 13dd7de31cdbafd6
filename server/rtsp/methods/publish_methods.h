#pragma once

#include "server/rtsp/exchange.h"
#include "server/rtsp/publish/publisher.h"

namespace lectern::server {

// What publishers ask for, one source file a method. Each answers the exchange once. A session that is
// handed in was found, belongs to the peer, and its state admits the method.

/// ANNOUNCE outside of a session.
void answer_announce(RtspLoop& owner, const ExchangePtr& exchange);
/// SETUP with mode=record.
void answer_record_setup(RtspLoop& owner, const Exchange& exchange, Publisher& publisher);
/// SETUP with mode=record of what was not announced.
void refuse_unannounced_setup(RtspLoop& owner, const Exchange& exchange);
/// RECORD that names no session.
void refuse_unannounced_record(RtspLoop& owner, const Exchange& exchange);
void answer_record(const Exchange& exchange, Publisher& publisher);
void answer_record_pause(const Exchange& exchange, Publisher& publisher);
void answer_record_teardown(RtspLoop& owner, const Exchange& exchange, Publisher& publisher);
/// A method that a publisher's session in that state does not take: 455 with Allow.
void refuse_in_recording_state(const Exchange& exchange, rtsp::State state);

/// Which of the configured paths may be published to by that name. Errc::not_found where there is nothing of
/// that name, Errc::unsupported where it is something else.
Result<std::size_t> publish_root(RtspLoop& owner, const rtsp::Url& url);
/// Whether a SETUP asks for nothing but mode=record.
bool asks_to_record(const rtsp::Headers& headers);

}  // namespace lectern::server
