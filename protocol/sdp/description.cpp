#include "protocol/sdp/description.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::sdp {

namespace {

std::vector<std::string_view> fields(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

Error bad_line(char type, std::string_view value) {
  constexpr std::size_t shown = 80;
  return invalid("malformed SDP line " + std::string(1, type) + "=" + std::string(value.substr(0, shown)));
}

Result<Connection> parse_connection(std::string_view value) {
  const auto parts = fields(value);
  if (parts.size() != 3) return bad_line('c', value);
  return Connection{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

std::optional<Bandwidth> parse_bandwidth(std::string_view value) {
  const auto parts = split_once(value, ':');
  if (!parts) return std::nullopt;
  const std::string_view type = trim(parts->first);
  const auto number = parse_number<std::uint64_t>(trim(parts->second));
  if (!number || type.empty() || type.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return Bandwidth{std::string(type), *number};
}

std::optional<Attribute> parse_attribute(std::string_view line) {
  const auto parts = split_once(line, ':');
  Attribute attribute{std::string(parts ? parts->first : line), std::string(parts ? parts->second : "")};
  if (attribute.name.empty()) return std::nullopt;
  return attribute;
}

std::optional<Origin> parse_origin(std::string_view value) {
  const auto parts = fields(value);
  if (parts.size() != 6) return std::nullopt;
  return Origin{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                std::string(parts[3]), std::string(parts[4]), std::string(parts[5])};
}

std::optional<Time> parse_time(std::string_view value) {
  const auto parts = fields(value);
  if (parts.size() != 2) return std::nullopt;
  const auto start = parse_number<std::uint64_t>(parts[0]);
  const auto stop = parse_number<std::uint64_t>(parts[1]);
  if (!start || !stop) return std::nullopt;
  return Time{*start, *stop};
}

Result<Media> parse_media(std::string_view value) {
  const auto parts = fields(value);
  if (parts.size() < 4) return bad_line('m', value);
  Media media;
  media.media = parts[0];
  const auto ports = split_once(parts[1], '/');
  const auto port = parse_number<std::uint16_t>(ports ? ports->first : parts[1]);
  const auto count = parse_number<std::uint16_t>(ports ? ports->second : "1");
  if (!port || !count || *count == 0) return bad_line('m', value);
  media.port = *port;
  media.port_count = *count;
  media.profile = parts[2];
  media.formats.assign(parts.begin() + 3, parts.end());
  return media;
}

class Parser {
 public:
  explicit Parser(const Limits& limits) : limits_(limits) {}

  Status line(std::string_view text);
  Result<SessionDescription> finish() &&;

 private:
  Status connection(std::string_view value);
  void information(std::string_view value);
  Status media(std::string_view value);

  const Limits& limits_;
  SessionDescription description_;
  Media* media_ = nullptr;
  std::size_t lines_ = 0;
};

Status Parser::line(std::string_view text) {
  if (text.size() > limits_.line) return Error{Errc::too_large, "SDP line too long"};
  if (++lines_ > limits_.lines) return Error{Errc::too_large, "too many SDP lines"};
  if (text.size() < 2 || text[1] != '=') return invalid("SDP line is not of the form x=value");
  const char type = text[0];
  const std::string_view value = text.substr(2);
  if (lines_ == 1 && (type != 'v' || trim(value) != "0")) return invalid("SDP does not begin with v=0");
  switch (type) {
    case 'o':
      if (auto origin = parse_origin(value)) description_.origin = *std::move(origin);
      break;
    case 's':
      if (!media_) description_.name = trim(value).empty() || trim(value) == "-" ? "" : value;
      break;
    case 'i':
      information(value);
      break;
    case 'c':
      return connection(value);
    case 'b':
      if (auto bandwidth = parse_bandwidth(value))
        (media_ ? media_->bandwidths : description_.bandwidths).push_back(*std::move(bandwidth));
      break;
    case 't':
      if (const auto time = parse_time(value)) description_.time = *time;
      break;
    case 'a':
      if (auto attribute = parse_attribute(value))
        (media_ ? media_->attributes : description_.attributes).push_back(*std::move(attribute));
      break;
    case 'm':
      return media(value);
    default:
      break;
  }
  return {};
}

Status Parser::connection(std::string_view value) {
  auto parsed = parse_connection(value);
  if (!parsed) return std::move(parsed).error();
  // Several are several addresses of layered multicast: the first is the base layer.
  auto& connection = media_ ? media_->connection : description_.connection;
  if (!connection) connection = std::move(*parsed);
  return {};
}

void Parser::information(std::string_view value) {
  if (trim(value).empty()) return;
  (media_ ? media_->title : description_.information) = value;
}

Status Parser::media(std::string_view value) {
  if (description_.media.size() == limits_.media) return Error{Errc::too_large, "too many SDP media"};
  auto parsed = parse_media(value);
  if (!parsed) return std::move(parsed).error();
  description_.media.push_back(std::move(*parsed));
  media_ = &description_.media.back();
  return {};
}

Result<SessionDescription> Parser::finish() && {
  if (lines_ == 0) return invalid("SDP is empty");
  return std::move(description_);
}

constexpr std::string_view forbidden{"\r\n\0", 3};
constexpr std::string_view forbidden_in_field{"\r\n\0 \t", 5};

std::string without(std::string_view text, std::string_view characters, char replacement) {
  std::string clean(text);
  for (char& c : clean)
    if (characters.find(c) != std::string_view::npos) c = replacement;
  return clean;
}

class Writer {
 public:
  Writer& begin(char type) {
    out_ += type;
    out_ += '=';
    return *this;
  }
  Writer& text(std::string_view value) {
    out_ += without(value, forbidden, ' ');
    return *this;
  }
  Writer& field(std::string_view value) {
    out_ += value.empty() ? "-" : without(value, forbidden_in_field, '_');
    return *this;
  }
  Writer& raw(std::string_view value) {
    out_ += value;
    return *this;
  }
  Writer& number(std::uint64_t value) { return raw(std::to_string(value)); }
  Writer& blank() { return raw(" "); }
  void end() { out_ += "\r\n"; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write_connection(Writer& out, const std::optional<Connection>& connection) {
  if (!connection) return;
  out.begin('c').field(connection->network).blank().field(connection->address_type).blank();
  out.field(connection->address).end();
}

void write_information(Writer& out, const std::optional<std::string>& information) {
  if (information && !trim(*information).empty()) out.begin('i').text(*information).end();
}

void write_bandwidths(Writer& out, const std::vector<Bandwidth>& bandwidths) {
  for (const Bandwidth& b : bandwidths)
    out.begin('b').raw(without(b.type, {"\r\n\0 \t:", 6}, '_')).raw(":").number(b.value).end();
}

void write_attributes(Writer& out, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name.empty()) continue;
    out.begin('a').text(without(attribute.name, ":", '_'));
    if (!attribute.value.empty()) out.raw(":").text(attribute.value);
    out.end();
  }
}

void write_media(Writer& out, const Media& media) {
  out.begin('m').field(media.media).blank().number(media.port);
  if (media.port_count > 1) out.raw("/").number(media.port_count);
  out.blank().field(media.profile);
  for (const std::string& format : media.formats) out.blank().field(format);
  out.end();
  write_information(out, media.title);
  write_connection(out, media.connection);
  write_bandwidths(out, media.bandwidths);
  write_attributes(out, media.attributes);
}

}  // namespace

Result<SessionDescription> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.size) return Error{Errc::too_large, "SDP too large"};
  // Some encoders send the terminating null of a C string along.
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (text.find('\0') != std::string_view::npos) return invalid("SDP contains a null character");

  Parser parser(limits);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trim(line).empty()) continue;
    if (auto status = parser.line(line); !status) return std::move(status).error();
  }
  return std::move(parser).finish();
}

std::string serialize(const SessionDescription& description) {
  Writer out;
  const Origin& origin = description.origin;
  out.begin('v').raw("0").end();
  out.begin('o').field(origin.username).blank().field(origin.session_id).blank().field(origin.version);
  out.blank().field(origin.network).blank().field(origin.address_type).blank().field(origin.address).end();
  // RFC 4566 section 5.3: never empty.
  out.begin('s').text(trim(description.name).empty() ? "-" : std::string_view(description.name)).end();
  write_information(out, description.information);
  write_connection(out, description.connection);
  write_bandwidths(out, description.bandwidths);
  out.begin('t').number(description.time.start).blank().number(description.time.stop).end();
  write_attributes(out, description.attributes);
  for (const Media& media : description.media) write_media(out, media);
  return out.take();
}

std::optional<std::string_view> find_attribute(const std::vector<Attribute>& attributes,
                                               std::string_view name) {
  for (const Attribute& attribute : attributes)
    if (attribute.name == name) return attribute.value;
  return std::nullopt;
}

}  // namespace lectern::sdp
