#include "protocol/sdp/key_mgmt.h"

#include "protocol/base/base64.h"
#include "protocol/base/text.h"

namespace lectern::sdp {

Result<KeyMgmt> parse_key_mgmt(std::string_view value) {
  value = trim(value);
  const std::size_t blank = value.find_first_of(" \t");
  if (blank == 0 || blank == std::string_view::npos) return invalid("key-mgmt: not a protocol and its data");
  const std::string_view text = trim(value.substr(blank));
  if (text.size() > (KeyMgmt::max_size + 2) / 3 * 4)
    return Error{Errc::too_large, "key-mgmt: more than " + std::to_string(KeyMgmt::max_size) + " bytes"};
  auto data = base64_decode(text);
  if (!data) return invalid("key-mgmt: the data is not base64");
  if (data->empty()) return invalid("key-mgmt: no data");
  return KeyMgmt{std::string(value.substr(0, blank)), *std::move(data)};
}

std::string serialize(const KeyMgmt& key_mgmt) {
  return key_mgmt.protocol + " " + base64_encode(key_mgmt.data);
}

}  // namespace lectern::sdp
