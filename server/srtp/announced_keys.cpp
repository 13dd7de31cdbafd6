#include "server/srtp/announced_keys.h"

#include "protocol/mikey/message.h"
#include "protocol/sdp/crypto.h"
#include "protocol/sdp/key_mgmt.h"

namespace lectern::server {
namespace {

Result<std::optional<AnnouncedKeys>> by_mikey(std::string_view value) {
  const auto entry = sdp::parse_key_mgmt(value);
  if (!entry) return entry.error();
  if (entry->protocol != "mikey") return unsupported("a=key-mgmt is of another protocol than mikey");
  const auto message = mikey::parse(entry->data);
  if (!message) return message.error();
  return std::optional(AnnouncedKeys{{message->suite, message->key}});
}

Result<std::optional<AnnouncedKeys>> by_sdes(const sdp::Media& media) {
  std::optional<Error> why;
  for (const sdp::Attribute& attribute : media.attributes) {
    if (attribute.name != "crypto") continue;
    auto crypto = sdp::parse_crypto(attribute.value);
    if (crypto) return std::optional(AnnouncedKeys{{crypto->suite, crypto->key}, true});
    if (!why) why = std::move(crypto).error();
  }
  if (why) return *std::move(why);
  return std::optional<AnnouncedKeys>();
}

}  // namespace

Result<std::optional<AnnouncedKeys>> announced_keys(const sdp::SessionDescription& description,
                                                    const sdp::Media& media) {
  for (const auto* attributes : {&media.attributes, &description.attributes})
    if (const auto value = sdp::find_attribute(*attributes, "key-mgmt")) return by_mikey(*value);
  return by_sdes(media);
}

}  // namespace lectern::server
