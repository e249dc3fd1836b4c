#include "services/plan/phrases/unit_names.h"

#include <algorithm>

#include "services/plan/phrases/vocabulary.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

// What only sentences have.
constexpr TextView kNotInNames = U"。;:!?“”《》\"'+=<>|…%、,的了";

bool OnlyLooksLikeLevel(TextView name) {
  static const WordTable& table = WordTable::Of("level_lookalikes");
  return table.Starts(name);
}

bool IsPartyDepartment(TextView rest) {
  static const WordTable& table = WordTable::Of("party_departments");
  return table.Starts(rest);
}

// Whether what stands in front of 各 narrows the collective (`县直各部门`) and is no unit of its own (`镇水务站各村`).
bool QualifiesCollective(TextView before) {
  return before.size() <= 2 || TextView(U"直级局属内辖组关府").find(before.back()) != TextView::npos;
}

// Without the bracketed parts.
std::u32string WithoutBrackets(TextView name) {
  std::u32string out;
  int depth = 0;
  for (char32_t c : name) {
    if (IsOpenBracket(c)) ++depth;
    if (depth == 0) out.push_back(c);
    if (IsCloseBracket(c) && depth > 0) --depth;
  }
  return out;
}

const WordTable& Suffixes() {
  static const WordTable& table = WordTable::Of("unit_suffixes");
  return table;
}

bool HasSuffix(TextView name, std::string_view tag) {
  const size_t n = Suffixes().Before(name, name.size(), tag).length;
  return n > 0 && n < name.size();
}

}  // namespace

std::u32string UnitKey(TextView name) {
  std::u32string key;
  key.reserve(name.size());
  for (char32_t c : FoldWidths(name)) {
    if (c != ' ' && !IsOpenBracket(c) && !IsCloseBracket(c)) key.push_back(c);
  }
  return key;
}

bool IsLevelCharacter(char32_t c) {
  return TextView(U"省市州盟区县旗镇乡").find(c) != TextView::npos;
}

bool StartsLikeSentence(TextView text) {
  static const WordTable& table = WordTable::Of("sentence_starts");
  return table.Starts(text);
}

bool IsOpenName(TextView name) {
  return ContainsAny(name, {U"相关", U"有关"});
}

bool IsCollectiveName(TextView name) {
  const std::u32string bare = WithoutBrackets(name);
  const TextView t = bare;
  if (t.size() < 2) return false;
  if (t[0] == U'各') return true;
  // `市直各部门`, `县直各有关单位`, `区内各街道`.
  const size_t each = t.find(U'各');
  if (each != TextView::npos && each <= 4 && QualifiesCollective(t.substr(0, each))) return true;
  for (TextView noun :
       {TextView(U"单位"), TextView(U"部门"), TextView(U"科室"), TextView(U"处室"), TextView(U"股室"),
        TextView(U"机构"), TextView(U"企业"), TextView(U"机关"), TextView(U"队所"), TextView(U"镇街")}) {
    if (!EndsWith(t, noun)) continue;
    if (IsOpenName(t) ||
        ContainsAny(t, {U"直属", U"成员", U"下属", U"派出", U"所属", U"基层", U"全体", U"所有", U"其他", U"市直",
                        U"区直", U"县直", U"省直", U"州直", U"市级", U"区级", U"县级", U"省级"})) {
      return true;
    }
  }
  return IsOpenName(t) || EndsWith(t, U"各单位") || EndsWith(t, U"人民团体");
}

UnitLikeness LikenessOfUnit(TextView name) {
  const std::u32string bare = WithoutBrackets(name);
  const TextView t = bare;
  if (t.size() < 2 || t.size() > kLongestName) return UnitLikeness::kNone;
  if (t.find_first_of(kNotInNames) != TextView::npos) return UnitLikeness::kNone;
  if (const auto usual = BeginOfUsualName(t, t.size()); usual == size_t{0}) return UnitLikeness::kStrong;
  // `建设管理科`: short, and a section all the same.
  if (StartsLikeSentence(t)) {
    const bool section = t.size() >= 4 && t.size() <= 7 && TextView(U"科处股").find(t.back()) != TextView::npos;
    return section ? UnitLikeness::kWeak : UnitLikeness::kNone;
  }
  if (t[0] == U'各' && t.size() <= 6) {
    return MatchAny(t, 0, {U"各自", U"各项", U"各类", U"各种", U"各方"}) == 0 ? UnitLikeness::kStrong
                                                                              : UnitLikeness::kNone;
  }
  if (t.find(U'各') != TextView::npos && !IsCollectiveName(t)) return UnitLikeness::kNone;
  if (IsCollectiveName(t) && t.size() <= 16) {
    const bool noun = HasSuffix(t, "") || EndsWith(t, U"地") || EndsWith(t, U"方面");
    return noun ? UnitLikeness::kStrong : UnitLikeness::kNone;
  }
  if (HasSuffix(t, "strong")) return UnitLikeness::kStrong;
  if (!HasSuffix(t, "weak") || t.size() > 14) return UnitLikeness::kNone;
  // With its level in front (`镇环卫所`) it is hardly anything else.
  return LevelPrefix(t) == 1 && t.size() >= 4 ? UnitLikeness::kStrong : UnitLikeness::kWeak;
}

