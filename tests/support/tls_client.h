#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_session_st;
struct ssl_st;

namespace lectern::test {

/// The client's side of TLS over a connected socket that blocks, which outlives it. It trusts everyone.
class TlsClient {
 public:
  struct Options {
    int version = 0;          ///< the only one, such as TLS1_2_VERSION; 0: the server chooses
    bool old = false;         ///< allow ciphers and versions that OpenSSL has given up
    bool shake_hands = true;  ///< false: by shake_hands()
    std::shared_ptr<ssl_session_st> session{};  ///< to resume
  };
  /// Throws std::runtime_error with OpenSSL's reason where the handshake fails.
  TlsClient(int fd, const Options& options);
  explicit TlsClient(int fd) : TlsClient(fd, Options()) {}
  ~TlsClient();

  void shake_hands();
  /// False where the peer has gone.
  bool send(std::string_view bytes);
  /// How many bytes were read; 0 at the end of the peer; -1 for none yet: a record that holds no data.
  long receive(char* to, std::size_t size);
  /// Read from the socket, and not received.
  [[nodiscard]] bool has_pending() const;
  std::string read_to_end();
  void say_goodbye();
  /// Whether the end was a close_notify, and not the socket's alone.
  [[nodiscard]] bool was_told_goodbye() const;

  [[nodiscard]] bool resumed() const;
  [[nodiscard]] std::string version() const;
  /// The latest that the server has given a ticket for; for TLS 1.3 only behind the first receive().
  [[nodiscard]] std::shared_ptr<ssl_session_st> session() const;
  /// SHA-256 of the server's certificate, as "AB:CD:…".
  [[nodiscard]] std::string fingerprint() const;
  /// A handshake amid the connection, as TLS 1.2 had it: whether the server takes part.
  bool renegotiates();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lectern::test
