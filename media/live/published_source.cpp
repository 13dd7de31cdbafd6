#include "media/live/published_source.h"

#include <algorithm>
#include <array>
#include <new>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/allocation_limit.h"
#include "media/ffmpeg/error.h"
#include "media/ffmpeg/options.h"
#include "media/live/live_units.h"
#include "media/live/unfinished_pictures.h"

namespace lectern::media {
namespace {

constexpr std::chrono::milliseconds longest_nap{100};
/// Order is restored for so long, and over so many packets, at most.
constexpr const char *longest_reordering_us = "300000", *most_reordered = "256";
constexpr std::int64_t longest_analysis_us = 2'000'000, probe_bytes = 5'000'000;
constexpr int io_buffer_size = 32 * 1024;
/// What FFmpeg writes where a stream has no name.
constexpr std::string_view nameless = "No Name";

std::int64_t microseconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

void Publication::end(std::string_view why) {
  try {
    const std::lock_guard lock(mutex_);
    if (why_.empty()) why_ = why;
  } catch (const std::bad_alloc&) {
    // Who reads it is not to wait for ever.
  }
  packets_.close();
}

std::string Publication::why_ended() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

void PublishPoint::publish(std::shared_ptr<Publication> publication) {
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(publication);
  }
  changed_.notify_all();
}

std::shared_ptr<Publication> PublishPoint::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto is_there = [this] { return current_ && !current_->packets().closed(); };
  return changed_.wait_for(lock, patience, is_there) ? current_ : nullptr;
}

/// libavformat's demuxer for SDP, whose packets come from the queue.
class PublishedSource::Reading {
 public:
  Reading(Publication& publication, SourceHost& host, std::chrono::milliseconds patience)
      : publication_(publication), host_(host), patience_(patience), unfinished_(publication.sdp()) {}

  Status open();
  Error give();

 private:
  static int interrupt(void* opaque) {
    const auto& self = *static_cast<const Reading*>(opaque);
    return self.host_.stopping() || (self.deadline_us_ != 0 && av_gettime_relative() > self.deadline_us_);
  }
  static int read_sdp(void* opaque, std::uint8_t* to, int size);
  static int read_packet(void* opaque, std::uint8_t* to, int size);
  // Its receiver reports: who received the packets sends them.
  static int write_report(void* /*opaque*/, std::uint8_t* /*bytes*/, int size) { return size; }

  using ReadFunction = int (*)(void*, std::uint8_t*, int);
  IoContext make_io(ReadFunction read, bool writes);
  [[nodiscard]] Error failure(int code) const;

  Publication& publication_;
  SourceHost& host_;
  const std::chrono::milliseconds patience_;
  std::int64_t deadline_us_ = 0;  // 0: none
  std::size_t sdp_read_ = 0;
  UnfinishedPictures unfinished_;
  bool ended_ = false;  // the demuxer knows that no more packets come
  IoContext sdp_io_, packet_io_;
  InputContext context_;  // before what it reads from
  TrackSelection selection_;
};

int PublishedSource::Reading::read_sdp(void* opaque, std::uint8_t* to, int size) {
  auto& self = *static_cast<Reading*>(opaque);
  const std::string_view rest = std::string_view(self.publication_.sdp()).substr(self.sdp_read_);
  const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(size));
  if (count == 0) return AVERROR_EOF;
  std::copy_n(rest.data(), count, to);
  self.sdp_read_ += count;
  return static_cast<int>(count);
}

/// One RTP or RTCP packet a call.
int PublishedSource::Reading::read_packet(void* opaque, std::uint8_t* to, int size) {
  auto& self = *static_cast<Reading*>(opaque);
  if (interrupt(opaque)) return AVERROR_EXIT;
  PacketQueue& packets = self.publication_.packets();
  self.ended_ = packets.closed();  // asked first: what came before it closed is still to be read
  const Bytes packet = packets.front(longest_nap);
  if (packet.empty()) return self.ended_ ? AVERROR_EOF : AVERROR(EAGAIN);
  self.ended_ = false;
  self.unfinished_.see(packet);
  const std::size_t count = std::min(packet.size(), static_cast<std::size_t>(size));
  std::copy_n(reinterpret_cast<const std::uint8_t*>(packet.data()), count, to);
  packets.pop();
  return static_cast<int>(count);
}

