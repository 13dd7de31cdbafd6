#include "tests/support/made_media.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace lectern::test {
namespace fs = std::filesystem;
namespace {

void run_ffmpeg(Words arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-loglevel", "error", "-y"});
  std::vector<char*> argv;
  for (auto& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  int status = -1;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0 ||
      ::waitpid(pid, &status, 0) != pid || status != 0) {
    throw std::runtime_error("ffmpeg could not make " + arguments.back());
  }
}

}  // namespace

fs::path made_media_directory() {
  if (const char* named = std::getenv("LECTERN_SAMPLE_MEDIA")) return named;
#ifdef LECTERN_SAMPLE_MEDIA_DIR
  return LECTERN_SAMPLE_MEDIA_DIR;
#else
  return fs::temp_directory_path() / "lectern-sample-media";
#endif
}

void make_once(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  if (fs::exists(fs::symlink_status(file))) return;
  fs::create_directories(file.parent_path());
  const auto part = file.parent_path() / (".part-" + std::to_string(::getpid()) + file.extension().string());
  write(part);
  fs::rename(part, file);
}

void encode(const fs::path& file, const Words& arguments) {
  make_once(file, [&](const fs::path& part) {
    auto all = arguments;
    all.push_back(part.string());
    run_ffmpeg(all);
  });
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void write_file(const fs::path& file, const std::string& text) {
  make_once(file, [&](const fs::path& part) { std::ofstream(part, std::ios::binary) << text; });
}

}  // namespace lectern::test
