#pragma once

#include <memory>
#include <string>

#include "media/ffmpeg/handles.h"
#include "protocol/base/result.h"

struct AVFilterContext;
struct AVFilterGraph;

namespace lectern::media {

/// A chain of libavfilter filters that ends in one output, with or without an input.
class FilterGraph {
 public:
  /// `chain` in libavfilter's syntax, whose open output is the graph's. Errc::unsupported where this FFmpeg
  /// lacks a filter of it, or one refuses its options.
  static Result<FilterGraph> source(const std::string& chain, bool video);
  /// The same for frames that are fed: `input` describes them, as the buffer filter's options do.
  static Result<FilterGraph> video_filter(const std::string& input, const std::string& chain);

  Status feed(AVFrame& frame);
  /// The next frame; Errc::end where there is none now.
  Result<Frame> next();
  [[nodiscard]] const AVFilterContext& output() const { return *sink_; }

 private:
  struct Delete {
    void operator()(AVFilterGraph* graph) const;
  };
  static Result<FilterGraph> make(const std::string& input, const std::string& chain, bool video);

  std::unique_ptr<AVFilterGraph, Delete> graph_;
  AVFilterContext* input_ = nullptr;
  AVFilterContext* sink_ = nullptr;
};

}  // namespace lectern::media
