#include "media/ffmpeg/filter_graph.h"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
}

#include "media/ffmpeg/error.h"

namespace lectern::media {
namespace {

struct FreePads {
  void operator()(AVFilterInOut* pads) const { avfilter_inout_free(&pads); }
};
using Pads = std::unique_ptr<AVFilterInOut, FreePads>;

Pads pads_of(const char* name, AVFilterContext* filter) {
  Pads pads(avfilter_inout_alloc());
  if (!pads) return pads;
  pads->name = av_strdup(name);
  pads->filter_ctx = filter;
  return pads;
}

}  // namespace

void FilterGraph::Delete::operator()(AVFilterGraph* graph) const {
  avfilter_graph_free(&graph);
}

Result<FilterGraph> FilterGraph::source(const std::string& chain, bool video) {
  return make({}, chain, video);
}

Result<FilterGraph> FilterGraph::video_filter(const std::string& input, const std::string& chain) {
  return make(input, chain, true);
}

Result<FilterGraph> FilterGraph::make(const std::string& input, const std::string& chain, bool video) {
  FilterGraph made;
  made.graph_.reset(avfilter_graph_alloc());
  if (!made.graph_) return Error{Errc::internal, "out of memory"};
  AVFilterGraph* graph = made.graph_.get();
  // The loops need the cores.
  graph->nb_threads = 1;
  int code = 0;
  if (!input.empty()) {
    code = avfilter_graph_create_filter(&made.input_, avfilter_get_by_name("buffer"), "in", input.c_str(),
                                        nullptr, graph);
    if (code < 0) return av_error(code, "filter " + input);
  }
  code = avfilter_graph_create_filter(&made.sink_, avfilter_get_by_name(video ? "buffersink" : "abuffersink"),
                                      "out", nullptr, nullptr, graph);
  if (code < 0) return av_error(code, "filter");
  Pads outputs = made.input_ ? pads_of("in", made.input_) : nullptr;
  Pads inputs = pads_of("out", made.sink_);
  AVFilterInOut *open_in = inputs.release(), *open_out = outputs.release();
  code = avfilter_graph_parse_ptr(graph, chain.c_str(), &open_in, &open_out, nullptr);
  inputs.reset(open_in);
  outputs.reset(open_out);
  if (code >= 0) code = avfilter_graph_config(graph, nullptr);
  if (code < 0) return unsupported(av_error(code, "filter " + chain).message);
  return made;
}

Status FilterGraph::feed(AVFrame& frame) {
  const int code = av_buffersrc_add_frame_flags(input_, &frame, AV_BUFFERSRC_FLAG_KEEP_REF);
  if (code < 0) return av_error(code, "filter");
  return {};
}

Result<Frame> FilterGraph::next() {
  Frame frame(av_frame_alloc());
  if (!frame) return Error{Errc::internal, "out of memory"};
  const int code = av_buffersink_get_frame(sink_, frame.get());
  if (code == AVERROR(EAGAIN)) return Error{Errc::end, "no frame now"};
  if (code < 0) return av_error(code, "filter");
  return frame;
}

}  // namespace lectern::media
