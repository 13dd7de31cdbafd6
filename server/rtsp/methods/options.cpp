#include <algorithm>
#include <iterator>

#include "protocol/rtsp/method.h"
#include "protocol/rtsp/state.h"
#include "server/rtsp/methods/methods.h"

namespace lectern::server {
namespace {

using enum rtsp::Method;
/// By all paths that are played.
const std::vector<rtsp::Method> supported{options, describe, setup,         play,
                                          pause,   teardown, get_parameter, set_parameter};
/// By some path or other.
const std::vector<rtsp::Method> known{options, describe, announce, setup,         play,
                                      pause,   record,   teardown, get_parameter, set_parameter};

}  // namespace

std::string supported_methods() {
  return rtsp::serialize_methods(supported);
}

void answer_options(const Exchange& exchange) {
  rtsp::Response response;
  response.headers.set("Public", rtsp::serialize_methods(known));
  exchange.respond(std::move(response));
}

void refuse_method(const Exchange& exchange) {
  rtsp::Response response;
  response.status = rtsp::StatusCode::method_not_allowed;
  response.headers.set("Allow", supported_methods());
  exchange.respond(std::move(response));
}

void refuse_in_state(const Exchange& exchange, rtsp::State state) {
  std::vector<rtsp::Method> allowed;
  std::ranges::copy_if(supported, std::back_inserter(allowed),
                       [&](rtsp::Method method) { return rtsp::step(state, method).allowed(); });
  rtsp::Response response;
  response.status = rtsp::StatusCode::method_not_valid_in_this_state;
  response.headers.set("Allow", rtsp::serialize_methods(allowed));
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
