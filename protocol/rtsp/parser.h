#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/rtsp/message.h"

namespace lectern::rtsp {

/// What a peer may send before it is refused with Errc::too_large. Bytes, save for header_count.
struct Limits {
  std::size_t line = 8 * 1024;  ///< start line, or one physical header line, without its end
  std::size_t header_count = 100;
  std::size_t header_block = 32 * 1024;  ///< start line and all header lines
  std::size_t body = 128 * 1024;
};

/// Push parser for one direction of one connection: RTSP messages, the interleaved frames between them, and
/// the heads of HTTP/1.x messages (RTSP tunnelled over HTTP), whose bodies are streams and stay for
/// take_rest().
///
/// The reader fills writable(), says how much with commit(), and calls next() until it gives nullopt. An
/// error is final: the stream has no place to go on from.
class Parser {
 public:
  explicit Parser(Limits limits = {}) : limits_(limits) {}

  /// Room for the next read, at least 1 KiB; empty only where next() was not called for more than a message's
  /// size. Ends the life of the views given so far.
  MutableBytes writable();
  void commit(std::size_t size);
  /// nullopt: more bytes are needed. The payload of an Interleaved is a view that lives until writable().
  /// Errc::invalid for what breaks the format, Errc::too_large for what exceeds the limits.
  Result<std::optional<Message>> next();
  /// Gives back what a burst has taken, where no byte is pending. Ends the life of the views given so far.
  void release_spare();
  /// Between two messages, with not a byte of the next.
  [[nodiscard]] bool idle() const { return stage_ == Stage::between && begin_ == end_; }
  /// The CSeq of the message that failed, where it came before the fault.
  [[nodiscard]] std::optional<std::uint32_t> error_cseq() const { return error_cseq_; }
  /// The message that failed is one of HTTP, and failed behind its start line.
  [[nodiscard]] bool error_is_http() const { return error_is_http_; }
  /// The bytes after the last message, which leave the parser: a tunnel's stream begins there.
  ByteVector take_rest();

 private:
  enum class Stage : std::uint8_t { between, start_line, header, body, failed };

  [[nodiscard]] Bytes pending() const { return Bytes{buffer_}.subspan(begin_, end_ - begin_); }
  [[nodiscard]] std::size_t capacity_limit() const;
  void consume(std::size_t size);
  Error fail(Error error);
  bool skip_to_message();
  std::optional<Interleaved> take_interleaved();
  Result<std::optional<std::string_view>> take_line();
  Status read_start_line(std::string_view line);
  Status read_request_line(std::string_view line);
  Status read_status_line(std::string_view line);
  Status read_header_line(std::string_view line);
  Status finish_headers();
  Headers& headers();
  [[nodiscard]] bool is_http() const;
  Status read_head();
  std::optional<Message> take_message();

  static constexpr std::size_t usual_read = 4096;

  Limits limits_;
  ByteVector buffer_;
  std::size_t begin_ = 0;    // first byte not consumed
  std::size_t end_ = 0;      // one past the last byte committed
  std::size_t scanned_ = 0;  // bytes from begin_ on that hold no line end
  std::size_t read_size_ = usual_read;
  Stage stage_ = Stage::between;
  bool is_response_ = false;
  Request request_;
  Response response_;
  std::size_t block_size_ = 0;
  std::size_t body_size_ = 0;
  Error error_;
  std::optional<std::uint32_t> error_cseq_;
  bool error_is_http_ = false;
};

}  // namespace lectern::rtsp
