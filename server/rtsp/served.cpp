#include "server/rtsp/served.h"

#include <algorithm>

#include "server/config/changes.h"

namespace lectern::server {

Served::Served(const Config& configuration, media::Log log)
    : config(configuration),
      paths(config.roots),
      access(std::make_shared<Access>(config)),
      live(config, std::move(log)),
      multicast(std::make_shared<MulticastGroups>(config)) {
  for (std::size_t i = 0; i < config.roots.size(); ++i) numbers.push_back(next_number++);
}

Served::Served(const Config& configuration, Served& before, media::Log log)
    : config(configuration),
      paths(config.roots),
      access(std::make_shared<Access>(config, *before.access)),
      live(config, std::move(log)),
      multicast(std::make_shared<MulticastGroups>(config, *before.multicast,
                                                  roots_going_on(before.config, config))),
      next_number(before.next_number) {
  const auto going_on = roots_going_on(before.config, config);
  for (const auto& root : going_on) numbers.push_back(root ? before.numbers[*root] : next_number++);
  live.start(before.live, going_on);
}

bool Served::serves(std::uint64_t number) const {
  return number == 0 || std::ranges::find(numbers, number) != numbers.end();
}

std::optional<std::string_view> Served::name_of(std::uint64_t number) const {
  const auto found = std::ranges::find(numbers, number);
  if (found == numbers.end()) return std::nullopt;
  return config.roots[static_cast<std::size_t>(found - numbers.begin())].name;
}

bool Served::has_name(std::string_view name) const {
  return std::ranges::find(config.roots, name, &PathRoot::name) != config.roots.end();
}

}  // namespace lectern::server
