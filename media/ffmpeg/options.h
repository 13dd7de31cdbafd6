#pragma once

#include <string>

struct AVDictionary;

namespace lectern::media {

/// Options for FFmpeg, which takes out what it knew.
class Options {
 public:
  Options() = default;
  ~Options();
  Options(Options&& other) noexcept;
  Options& operator=(Options&&) = delete;

  void set(const std::string& key, const std::string& value);
  /// For a call that takes options.
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

}  // namespace lectern::media