size_t LevelPrefix(TextView name) {
  if (name.size() < 3 || IsCollectiveName(name) || OnlyLooksLikeLevel(name)) return 0;
  if (IsLevelCharacter(name[0])) {
    if (name[1] == U'直' || name[1] == U'级') return 0;
    if (name[1] == U'局') return 0;  // `市局办公室`: a section of our own office.
    return name[1] == U'委' && IsPartyDepartment(name.substr(2)) ? 2 : 1;
  }
  for (size_t i = 2; i <= 8 && i + 2 < name.size(); ++i) {
    // Longer ones are zones: 平潭综合实验区管委会.
    if (i > 4 && (name[i] != U'区' || TextView(U"验发新假税园理").find(name[i - 1]) == TextView::npos)) continue;
    if ((name[i] == U'市' || name[i] == U'区' || name[i] == U'县' || name[i] == U'旗') && IsHan(name[i + 1]) &&
        !OnlyLooksLikeLevel(name.substr(i))) {
      return name[i + 1] == U'委' && IsPartyDepartment(name.substr(i + 2)) ? i + 2 : i + 1;
    }
  }
  return 0;
}

namespace {

// Whether an ending makes a name of what a department is called for: 财政局, 财政部, not 财政会.
bool NamesDepartment(const WordTable::Match& suffix, char32_t last) {
  if (suffix.length == 0) return false;
  return suffix.tag == "strong" || (suffix.length == 1 && TextView(U"部所站室队院馆").find(last) != TextView::npos);
}

}  // namespace

std::optional<size_t> BeginOfUsualName(TextView t, size_t end) {
  static const WordTable& names = WordTable::Of("unit_names");
  static const WordTable& stems = WordTable::Of("department_stems");
  size_t best = end;
  if (const size_t n = names.Before(t, end).length; n > 0) best = end - n;
  const WordTable::Match suffix = Suffixes().Before(t, end);
  if (end > 0 && NamesDepartment(suffix, t[end - 1])) {
    size_t at = end - suffix.length;
    bool any = false;
    while (at > 0 && end - at < kLongestName) {
      if (const size_t n = stems.Before(t, at).length; n > 0) {
        at -= n;
        any = true;
      } else if (any && MatchAny(t, at - 1, {U"和", U"与", U"及"}) > 0 && stems.Before(t, at - 1).length > 0) {
        --at;
      } else {
        break;
      }
    }
    if (any) best = std::min(best, at);
  }
  if (best == end) return std::nullopt;
  if (best > 0 && IsLevelCharacter(t[best - 1])) {
    --best;
  } else if (best > 1 && t[best - 1] == U'委' && IsLevelCharacter(t[best - 2])) {
    best -= 2;
  }
  return best;
}

std::optional<size_t> EndOfUsualName(TextView t, size_t begin) {
  static const WordTable& names = WordTable::Of("unit_names");
  static const WordTable& stems = WordTable::Of("department_stems");
  size_t best = 0;
  for (const size_t from : {begin, begin + 1}) {
    if (from > begin && (begin >= t.size() || !IsLevelCharacter(t[begin]))) break;
    if (const size_t n = names.At(t, from).length; n > 0) best = std::max(best, from + n);
    size_t at = from;
    while (const size_t n = stems.At(t, at).length) {
      at += n;
      if (at - from > kLongestName) break;
      const WordTable::Match suffix = Suffixes().At(t, at);
      if (NamesDepartment(suffix, at + suffix.length > 0 ? t[at + suffix.length - 1] : 0))
        best = std::max(best, at + suffix.length);
      if (MatchAny(t, at, {U"和", U"与", U"及"}) > 0) ++at;
    }
  }
  if (best == 0) return std::nullopt;
  return best;
}

}  // namespace duban
