#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media/unit.h"

namespace lectern::media {

/// From `position` in the file on a track has another codec configuration than the one it was announced with:
/// recorders that change their encoder write it in the middle (a second sequence header in FLV).
struct ConfigurationChange {
  std::int64_t position = 0;  ///< bytes
  std::uint8_t track = 0;
  Configuration configuration;
};

/// In the order of the file.
using ConfigurationChanges = std::vector<ConfigurationChange>;

/// Follows the configurations of all tracks while a file is read.
class Configurations {
 public:
  /// Names in `unit` the configuration that it needs. A file that was read through says it for any position;
  /// else the demuxer says it with the first packet that has another one than the packet before.
  void apply(Unit& unit, const ConfigurationChanges* known);
  /// Adds to `changes` what `unit` begins with, where it is new.
  static void note(const Unit& unit, std::shared_ptr<const ConfigurationChanges>& changes);
  /// For a demuxer that was just opened.
  void restart() { newest_.clear(); }

 private:
  std::vector<Configuration> newest_;  // of each track
};

}  // namespace lectern::media
