#include <array>

#include "protocol/auth/challenge.h"
#include "protocol/auth/credentials.h"
#include "protocol/auth/digest.h"
#include "protocol/auth/nonce.h"
#include "protocol/auth/parameters.h"
#include "protocol/base/text.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using namespace auth;

void challenge(Bytes input) {
  // What is written has a few more bytes, and the size is limited.
  if (input.size() > max_header / 2) return;
  ensure_round_trip(as_text(input), parse_challenge, write_out);
}

void credentials(Bytes input) {
  const auto read = parse_credentials(as_text(input));
  if (!read) return;
  ensure(user_of(*read).size() <= max_user, "a user is no longer than the limit");
  if (const auto* digest = std::get_if<DigestCredentials>(&*read)) {
    const std::string ha1 = make_ha1(digest->algorithm, digest->user, digest->realm, "word");
    const std::string response = make_response(*digest, ha1, "DESCRIBE");
    ensure(response.size() == hex_size(digest->algorithm), "a response is a hash");
    ensure(digest->response.size() == hex_size(digest->algorithm), "so is the one that came");
  }
  if (input.size() > max_header / 2) return;
  ensure_round_trip(as_text(input), parse_credentials, write_out);
}

void parameters(Bytes input) {
  const auto parse = [](std::string_view text) { return parse_parameters(text); };
  if (input.size() > max_header / 4) return;
  ensure_round_trip(as_text(input), parse, [](const Parameters& read) {
    std::string text;
    for (const auto& [name, value] : read) {
      ensure(name == to_lower(name), "names are in lower case");
      text += (text.empty() ? "" : ", ") + name + "=" + quote(value);
    }
    return text;
  });
}

/// The first eight bytes are the time of a nonce; the rest is an address, and a forged nonce.
void nonce(Bytes input) {
  static const NonceMaker maker(ByteVector(32, std::byte{7}));
  ByteReader reader(input);
  const Nonce made{static_cast<std::int64_t>(reader.u64()), reader.u32()};
  const std::string address(as_text(take_piece(reader)));
  const std::string text = maker.make(made, address);
  ensure(maker.open(text, address) == made, "a nonce is known again");
  ensure(!maker.open(text, address + "."), "for another address it is not");
  const std::string_view forged = as_text(reader.rest());
  const auto opened = maker.open(forged, address);
  ensure(!opened || maker.make(*opened, address) == forged, "none is forged");
}

constexpr std::array targets{
    Target{"auth_challenge", challenge},
    Target{"auth_credentials", credentials},
    Target{"auth_parameters", parameters},
    Target{"auth_nonce", nonce},
};

}  // namespace

std::span<const Target> auth_targets() {
  return targets;
}

}  // namespace lectern::fuzz
