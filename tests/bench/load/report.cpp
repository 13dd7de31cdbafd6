#include "tests/bench/load/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lectern::bench {
namespace {

/// More of one core than this, and the reader may have been late.
constexpr double busy_share = 0.9;
constexpr double million = 1e6;

double per(double value, std::uint64_t count) {
  return count == 0 ? 0 : value / static_cast<double>(count);
}

double stream_seconds(const Report& report) {
  return report.seconds * static_cast<double>(report.options.viewers);
}

double resident_per_viewer(const Report& report) {
  const auto grown =
      static_cast<double>(report.server->resident) - static_cast<double>(report.server->resident_before);
  return per(grown, report.options.viewers);
}

nlohmann::json milliseconds(const Spread& spread) {
  return {{"median", spread.median / 1000}, {"p99", spread.p99 / 1000}, {"max", spread.most / 1000}};
}

std::string line(const char* name, const Spread& spread) {
  return fmt::format("{:<22}median {:.2f} ms, 99th {:.2f} ms, most {:.2f} ms\n", name, spread.median / 1000,
                     spread.p99 / 1000, spread.most / 1000);
}

}  // namespace

Spread spread_of(std::vector<std::int64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]);
  };
  return {at(0.5), at(0.99), static_cast<double>(values.back())};
}

bool Report::clean() const {
  return failed == 0 && totals.gaps == 0 && totals.duplicates == 0 && totals.malformed == 0 &&
         playing == viewers;
}

std::string Report::own_limit() const {
  if (own_drops > 0) return fmt::format("{} datagrams were not read in time", own_drops);
  if (own_cpu_seconds > busy_share * seconds)
    return fmt::format("lectern-load itself used {:.0f} % of a core", 100 * own_cpu_seconds / seconds);
  return {};
}

std::string as_json(const Report& report) {
  nlohmann::json json{
      {"viewers", report.viewers},
      {"playing", report.playing},
      {"failed", report.failed},
      {"failure", report.failure},
      {"transport", report.options.carrier == Carrier::udp ? "udp" : "tcp"},
      {"seconds", report.seconds},
      {"packets", report.packets},
      {"bytes", report.bytes},
      {"all_packets", report.totals.packets},
      {"gaps", report.totals.gaps},
      {"lost", report.totals.lost},
      {"duplicates", report.totals.duplicates},
      {"malformed", report.totals.malformed},
      {"start_up_ms", milliseconds(report.start_up_us)},
      {"describe_ms", milliseconds(report.describe_us)},
      {"lateness_ms", milliseconds(report.lateness_us)},
      {"silence_ms", milliseconds(report.silence_us)},
      {"own_drops", report.own_drops},
      {"own_cpu_seconds", report.own_cpu_seconds},
      {"own_limit", report.own_limit()},
      {"clean", report.clean()},
  };
  if (const auto& server = report.server) {
    json["server"] = {{"cpu_seconds", server->cpu_seconds},
                      {"cpu_us_per_packet", per(server->cpu_seconds * million, report.packets)},
                      {"cpu_ms_per_stream_second", server->cpu_seconds * 1000 / stream_seconds(report)},
                      {"resident_before", server->resident_before},
                      {"resident", server->resident},
                      {"resident_per_viewer", resident_per_viewer(report)}};
  }
  return json.dump(2) + "\n";
}

std::string as_line(const Report& report) {
  const nlohmann::json json{{"viewers", report.viewers},
                            {"playing", report.playing},
                            {"failed", report.failed},
                            {"failure", report.failure},
                            {"packets", report.totals.packets},
                            {"lost", report.totals.lost},
                            {"duplicates", report.totals.duplicates},
                            {"malformed", report.totals.malformed},
                            {"own_drops", report.own_drops},
                            {"silence_ms", report.silence_us.most / 1000}};
  return json.dump() + "\n";
}

std::string as_text(const Report& report) {
  const Totals& totals = report.totals;
  std::string text =
      fmt::format("{:<22}{} started, {} received media, {} failed{}{}\n", "viewers", report.viewers,
                  report.playing, report.failed, report.failure.empty() ? "" : ": ", report.failure);
  text += fmt::format("{:<22}{} in {:.1f} s ({:.1f} Mb/s)\n", "packets", report.packets, report.seconds,
                      static_cast<double>(report.bytes) * 8 / million / report.seconds);
  text += fmt::format("{:<22}{} gaps, {} packets missing, {} duplicate, {} malformed, of {}\n", "whole run",
                      totals.gaps, totals.lost, totals.duplicates, totals.malformed, totals.packets);
  text += line("connect to first RTP", report.start_up_us);
  text += line("DESCRIBE", report.describe_us);
  text += line("later than due", report.lateness_us);
  text += line("longest silence", report.silence_us);
  if (const auto& server = report.server) {
    text += fmt::format("{:<22}{:.2f} us a packet, {:.3f} ms a second of a stream, {:.2f} s in all\n",
                        "server's CPU time", per(server->cpu_seconds * million, report.packets),
                        server->cpu_seconds * 1000 / stream_seconds(report), server->cpu_seconds);
    text += fmt::format("{:<22}{:.1f} MiB, before the viewers {:.1f} MiB: {:.1f} KiB a viewer\n",
                        "server's memory", static_cast<double>(server->resident) / 1048576,
                        static_cast<double>(server->resident_before) / 1048576,
                        resident_per_viewer(report) / 1024);
  }
  const std::string limit = report.own_limit();
  text += fmt::format("{:<22}{}\n", "limit",
                      limit.empty() ? fmt::format("not lectern-load ({:.0f} % of a core)",
                                                  100 * report.own_cpu_seconds / report.seconds)
                                    : limit + ": these figures are not the server's alone");
  return text;
}

}  // namespace lectern::bench
