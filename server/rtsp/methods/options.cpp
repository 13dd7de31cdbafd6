#include "protocol/rtsp/method.h"
#include "server/rtsp/methods/methods.h"

namespace lectern::server {

std::string supported_methods() {
  using enum rtsp::Method;
  return rtsp::serialize_methods(
      {options, describe, setup, play, pause, teardown, get_parameter, set_parameter});
}

void answer_options(const Exchange& exchange) {
  rtsp::Response response;
  response.headers.set("Public", supported_methods());
  exchange.respond(std::move(response));
}

void refuse_method(const Exchange& exchange) {
  rtsp::Response response;
  response.status = rtsp::StatusCode::method_not_allowed;
  response.headers.set("Allow", supported_methods());
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
