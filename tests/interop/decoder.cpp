#include "tests/interop/decoder.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "tests/support/socket.h"

namespace lectern::test {

std::uint16_t free_port() {
  const auto address = Address::of("127.0.0.1", 0);
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.fd(), address.raw(), address.size) == 0);
  return local_port(socket);
}

bool eventually(const std::function<bool()>& done, std::chrono::seconds patience) {
  for (const auto deadline = Clock::now() + patience; !done(); std::this_thread::sleep_for(milliseconds(20)))
    if (Clock::now() > deadline) return false;
  return true;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::vector<std::string> picture_hashes(const std::string& framemd5) {
  std::istringstream lines(framemd5);
  std::vector<std::string> hashes;
  constexpr std::size_t size = 32;
  for (std::string line; std::getline(lines, line);)
    // The last line may be half written.
    if (line.starts_with("0, ") && line.size() > size && line[line.size() - size - 1] == ' ')
      hashes.push_back(line.substr(line.size() - size));
  return hashes;
}

Decoder::Decoder(const std::string& url)
    : program_(words("ffmpeg -nostdin -nostats -v warning -rtsp_transport tcp -i " + url + at_one_size +
                     "-flush_packets 1 -f framemd5 -")) {}

std::string Decoder::said() const {
  std::istringstream lines(program_.output());
  std::string all;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#' && !line.starts_with("0, ")) all += line + '\n';
  return all;
}

}  // namespace lectern::test
