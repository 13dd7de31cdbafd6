#include "protocol/rtsp/message.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

bool is_token_character(char c) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?={} \t";
  return c > ' ' && c < '\x7f' && separators.find(c) == std::string_view::npos;
}

void append_text(std::string& out, std::string_view text, std::string_view allowed = {}) {
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    out += control && allowed.find(c) == std::string_view::npos ? ' ' : c;
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  append_text(out, value, "\t");
  out += "\r\n";
}

void append_headers_and_body(std::string& out, const Headers& headers, const std::string& body,
                             bool is_http) {
  // The Content-Length of a tunnel's POST is not the size of a body: none is collected.
  const bool length_is_ours = !is_http || !body.empty();
  bool length_written = false;
  for (const HeaderField& field : headers) {
    if (!is_token(field.name)) continue;
    if (length_is_ours && equals_ignoring_case(field.name, "Content-Length")) {
      if (!length_written) append_field(out, field.name, std::to_string(body.size()));
      length_written = true;
      continue;
    }
    append_field(out, field.name, field.value);
  }
  if (!body.empty() && !length_written) append_field(out, "Content-Length", std::to_string(body.size()));
  out += "\r\n";
  out += body;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

Request make_request(Method method, std::string_view url) {
  Request request;
  request.method_name = name(method);
  request.method = method;
  request.url = url;
  return request;
}

std::string serialize(const Request& request) {
  std::string out;
  append_text(out, request.method_name);
  out += ' ';
  append_text(out, request.url);
  out += ' ';
  append_text(out, request.version);
  out += "\r\n";
  append_headers_and_body(out, request.headers, request.body, request.is_http());
  return out;
}

std::string serialize(const Response& response) {
  std::string out;
  append_text(out, response.version);
  out += ' ' + std::to_string(static_cast<unsigned>(response.status)) + ' ';
  append_text(out, response.reason.empty() ? reason(response.status) : std::string_view{response.reason});
  out += "\r\n";
  append_headers_and_body(out, response.headers, response.body, response.is_http());
  return out;
}

}  // namespace lectern::rtsp
