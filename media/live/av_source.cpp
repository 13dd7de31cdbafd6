#include "media/live/av_source.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/allocation_limit.h"
#include "media/ffmpeg/error.h"
#include "media/ffmpeg/options.h"
#include "media/live/live_units.h"
#include "media/live/source_url.h"

namespace lectern::media {
namespace {

constexpr int max_streams = 32;
constexpr std::int64_t probe_bytes = 5'000'000;

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string((time.count() + 999) / 1000) + " s";
}

std::int64_t microseconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string_view scheme_of(std::string_view url) {
  return url.substr(0, std::min(url.find(':'), url.size()));
}

/// What to do where libavformat's own words tell a person little; nullptr where they will do.
const char* in_words(int code) {
  switch (code) {
    case AVERROR_HTTP_BAD_REQUEST:
      return "refuses the request as a bad one (400); check the path in its URL";
    case AVERROR_HTTP_UNAUTHORIZED:
      return "asks for a login (401); check user and password in its URL";
    case AVERROR_HTTP_FORBIDDEN:
      return "lets this user not watch (403)";
    case AVERROR_HTTP_NOT_FOUND:
      return "has no such stream (404); check the path in its URL";
    case AVERROR_HTTP_OTHER_4XX:
      return "refuses (4xx); it may have as many viewers, or give as much bandwidth, as it can";
    case AVERROR_HTTP_SERVER_ERROR:
      return "fails by itself (5xx); it may have to be started anew";
    case AVERROR_INVALIDDATA:
      return "breaks off, or sends what cannot be understood";
    case AVERROR(EPROTONOSUPPORT):
    case AVERROR_PROTOCOL_NOT_FOUND:
      return "leads to a protocol that is not among those allowed";
    default:
      return nullptr;
  }
}

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string AvSource::name() const {
  return without_credentials(options_.url);
}

/// Holds back what a server gives as fast as it can (a file, the segments of a playlist), so that viewers get
/// it at the time it has. A thousandth faster, so that a clock that is quicker than ours is followed.
class Pacer {
 public:
  explicit Pacer(const std::string& url) : paced_(scheme_of(url).starts_with("http")) {}

  /// When the unit is to be given, CLOCK_MONOTONIC.
  std::int64_t due(const Unit& unit) {
    constexpr std::int64_t lead = 500'000, longest = 60'000'000;
    const std::int64_t now = av_gettime_relative();
    if (!paced_) return now;
    const auto target = [&] { return begun_us_ + (unit.dts - first_) - (unit.dts - first_) / 1000; };
    if (begun_us_ == 0 || std::abs(target() - now) > longest) {
      begun_us_ = now;
      first_ = unit.dts;
    }
    return target() - lead;
  }

 private:
  const bool paced_;
  std::int64_t begun_us_ = 0;  // 0: not yet
  MediaTime first_ = 0;
};

/// One connection to the source.
class AvSource::Pull {
 public:
  Pull(const AvSourceOptions& options, std::string name, SourceHost& host)
      : options_(options), name_(std::move(name)), host_(host) {}

  Status open();
  Error give();

 private:
  static int interrupt(void* opaque) {
    const auto& self = *static_cast<const Pull*>(opaque);
    return self.host_.stopping() || av_gettime_relative() > self.deadline_us_;
  }
  void allow(std::chrono::milliseconds time) { deadline_us_ = av_gettime_relative() + microseconds(time); }
  Error failure(int code, const std::string& late) const {
    // What was interrupted may be told by a later call.
    if (av_gettime_relative() > deadline_us_ || code == AVERROR(ETIMEDOUT) || code == AVERROR_EXIT)
      return {Errc::io, name_ + ": " + late};
    Error error = av_error(code, name_);
    if (const char* words = in_words(code)) error.message = name_ + ": " + words;
    return error;
  }
  Error open_failure(int code, const std::string& late) const {
    // What was open until now comes to an end; what never was has broken off.
    if (code == AVERROR_EOF && av_gettime_relative() <= deadline_us_ && !host_.stopping())
      return {Errc::io, name_ + ": closes the connection in place of an answer"};
    if (code == AVERROR(ENOMEM))
      return {Errc::too_large, name_ + ": its answer is larger than anything has to be"};
    // FFmpeg's word for a name that does not resolve.
    if (code == AVERROR(EIO) && av_gettime_relative() <= deadline_us_)
      return {Errc::io, name_ + ": cannot be reached (Input/output error); check the host in its URL"};
    return failure(code, late);
  }
  [[nodiscard]] Options options() const;
  [[nodiscard]] std::chrono::milliseconds first_patience() const;