IoContext PublishedSource::Reading::make_io(ReadFunction read, bool writes) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(io_buffer_size));
  if (!buffer) return nullptr;
  IoContext io(avio_alloc_context(buffer, io_buffer_size, writes, this, read, writes ? write_report : nullptr,
                                  nullptr));
  if (!io) av_free(buffer);
  return io;
}

Error PublishedSource::Reading::failure(int code) const {
  if (code == AVERROR_EOF) return {Errc::io, publication_.publisher() + ": " + publication_.why_ended()};
  if (code == AVERROR_EXIT || interrupt(const_cast<Reading*>(this)))
    return {Errc::io, publication_.publisher() + " sends nothing that tells its formats"};
  return av_error(code, publication_.publisher());
}

Status PublishedSource::Reading::open() {
  limit_allocations();
  sdp_io_ = make_io(read_sdp, false);
  // libavformat reads packet by packet only from what it could write to as well (avio_read_partial()).
  packet_io_ = make_io(read_packet, true);
  AVFormatContext* context = avformat_alloc_context();
  if (!context || !sdp_io_ || !packet_io_) {
    avformat_free_context(context);
    return Error{Errc::internal, "out of memory"};
  }
  context->interrupt_callback = {interrupt, this};
  context->max_analyze_duration = longest_analysis_us;
  context->probesize = probe_bytes;
  // The frame rate is nothing to wait for.
  context->fps_probe_size = 0;
  context->pb = sdp_io_.get();
  Options options;
  options.set("sdp_flags", "custom_io");
  options.set("max_delay", longest_reordering_us);
  options.set("reorder_queue_size", publication_.reordered() ? most_reordered : "0");
  // Frees the context where it fails.
  int code = avformat_open_input(&context, "", av_find_input_format("sdp"), options.get());
  if (code < 0) return failure(code);
  context_.reset(context);
  context->pb = packet_io_.get();
  deadline_us_ = av_gettime_relative() + microseconds(patience_);
  code = avformat_find_stream_info(context, nullptr);
  if (code < 0 || interrupt(this)) return failure(code < 0 ? code : AVERROR_EXIT);
  deadline_us_ = 0;
  auto selection = select_tracks(*context, publication_.publisher(), host_.max_payload());
  if (!selection) return std::move(selection).error();
  selection_ = *std::move(selection);
  return {};
}

Error PublishedSource::Reading::give() {
  const AVDictionaryEntry* title = av_dict_get(context_->metadata, "title", nullptr, 0);
  host_.begin(selection_, title && title->value != nameless ? title->value : "");
  LiveUnits units(*context_, selection_);
  while (!host_.stopping()) {
    Packet packet(av_packet_alloc());
    if (!packet) return {Errc::internal, "out of memory"};
    const int code = av_read_frame(context_.get(), packet.get());
    // Who publishes lives by the rules of RTSP, and may be silent as long as these let it be.
    if (code == AVERROR(EAGAIN) || code == AVERROR_INVALIDDATA) continue;
    if (code < 0) return failure(code);
    // What a parser gives at the end, where the publisher broke off within a picture, is half of one.
    if (ended_ && unfinished_.contains(static_cast<std::size_t>(packet->stream_index))) continue;
    units.push(std::move(packet));
    while (auto unit = units.pop()) host_.take(*std::move(unit));
  }
  return {Errc::end, "stopped"};
}

std::string PublishedSource::name() const {
  return read_ && !read_->packets().closed() ? read_->publisher() : "a publisher";
}

Error PublishedSource::run(SourceHost& host) {
  std::shared_ptr<Publication> next;
  while (!next) {
    if (host.stopping()) return {Errc::end, "stopped"};
    next = point_->wait(longest_nap);
  }
  // What has come since it failed is no more of the present.
  if (next == read_) next->packets().clear();
  read_ = next;
  Reading reading(*next, host, patience_);
  if (Status opened = reading.open(); !opened) return std::move(opened).error();
  return reading.give();
}

}  // namespace lectern::media
