#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/socket.h"

namespace lectern::test {

/// A UDP port that has joined a multicast group on the loopback interface.
class GroupSocket {
 public:
  /// Throws std::runtime_error where the system does not let it.
  GroupSocket(const std::string& group, std::uint16_t port);

  std::optional<std::string> receive(milliseconds timeout = milliseconds(2000)) const;
  /// To all who have joined, from 127.0.0.1 or ::1.
  void send(std::string_view bytes) const;

 private:
  Address address_;
  Socket socket_, sender_;
};

/// A range of 250 groups that no other process here uses: "239.x.y.0/24"; group(1) is its "239.x.y.1".
struct GroupRange {
  GroupRange();
  std::string network() const { return first_three + "0/24"; }
  std::string group(int number) const { return first_three + std::to_string(number); }

  std::string first_three;
};

}  // namespace lectern::test
