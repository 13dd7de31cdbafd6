#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "tests/support/words.h"

namespace lectern::test {

/// Where made media is kept between runs: LECTERN_SAMPLE_MEDIA, else in the build directory.
std::filesystem::path made_media_directory();

/// Calls `write` with another name beside `file`, which gets its own name once it is whole, so that a stopped
/// run leaves nothing half made. Nothing happens where the file is there already.
void make_once(const std::filesystem::path& file,
               const std::function<void(const std::filesystem::path&)>& write);
/// What the `ffmpeg` program makes of `arguments`, which lack the name of the output.
void encode(const std::filesystem::path& file, const Words& arguments);
void write_file(const std::filesystem::path& file, const std::string& text);
std::string content(const std::filesystem::path& file);

}  // namespace lectern::test
