#pragma once

#include <cstdint>
#include <string_view>

namespace lectern::rtsp {

/// RFC 2326 sections 7.1.1 and 11. A parsed response may hold any other three-digit code.
enum class StatusCode : std::uint16_t {
  continue_ = 100,
  ok = 200,
  created = 201,
  low_on_storage_space = 250,
  moved_permanently = 301,
  moved_temporarily = 302,
  see_other = 303,
  not_modified = 304,
  use_proxy = 305,
  bad_request = 400,
  unauthorized = 401,
  payment_required = 402,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  proxy_authentication_required = 407,
  request_timeout = 408,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  request_entity_too_large = 413,
  request_uri_too_large = 414,
  unsupported_media_type = 415,
  parameter_not_understood = 451,
  conference_not_found = 452,
  not_enough_bandwidth = 453,
  session_not_found = 454,
  method_not_valid_in_this_state = 455,
  header_field_not_valid_for_resource = 456,
  invalid_range = 457,
  parameter_is_read_only = 458,
  aggregate_operation_not_allowed = 459,
  only_aggregate_operation_allowed = 460,
  unsupported_transport = 461,
  destination_unreachable = 462,
  key_management_failure = 463,  ///< RFC 4567 section 6.2
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  rtsp_version_not_supported = 505,
  option_not_supported = 551,
};

/// The RFC's phrase; "Unknown" for a code outside the enumeration.
std::string_view reason(StatusCode code);

}  // namespace lectern::rtsp
