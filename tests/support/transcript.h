#pragma once

#include <string>
#include <string_view>

namespace lectern::test {

/// What went over the wire in the running test case, by the calling thread: printed when it fails, so that a
/// failure explains itself.
class Transcript {
 public:
  static Transcript& current();

  void clear() { text_.clear(); }
  void sent(std::string_view who, std::string_view bytes);
  void received(std::string_view who, std::string_view bytes);
  void note(std::string_view line);
  const std::string& text() const { return text_; }

 private:
  void add(std::string_view mark, std::string_view who, std::string_view bytes);
  std::string text_;
};

/// Control characters and bytes beyond ASCII as `\x..`, capped at `most` characters.
std::string printable(std::string_view bytes, std::size_t most = 2000);

}  // namespace lectern::test
