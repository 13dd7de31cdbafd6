#include "server/srtp/key_offer.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "server/rtsp/random.h"

namespace lectern::server {

OfferedStream new_stream(srtp::Suite suite) {
  std::array<std::byte, srtp::MasterKey::max_size> bytes;
  const MutableBytes used = MutableBytes(bytes).first(srtp::key_and_salt_size(suite));
  fill_random(used);
  OfferedStream stream{random_u32(), {suite, srtp::MasterKey::create(used).value()}};
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return stream;
}

OfferedStream shared_stream(const media::SharedStreams& shared, std::size_t track) {
  return {shared.stream(track).ssrc,
          {shared.suite(), shared.stream(track).key},
          media::roc_of(shared.join_index(track))};
}

const KeyOffer& KeyOffers::make(std::string media_path, std::size_t tracks, srtp::Suite suite, bool sdes,
                                const media::SharedStreams* shared) {
  std::erase_if(offers_, [&](const KeyOffer& offer) { return offer.media_path == media_path; });
  if (offers_.size() == most) offers_.erase(offers_.begin());
  KeyOffer& offer = offers_.emplace_back(KeyOffer{std::move(media_path), sdes, {}});
  for (std::size_t i = 0; i < tracks; ++i) {
    KeyOffer::Track& track = offer.tracks.emplace_back(KeyOffer::Track{new_stream(suite)});
    if (shared) track.shared = shared_stream(*shared, i);
  }
  return offer;
}

const KeyOffer* KeyOffers::find(std::string_view media_path) const {
  const auto found = std::ranges::find(offers_, media_path, &KeyOffer::media_path);
  return found == offers_.end() ? nullptr : &*found;
}

OfferedStream KeyOffers::stream_for(std::string_view media_path, std::size_t track, srtp::Suite suite) const {
  const KeyOffer* offer = find(media_path);
  if (!offer || track >= offer->tracks.size() || offer->tracks[track].taken) return new_stream(suite);
  return offer->tracks[track].stream;
}

void KeyOffers::take(std::string_view media_path, std::size_t track, std::uint32_t ssrc) {
  const auto found = std::ranges::find(offers_, media_path, &KeyOffer::media_path);
  if (found == offers_.end() || track >= found->tracks.size()) return;
  KeyOffer::Track& offered = found->tracks[track];
  if (offered.stream.ssrc == ssrc) offered.taken = true;
}

}  // namespace lectern::server
