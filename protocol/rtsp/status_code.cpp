#include "protocol/rtsp/status_code.h"

namespace lectern::rtsp {

std::string_view reason(StatusCode code) {
  switch (code) {
    case StatusCode::continue_:
      return "Continue";
    case StatusCode::ok:
      return "OK";
    case StatusCode::created:
      return "Created";
    case StatusCode::low_on_storage_space:
      return "Low on Storage Space";
    case StatusCode::moved_permanently:
      return "Moved Permanently";
    case StatusCode::moved_temporarily:
      return "Moved Temporarily";
    case StatusCode::see_other:
      return "See Other";
    case StatusCode::not_modified:
      return "Not Modified";
    case StatusCode::use_proxy:
      return "Use Proxy";
    case StatusCode::bad_request:
      return "Bad Request";
    case StatusCode::unauthorized:
      return "Unauthorized";
    case StatusCode::payment_required:
      return "Payment Required";
    case StatusCode::forbidden:
      return "Forbidden";
    case StatusCode::not_found:
      return "Not Found";
    case StatusCode::method_not_allowed:
      return "Method Not Allowed";
    case StatusCode::not_acceptable:
      return "Not Acceptable";
    case StatusCode::proxy_authentication_required:
      return "Proxy Authentication Required";
    case StatusCode::request_timeout:
      return "Request Time-out";
    case StatusCode::gone:
      return "Gone";
    case StatusCode::length_required:
      return "Length Required";
    case StatusCode::precondition_failed:
      return "Precondition Failed";
    case StatusCode::request_entity_too_large:
      return "Request Entity Too Large";
    case StatusCode::request_uri_too_large:
      return "Request-URI Too Large";
    case StatusCode::unsupported_media_type:
      return "Unsupported Media Type";
    case StatusCode::parameter_not_understood:
      return "Parameter Not Understood";
    case StatusCode::conference_not_found:
      return "Conference Not Found";
    case StatusCode::not_enough_bandwidth:
      return "Not Enough Bandwidth";
    case StatusCode::session_not_found:
      return "Session Not Found";
    case StatusCode::method_not_valid_in_this_state:
      return "Method Not Valid in This State";
    case StatusCode::header_field_not_valid_for_resource:
      return "Header Field Not Valid for Resource";
    case StatusCode::invalid_range:
      return "Invalid Range";
    case StatusCode::parameter_is_read_only:
      return "Parameter Is Read-Only";
    case StatusCode::aggregate_operation_not_allowed:
      return "Aggregate operation not allowed";
    case StatusCode::only_aggregate_operation_allowed:
      return "Only aggregate operation allowed";
    case StatusCode::unsupported_transport:
      return "Unsupported transport";
    case StatusCode::destination_unreachable:
      return "Destination unreachable";
    case StatusCode::key_management_failure:
      return "Key management Failure";
    case StatusCode::internal_server_error:
      return "Internal Server Error";
    case StatusCode::not_implemented:
      return "Not Implemented";
    case StatusCode::bad_gateway:
      return "Bad Gateway";
    case StatusCode::service_unavailable:
      return "Service Unavailable";
    case StatusCode::gateway_timeout:
      return "Gateway Time-out";
    case StatusCode::rtsp_version_not_supported:
      return "RTSP Version not supported";
    case StatusCode::option_not_supported:
      return "Option not supported";
  }
  return "Unknown";
}

}  // namespace lectern::rtsp
