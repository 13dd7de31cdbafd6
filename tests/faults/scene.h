#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/faults/fault_server.h"

namespace lectern::test {

/// A server where things fail, one after the other, and somebody who plays live media meanwhile and is to
/// lose nothing. What may be there at once is limited to little, so that what is not given back is missed.
class Scene {
 public:
  /// `witness`: over what it plays; nobody where absent.
  explicit Scene(std::optional<Over> witness, const std::string& config = "");

  FaultServer& server() { return *server_; }
  /// How many calls of a kind `provoke` makes.
  std::int64_t calls(FaultKind kind, const std::function<void()>& provoke);
  /// One point: while `provoke` runs the fault is there. The server answers afterwards.
  void point(const Fault& fault, const std::function<void()>& provoke);
  /// A visit; every request is answered, or the connection ends.
  Visit visit(const std::string& path, Over over);
  /// At the end: the witness has everything, and all that was taken is given back.
  void check_all_is_well();

 private:
  std::unique_ptr<FaultServer> server_;
  std::optional<Player> witness_;
  std::size_t descriptors_ = 0;
};

}  // namespace lectern::test
