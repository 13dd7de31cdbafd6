#include <array>
#include <cmath>

#include "protocol/base/text.h"
#include "protocol/rtsp/clock_time.h"
#include "protocol/rtsp/cseq.h"
#include "protocol/rtsp/key_mgmt.h"
#include "protocol/rtsp/media_type.h"
#include "protocol/rtsp/method.h"
#include "protocol/rtsp/npt_time.h"
#include "protocol/rtsp/option_tags.h"
#include "protocol/rtsp/percent.h"
#include "protocol/rtsp/quoted.h"
#include "protocol/rtsp/range.h"
#include "protocol/rtsp/rtp_info.h"
#include "protocol/rtsp/session_header.h"
#include "protocol/rtsp/smpte_time.h"
#include "protocol/rtsp/speed.h"
#include "protocol/rtsp/transport.h"
#include "protocol/rtsp/tunnel_cookie.h"
#include "protocol/rtsp/url.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using namespace rtsp;
using std::chrono::microseconds;

void transport(Bytes input) {
  const auto specs = parse_transport(as_text(input));
  if (!specs) return;
  ensure(!specs->empty(), "there is at least one alternative");
  for (TransportSpec spec : *specs) {
    if (spec.mode == TransportMode::unsupported) spec.mode = std::nullopt;  // never written
    for (const auto& pair : {spec.client_port, spec.server_port, spec.port, spec.interleaved})
      ensure(!pair || pair->rtp <= pair->rtcp, "pairs do not descend");
    const auto again = parse_transport(serialize(spec));
    ensure(again && again->size() == 1 && again->front() == spec, "an alternative reads back the same");
  }
}

void range(Bytes input) {
  ensure_round_trip(as_text(input), parse_range, write_out);
}

void rtp_info(Bytes input) {
  ensure_round_trip(as_text(input), parse_rtp_info, write_out);
}

void session(Bytes input) {
  ensure_round_trip(as_text(input), parse_session, write_out);
}

void scale(Bytes input) {
  const auto parse = [](std::string_view text) {
    auto value = parse_scale(text);
    ensure(!value || (std::isfinite(*value) && *value != 0), "a Scale is a number, and not zero");
    return value;
  };
  ensure_round_trip(as_text(input), parse, format_scale);
}

void speed(Bytes input) {
  const auto parse = [](std::string_view text) {
    auto value = parse_speed(text);
    ensure(!value || (std::isfinite(*value) && *value > 0), "a Speed is a number above zero");
    return value;
  };
  ensure_round_trip(as_text(input), parse, format_scale);
}

void key_mgmt(Bytes input) {
  ensure_round_trip(as_text(input), parse_key_mgmt, write_out);
}

void cseq(Bytes input) {
  ensure_round_trip(as_text(input), parse_cseq, [](std::uint32_t value) { return std::to_string(value); });
}

void url(Bytes input) {
  const auto parse = [](std::string_view text) {
    auto url = parse_url(text);
    if (url) url->user = url->password = std::nullopt;  // never written
    return url;
  };
  ensure_round_trip(as_text(input), parse, write_out);
  if (const auto read = parse_url(as_text(input))) {
    const Url base = *parse_url("rtsp://user:word@host:8554/x");
    const Url resolved = resolve(*read, base);
    ensure(resolved.path == read->path && !resolved.is_bare(), "a path stays, and has a host");
  }
}

void media_type(Bytes input) {
  ensure_round_trip(as_text(input), parse_media_type, [](const std::string& type) { return type; });
  Headers headers;
  for (const std::string_view line : split(as_text(input), '\n')) headers.add("Accept", line);
  const bool accepted = accepts(headers, "application/sdp");
  headers.add("Accept", "application/sdp;q=0.5");
  ensure(!accepted || accepts(headers, "application/sdp"), "what was accepted stays so");
}

void tags(Bytes input) {
  Headers headers;
  for (const std::string_view line : split(as_text(input), '\n')) headers.add("Require", line);
  const auto read = option_tags(headers, "require");
  const auto again = option_tags(Headers{{"Require", serialize_tags(read)}}, "Require");
  ensure(read == again, "tags read back the same");
}

void cookie(Bytes input) {
  Headers headers;
  for (const std::string_view line : split(as_text(input), '\n')) headers.add("x-sessioncookie", line);
  const auto read = tunnel_cookie(headers);
  if (!read) return;
  ensure(!read->empty() && read->size() <= longest_tunnel_cookie, "a cookie is not empty, and not too long");
  ensure(*tunnel_cookie(Headers{{"X-SessionCookie", *read}}) == *read, "it reads back the same");
}

void methods(Bytes input) {
  const auto read = parse_methods(as_text(input));
  ensure(parse_methods(serialize_methods(read)) == read, "methods read back the same");
}

void npt(Bytes input) {
  ensure_round_trip(as_text(input), parse_npt_time, format_npt_time);
}

void clock(Bytes input) {
  ensure_round_trip(as_text(input), parse_clock_time, format_clock_time);
}

void smpte(Bytes input) {
  for (const SmpteRate rate : {SmpteRate::drop_30, SmpteRate::rate_25}) {
    const auto parse = [rate](std::string_view text) { return parse_smpte_time(text, rate); };
    ensure_round_trip(as_text(input), parse,
                      [rate](microseconds time) { return format_smpte_time(time, rate); });
  }
}

void percent(Bytes input) {
  const auto coded = percent_decode(percent_encode_path(as_text(input)));
  ensure(coded && *coded == as_text(input), "what was encoded decodes to the same");
  if (const auto decoded = percent_decode(as_text(input)))
    ensure(decoded->size() <= input.size(), "decoding does not make it longer");
}

void quoted(Bytes input) {
  if (input.empty()) return;
  const char separator = u8(input[0]) % 2 == 0 ? ',' : ';';
  const auto parts = split_outside_quotes(as_text(input.subspan(1)), separator);
  if (!parts) return;
  std::string joined;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    if (i > 0) joined += separator;
    joined += (*parts)[i];
    ensure(unquote((*parts)[i]).size() <= (*parts)[i].size(), "quotes only go");
  }
  const auto again = split_outside_quotes(joined, separator);
  ensure(again && *again == *parts, "parts that are joined split the same");
}

constexpr std::array targets{
    Target{"rtsp_transport", transport},
    Target{"rtsp_range", range},
    Target{"rtsp_rtp_info", rtp_info},
    Target{"rtsp_session", session},
    Target{"rtsp_scale", scale},
    Target{"rtsp_speed", speed},
    Target{"rtsp_key_mgmt", key_mgmt},
    Target{"rtsp_cseq", cseq},
    Target{"rtsp_url", url},
    Target{"rtsp_media_type", media_type},
    Target{"rtsp_option_tags", tags},
    Target{"rtsp_tunnel_cookie", cookie},
    Target{"rtsp_methods", methods},
    Target{"rtsp_npt_time", npt},
    Target{"rtsp_clock_time", clock},
    Target{"rtsp_smpte_time", smpte},
    Target{"rtsp_percent", percent},
    Target{"rtsp_quoted", quoted},
};

}  // namespace

std::span<const Target> rtsp_header_targets() {
  return targets;
}

}  // namespace lectern::fuzz