  const AvSourceOptions& options_;
  const std::string name_;
  SourceHost& host_;
  std::int64_t deadline_us_ = 0;
  Detour detour_;  // the context's last words go by it
  InputContext context_;
  TrackSelection selection_;
};

Options AvSource::Pull::options() const {
  Options options;
  options.set("protocol_whitelist", options_.protocols);
  const std::string_view scheme = scheme_of(options_.url);
  if (scheme.starts_with("rtsp")) {
    if (!options_.transport.empty()) options.set("rtsp_transport", options_.transport);
    // Order is restored for so long, at most.
    options.set("max_delay", "300000");
    options.set("timeout", std::to_string(microseconds(first_patience())));
  } else if (scheme == "udp") {
    options.set("fifo_size", "20000");
    options.set("overrun_nonfatal", "1");
  } else {
    options.set("rw_timeout", std::to_string(microseconds(options_.read_timeout)));
  }
  for (const auto& [key, value] : options_.more) options.set(key, value);
  return options;
}

/// How long nothing may come at first. libavformat asks by TCP where by UDP nothing came for so long, which
/// leaves time for that, too.
std::chrono::milliseconds AvSource::Pull::first_patience() const {
  return options_.transport.empty() ? std::min(options_.read_timeout, options_.open_timeout / 3)
                                    : options_.read_timeout;
}

Status AvSource::Pull::open() {
  const std::string scheme(scheme_of(options_.url));
  if (!lists(options_.protocols, scheme))
    return Error{Errc::denied, name_ + ": the protocol " + scheme + " is not among those allowed"};
  limit_allocations();
  allow(options_.open_timeout);
  if (options_.before) {
    auto detour = options_.before([this] { return interrupt(this) != 0; });
    if (!detour) return Error{detour.error().code, name_ + ": " + detour.error().message};
    if (*detour) detour_ = **std::move(detour);
  }
  AVFormatContext* context = avformat_alloc_context();
  if (!context) return Error{Errc::internal, "out of memory"};
  context->interrupt_callback = {interrupt, this};
  context->max_streams = max_streams;
  context->max_analyze_duration = microseconds(options_.analyze);
  context->probesize = probe_bytes;
  // The frame rate is nothing to wait for.
  context->fps_probe_size = 0;
  Options options = this->options();
  if (!detour_.url.empty()) {
    // The only way there is.
    options.set("protocol_whitelist", "rtp,tcp");
    options.set("rtsp_transport", "tcp");
  }
  const std::string& url = detour_.url.empty() ? options_.url : detour_.url;
  // Frees the context where it fails.
  int code = avformat_open_input(&context, url.c_str(), nullptr, options.get());
  if (code < 0) return open_failure(code, "does not answer within " + seconds(options_.open_timeout));
  context_.reset(context);
  code = avformat_find_stream_info(context, nullptr);
  if (code < 0 || interrupt(this))
    return open_failure(code, "sends nothing that tells its format within " + seconds(options_.open_timeout));
  if (context->priv_data && scheme.starts_with("rtsp"))
    av_opt_set_int(context->priv_data, "timeout", microseconds(options_.read_timeout), 0);
  auto selection = select_tracks(*context, name_, host_.max_payload());
  if (!selection) {
    std::string why = selection.error().message;
    for (unsigned i = 0; i < context->nb_streams; ++i)
      if (const auto format = track_format(*context->streams[i], host_.max_payload()); !format)
        why += "; stream " + std::to_string(i) + ": " + format.error().message;
    return Error{selection.error().code, std::move(why)};
  }
  selection_ = *std::move(selection);
  return {};
}

Error AvSource::Pull::give() {
  const AVDictionaryEntry* title = av_dict_get(context_->metadata, "title", nullptr, 0);
  host_.begin(selection_, title ? title->value : "");
  LiveUnits units(*context_, selection_);
  Pacer pacer(options_.url);
  // A damaged stretch may be passed by reading on.
  constexpr unsigned tolerated = 64;
  unsigned failures = 0;
  while (!host_.stopping()) {
    Packet packet(av_packet_alloc());
    if (!packet) return {Errc::internal, "out of memory"};
    allow(options_.read_timeout);
    if (const int code = av_read_frame(context_.get(), packet.get()); code < 0) {
      if (code == AVERROR(EAGAIN) || (code == AVERROR_INVALIDDATA && ++failures < tolerated)) {
        if (!host_.sleep_until(av_gettime_relative() + 10'000)) break;
        continue;
      }
      return failure(code, "has sent nothing for " + seconds(options_.read_timeout));
    }
    failures = 0;
    units.push(std::move(packet));
    while (auto next = units.pop()) {
      if (!host_.sleep_until(pacer.due(next->unit))) break;
      host_.take(*std::move(next));
    }
  }
  return {Errc::end, "stopped"};
}

Error AvSource::run(SourceHost& host) {
  Pull pull(options_, name(), host);
  if (Status opened = pull.open(); !opened) return std::move(opened).error();
  return pull.give();
}

}  // namespace lectern::media
