#pragma once

#include <sys/types.h>

#include "tests/support/made_media.h"

namespace lectern::test {

/// A program that runs beside the test, without a word, until it is stopped or the object goes.
class BackgroundProgram {
 public:
  /// Throws std::runtime_error where it cannot be started.
  explicit BackgroundProgram(Words command);
  ~BackgroundProgram() { stop(); }
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  void send(int signal) const;
  void stop();

 private:
  pid_t pid_ = -1;
};

}  // namespace lectern::test
