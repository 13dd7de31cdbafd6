#include "media/language.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lectern::media {
namespace {

struct Language {
  std::string_view three, two;
};

/// ISO 639-2 (both forms where there are two) to ISO 639-1, of the languages that have a code there and
/// films.
constexpr std::array<Language, 108> languages{{
    {"afr", "af"}, {"alb", "sq"}, {"amh", "am"}, {"ara", "ar"}, {"arm", "hy"}, {"aze", "az"}, {"baq", "eu"},
    {"bel", "be"}, {"ben", "bn"}, {"bod", "bo"}, {"bos", "bs"}, {"bre", "br"}, {"bul", "bg"}, {"bur", "my"},
    {"cat", "ca"}, {"ces", "cs"}, {"chi", "zh"}, {"cym", "cy"}, {"cze", "cs"}, {"dan", "da"}, {"deu", "de"},
    {"dut", "nl"}, {"ell", "el"}, {"eng", "en"}, {"epo", "eo"}, {"est", "et"}, {"eus", "eu"}, {"fao", "fo"},
    {"fas", "fa"}, {"fin", "fi"}, {"fra", "fr"}, {"fre", "fr"}, {"fry", "fy"}, {"geo", "ka"}, {"ger", "de"},
    {"gla", "gd"}, {"gle", "ga"}, {"glg", "gl"}, {"gre", "el"}, {"guj", "gu"}, {"hau", "ha"}, {"heb", "he"},
    {"hin", "hi"}, {"hrv", "hr"}, {"hun", "hu"}, {"hye", "hy"}, {"ice", "is"}, {"ind", "id"}, {"isl", "is"},
    {"ita", "it"}, {"jpn", "ja"}, {"kan", "kn"}, {"kat", "ka"}, {"kaz", "kk"}, {"khm", "km"}, {"kor", "ko"},
    {"kur", "ku"}, {"lao", "lo"}, {"lat", "la"}, {"lav", "lv"}, {"lit", "lt"}, {"ltz", "lb"}, {"mac", "mk"},
    {"mal", "ml"}, {"mar", "mr"}, {"may", "ms"}, {"mkd", "mk"}, {"mlt", "mt"}, {"mon", "mn"}, {"mri", "mi"},
    {"msa", "ms"}, {"mya", "my"}, {"nep", "ne"}, {"nld", "nl"}, {"nno", "nn"}, {"nob", "nb"}, {"nor", "no"},
    {"pan", "pa"}, {"per", "fa"}, {"pol", "pl"}, {"por", "pt"}, {"pus", "ps"}, {"roh", "rm"}, {"ron", "ro"},
    {"rum", "ro"}, {"rus", "ru"}, {"san", "sa"}, {"sin", "si"}, {"slk", "sk"}, {"slo", "sk"}, {"slv", "sl"},
    {"som", "so"}, {"spa", "es"}, {"sqi", "sq"}, {"srp", "sr"}, {"swa", "sw"}, {"swe", "sv"}, {"tam", "ta"},
    {"tel", "te"}, {"tha", "th"}, {"tib", "bo"}, {"tur", "tr"}, {"ukr", "uk"}, {"urd", "ur"}, {"vie", "vi"},
    {"wel", "cy"}, {"zho", "zh"}, {"zul", "zu"},
}};

}  // namespace

std::string language_tag(std::string_view stored) {
  const bool possible =
      stored.size() >= 2 && stored.size() <= 35 &&
      std::ranges::all_of(stored, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (!possible || stored == "und") return {};
  const auto* known = std::ranges::find(languages, stored, &Language::three);
  return std::string(known == languages.end() ? stored : known->two);
}

}  // namespace lectern::media
