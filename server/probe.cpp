#include "server/probe.h"

#include <fmt/format.h>

#include <future>
#include <iostream>
#include <nlohmann/json.hpp>

#include "media/description.h"
#include "media/ffmpeg/log.h"
#include "media/library.h"
#include "server/cli/command.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

using Json = nlohmann::ordered_json;

Result<std::shared_ptr<media::Asset>> open(media::Library& library, const std::string& file) {
  std::promise<Result<std::shared_ptr<media::Asset>>> opened;
  library.open(file, "",
               [&](Result<std::shared_ptr<media::Asset>> asset) { opened.set_value(std::move(asset)); });
  auto asset = opened.get_future().get();
  if (!asset) return asset;
  // A figure that is printed is to be the exact one: wait for the scan.
  std::promise<void> indexed;
  (*asset)->find_segment(INT64_MAX, [&](std::size_t) { indexed.set_value(); });
  indexed.get_future().wait();
  return asset;
}

Json describe_track(const media::Track& track) {
  Json json{{"control", track.control},           {"stream", track.stream},
            {"media", track.format.media},        {"encoding", track.format.encoding},
            {"payload_type", track.payload_type}, {"clock_rate", track.format.clock_rate}};
  if (track.format.channels > 0) json["channels"] = track.format.channels;
  if (!track.format.fmtp.empty()) json["fmtp"] = track.format.fmtp;
  if (!track.language.empty()) json["language"] = track.language;
  if (track.bit_rate > 0) json["bit_rate"] = track.bit_rate;
  if (track.frame_rate > 0) json["frame_rate"] = track.frame_rate;
  return json;
}

Json describe_asset(const media::Asset& asset) {
  Json json{{"file", asset.file().path()},
            {"container", asset.container()},
            {"duration", static_cast<double>(asset.duration()) / 1e6},
            {"segments", asset.segment_count()},
            {"tracks", Json::array()},
            {"left_out", Json::array()},
            {"sdp", sdp::serialize(media::describe(asset))}};
  for (const media::Track& track : asset.tracks()) json["tracks"].push_back(describe_track(track));
  for (const media::LeftOut& left_out : asset.left_out())
    json["left_out"].push_back(
        {{"stream", left_out.stream}, {"codec", left_out.codec}, {"reason", left_out.reason}});
  return json;
}

void print(const media::Asset& asset) {
  std::cout << fmt::format("{}: {}, {:.3f} s, {} segments\n", escape(asset.file().path()), asset.container(),
                           static_cast<double>(asset.duration()) / 1e6, asset.segment_count());
  for (const media::Track& track : asset.tracks())
    std::cout << fmt::format("  {}: {} {}/{}{}, payload type {}{}{}\n", track.control, track.format.media,
                             track.format.encoding, track.format.clock_rate,
                             track.format.channels > 0 ? fmt::format("/{}", track.format.channels) : "",
                             track.payload_type, track.language.empty() ? "" : ", " + escape(track.language),
                             track.bit_rate > 0 ? fmt::format(", {} kb/s", track.bit_rate / 1000) : "");
  for (const media::LeftOut& left_out : asset.left_out())
    std::cout << fmt::format("  stream {} ({}) is not servable: {}\n", left_out.stream, left_out.codec,
                             left_out.reason);
  std::cout << '\n' << sdp::serialize(media::describe(asset));
}

}  // namespace

int run_probe(const ProbeOptions& options) {
  media::route_log({});
  media::Library library({});
  const auto asset = open(library, options.file.string());
  if (!asset) {
    if (options.json)
      std::cout << Json{{"file", options.file.string()}, {"error", asset.error().message}}.dump(2) << '\n';
    std::cerr << "lectern: " << escape(asset.error().message, 1000) << '\n';
    return exit_failure;
  }
  if (options.json)
    // What strangers wrote into a file need not be UTF-8.
    std::cout << describe_asset(**asset).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  else
    print(**asset);
  return exit_ok;
}

}  // namespace lectern::server
