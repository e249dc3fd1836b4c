#include "services/plan/phrases/unit_phrase.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

using v1::Responsibility;
using Role = v1::Responsibility::Role;

// What separates entries.
bool IsSeparator(char32_t c) {
  return c == U'、' || c == ',' || c == ';' || c == '/' || c == U'。' || c == U'|' || c == U'·';
}

// No list of units is longer; what is behind it is not looked at.
constexpr size_t kLongestPhrase = 4000;
constexpr size_t kMostEntries = 400;
constexpr size_t kLongestEntry = 60;

// How many brackets are open behind each offset; lone brackets are ignored.
std::vector<int> BracketDepths(TextView t) {
  std::vector<int> steps(t.size() + 1, 0);
  std::vector<size_t> open;
  for (size_t i = 0; i < t.size(); ++i) {
    if (IsOpenBracket(t[i])) open.push_back(i);
    if (!IsCloseBracket(t[i]) || open.empty()) continue;
    ++steps[open.back()];
    --steps[i];
    open.pop_back();
  }
  for (size_t i = 1; i < steps.size(); ++i) steps[i] += steps[i - 1];
  return steps;
}

int Rank(Role role) {
  return role == Responsibility::LEAD ? 3 : role == Responsibility::RESPONSIBLE ? 2 : role == Responsibility::COOPERATE;
}

// An entry of a phrase.
struct Entry {
  Responsibility responsibility;
  std::u32string name;  // Folded; brackets as printed.
  size_t begin;
  size_t end;
  Role own = Responsibility::ROLE_UNSPECIFIED;  // Said of it alone.
};

// `市住建局（牵头）`: the length of the name whose part a bracket behind it says, and that part; 0 where none does.
std::pair<size_t, Role> NameWithPart(TextView piece) {
  const size_t open = piece.rfind('(');
  if (open == TextView::npos || open < 2 || piece.back() != ')') return {0, Responsibility::ROLE_UNSPECIFIED};
  const auto [words, role] = StripListWords(piece.substr(open + 1, piece.size() - open - 2));
  return {words == 0 && role != Responsibility::ROLE_UNSPECIFIED ? open : 0, role};
}

// The entries of a phrase as they are read, and the roles that words behind them give them.
class EntryCollector {
 public:
  // `depths`: how many brackets are open behind each offset.
  EntryCollector(const FlowText& flow, Role default_role, const std::vector<int>& depths, UnitPhrase& out)
      : flow_(flow), t_(flow.text()), depths_(depths), default_role_(default_role), out_(out) {}

  // A label changes the role of what follows.
  void SetRole(Role role) {
    Close(Responsibility::ROLE_UNSPECIFIED);
    default_role_ = role;
  }

  // `own`: its part, where that is said of it alone.
  void AddEntry(size_t begin, size_t end, Role own = Responsibility::ROLE_UNSPECIFIED) {
    if (entries_.size() >= kMostEntries) return;
    while (begin < end && t_[begin] == ' ') ++begin;
    end = StripOpenList(begin, end);
    while (end > begin && t_[end - 1] == ' ') --end;
    begin += end - begin > 3 ? MatchAny(t_, begin, {U"及", U"和", U"与"}) : 0;
    if (begin >= end) return;
    Entry entry{Responsibility(), std::u32string(), begin, end, own};
    size_t name_end = end;
    // `各区县政府（含甲，下同）`: the bracket explains the name.
    const size_t open = t_.substr(0, end).find_last_of(U"(〔[", end);
    if (open != TextView::npos && open > begin && depths_[open] > 0 && IsCloseBracket(t_[end - 1])) {
      const TextView inside = t_.substr(open + 1, end - open - 2);
      if (StartsWith(inside, U"含") || StartsWith(inside, U"包括") || StartsWith(inside, U"包含") ||
          Contains(inside, U"下同")) {
        name_end = open;
        out_.inclusions.push_back({flow_.Printed(begin, open), {open + 1, end - 1}});
      }
    }
    for (size_t i = begin; i < name_end; ++i) {
      entry.name.push_back(IsAsciiWord(t_[i]) ? t_[i] : flow_.printed()[i]);
    }
    Responsibility& unit = entry.responsibility;
    unit.set_printed(flow_.Printed(begin, end));
    *unit.mutable_span() = flow_.SpanOf(begin, end);
    const TextView folded = t_.substr(begin, name_end - begin);
    unit.set_collective(IsCollectiveName(folded));
    unit.set_open(IsOpenName(folded));
    entries_.push_back(std::move(entry));
  }

  // Gives the entries since the last closing their role.
  void Close(Role word) {
    Role role = word == Responsibility::ROLE_UNSPECIFIED ? default_role_ : word;
    // A label says more than `负责`: with 牵头单位 in front of it the list stays LEAD.
    if (word == Responsibility::RESPONSIBLE && Rank(default_role_) > 0) role = default_role_;
    if (role == Responsibility::ROLE_UNSPECIFIED) role = Responsibility::RESPONSIBLE;
    for (size_t i = closed_; i < entries_.size(); ++i) {
      const Role own = entries_[i].own;
      entries_[i].responsibility.set_role(own == Responsibility::ROLE_UNSPECIFIED ? role : own);
    }
    closed_ = entries_.size();
    if (word == Responsibility::LEAD) default_role_ = Responsibility::RESPONSIBLE;
  }

  std::vector<Entry> Take() {
    Close(Responsibility::ROLE_UNSPECIFIED);
    return std::move(entries_);
  }

  void Note(PhraseDoubt doubt, size_t begin, size_t end, std::string proposal) {
    out_.notes.push_back({doubt, begin, end, flow_.Printed(begin, end), std::move(proposal)});
  }

 private:
  // Takes `等`, `等单位` off; notes that the list is open.
  size_t StripOpenList(size_t begin, size_t end) {
    const TextView piece = t_.substr(begin, end - begin);
    const size_t at = piece.rfind(U'等');
    if (at == TextView::npos || depths_[begin + at] > 0) return end;
    TextView rest = piece.substr(at + 1);
    while (!rest.empty() && (IsDigit(rest[0]) || IsChineseNumeral(rest[0]) || rest[0] == U'个' || rest[0] == U'家')) {
      rest.remove_prefix(1);
    }
    static const WordTable& ends = WordTable::Of("list_ends");
    if (!rest.empty() && ends.LengthAt(rest, 0) != rest.size()) return end;
    // `等12个单位` behind a full list closes it; all others leave it open.
    Note(PhraseDoubt::kOpenList, begin + at, end, "");
    return begin + at;
  }

  const FlowText& flow_;
  const TextView t_;
  const std::vector<int>& depths_;
  Role default_role_;
  UnitPhrase& out_;
  std::vector<Entry> entries_;
  size_t closed_ = 0;
};

// `各区、县级市` is one group: what stands behind the separator is a kind of place and no place.
bool InsideGroup(TextView t, size_t begin, size_t at) {
  static const WordTable& kinds = WordTable::Of("place_kinds");
  if (t[at] != U'、' || t[begin] != U'各' || at - begin > 8) return false;
  const size_t first = kinds.LengthAt(t, begin + 1);
  const size_t next = kinds.LengthAt(t, at + 1);
  if (first == 0 || begin + 1 + first > at || next == 0) return false;
  const size_t end = at + 1 + next;
  return end >= t.size() || IsSeparator(t[end]) || IsCloseBracket(t[end]) || t[end] == ' ' ||
         StripListWords(t.substr(end, 12)).first == 0;
}

// `第一批：`, `其中：` in front of names.
size_t BatchLength(TextView t, size_t begin, size_t end) {
  const size_t colon = t.substr(begin, std::min<size_t>(end - begin, 8)).find(':');
  if (colon == TextView::npos || colon + 1 >= end - begin) return 0;
  const TextView word = t.substr(begin, colon);
  const bool batch =
      word == U"其中" || (word.front() == U'第' && TextView(U"批期阶段组类").find(word.back()) != TextView::npos);
  return batch ? colon + 1 : 0;
}

// Cuts a phrase into entries and gives them their roles.
class PhraseCutter {
 public:
  PhraseCutter(const FlowText& flow, Role default_role, const UnitLexicon& lexicon, UnitPhrase& out)
      : flow_(flow),
        t_(flow.text()),
        lexicon_(lexicon),
        depths_(BracketDepths(t_)),
        out_(out),
        entries_(flow, default_role, depths_, out) {}

  std::vector<Entry> Cut() {
    size_t begin = 0;
    for (size_t i = 0; i <= t_.size(); ++i) {
      const bool ends = i == t_.size() || (depths_[i] == 0 && IsSeparator(t_[i]) && !InsideGroup(t_, begin, i));
      if (ends) {
        ReadPiece(begin, i);
        begin = i + 1;
      } else if (i > begin && flow_.GapBefore(i) && depths_[i] == 0 && GapSeparates(begin, i)) {
        ReadPiece(begin, i);
        begin = i;
      }
    }
    return entries_.Take();
  }

 private:
  // A space or line break between two whole names separates them; inside a name it does not.
  bool GapSeparates(size_t begin, size_t gap) const {
    size_t end = gap;
    const size_t limit = std::min(t_.size(), gap + kLongestEntry);
    if (gap - begin > kLongestEntry) return false;
    while (end < limit && !(depths_[end] == 0 && IsSeparator(t_[end]))) ++end;
    const TextView left = t_.substr(begin, gap - begin);
    TextView right = t_.substr(gap, end - gap);
    if (lexicon_.Find(t_.substr(begin, end - begin)) != nullptr) return false;
    // `各乡(镇)人民` + `政府`: only the ending of a name.
    static const WordTable& suffixes = WordTable::Of("unit_suffixes");
    if (suffixes.LengthAt(right, 0) == right.size() &&
        LikenessOfUnit(t_.substr(begin, end - begin)) == UnitLikeness::kStrong) {
      return false;
    }
    const bool weak = LikenessOfUnit(left) == UnitLikeness::kWeak && flow_.BreakBefore(gap) && IsCollectiveName(right);
    if (!weak && LikenessOfUnit(left) != UnitLikeness::kStrong && !EndsInRole(left)) return false;
    right = right.substr(0, StripListWords(right).first);
    if (LikenessOfUnit(right) != UnitLikeness::kStrong) return MatchLabel(t_, gap).kind != FieldKind::kNone;
    const bool branch = EndsWith(right, U"分局") || EndsWith(right, U"分公司") || EndsWith(right, U"分中心");
    return !(branch && LevelPrefix(right) == 0);
  }

  static bool EndsInRole(TextView t) {
    return EndsWith(t, U"牵头") || EndsWith(t, U"负责") || EndsWith(t, U"配合") || EndsWith(t, U"落实");
  }

  void ReadPiece(size_t begin, size_t end) {
    while (begin < end && (t_[begin] == ' ' || IsLoneBracket(begin) || t_[begin] == ':')) ++begin;
    while (end > begin && (t_[end - 1] == ' ' || IsLoneBracket(end - 1) || t_[end - 1] == ':')) --end;
    if (begin >= end) return;
    if (UnwrapBrackets(begin, end)) return;
    if (const LabelMatch label = MatchLabel(t_, begin); label.length > 0 && begin + label.length <= end) {
      if (label.kind == FieldKind::kUnits) {
        entries_.SetRole(label.role);
        return ReadPiece(begin + label.length, end);
      }
      if (label.kind == FieldKind::kDeadline) return out_.deadlines.push_back({begin + label.length, end});
    }
    if (const size_t batch = BatchLength(t_, begin, end); batch > 0) return ReadPiece(begin + batch, end);
    static const WordTable& rules = WordTable::Of("rule_starts");
    const TextView piece = t_.substr(begin, end - begin);
    if (ContainsAny(piece, {U"均包含", U"均包括", U"均含"}) || rules.Starts(piece)) {
      return out_.rules.push_back({begin, end});
    }
    if (piece == U"同上" || piece == U"〃" || piece == U"同前") {
      out_.same_as_above = true;
      return;
    }
    if (ReadDeadlinePart(begin, end)) return;
    ReadEntries(begin, end);
  }

  bool IsLoneBracket(size_t at) const {
    if (IsOpenBracket(t_[at])) return depths_[at] == 0 || (at > 0 && depths_[at] <= depths_[at - 1]);
    if (!IsCloseBracket(t_[at])) return false;
    return at == 0 || depths_[at - 1] == 0;
  }

  // `（A牵头，B配合）` as a whole: what is inside counts.
  bool UnwrapBrackets(size_t begin, size_t end) {
    if (unwrapped_++ > 3 || !IsOpenBracket(t_[begin]) || !IsCloseBracket(t_[end - 1])) return false;
    for (size_t i = begin; i + 1 < end; ++i) {
      if (depths_[i] == 0) return false;
    }
    for (size_t i = begin; i < end; ++i) --depths_[i];
    size_t from = begin + 1;
    for (size_t i = from; i < end; ++i) {
      if (i + 1 < end && !(depths_[i] == 0 && IsSeparator(t_[i]))) continue;
      ReadPiece(from, i);
      from = i + 1;
    }
    return true;
  }

  bool ReadDeadlinePart(size_t begin, size_t end) {
    const TextView piece = t_.substr(begin, end - begin);
    if (piece.find_first_of(U"月年季日常长持立即边马当随及") == TextView::npos) return false;
    const std::optional<size_t> at = DeadlineSuffix(piece);
    if (!at.has_value()) {
      // `11月底前完成80%`: more is said than the deadline.
      const std::vector<FoundDeadline> found = FindDeadlines(piece, DeadlineContext());
      if (found.empty() || found.front().begin != 0) return false;
      out_.deadlines.push_back({begin, begin + found.front().end});
      return true;
    }
    if (*at > 0 && LikenessOfUnit(piece) != UnitLikeness::kNone) return false;
    if (*at > 0) ReadPiece(begin, begin + *at);
    out_.deadlines.push_back({begin + *at, end});
    return true;
  }

  // One piece between separators: one entry as a rule, with words about the list around it.
  void ReadEntries(size_t begin, size_t end) {
    begin += MatchAny(t_, begin, {U"由", U"并由", U"请", U"请由", U"以及", U"责成"});
    if (begin >= end) return;
    const TextView piece = t_.substr(begin, end - begin);
    if (const auto [name, part] = NameWithPart(piece); name > 0) return entries_.AddEntry(begin, begin + name, part);
    const auto [size, role] = StripListWords(piece);
    // `市财政局牵头各区县政府配合`: the comma is missing.
    const size_t lead = piece.substr(0, size).find(U"牵头");
    if (lead != TextView::npos && lead > 0) {
      ReadEntries(begin, begin + lead + 2);
      return ReadPiece(begin + lead + 2, end);
    }
    // `A负责法制审查工作`: its special part.
    const size_t part = piece.substr(0, size).find(U"负责");
    if (part != TextView::npos && part > 1 && LikenessOfUnit(piece.substr(0, part)) == UnitLikeness::kStrong) {
      return ReadEntries(begin, begin + part + 2);
    }
    if (size > 2 && StartsWith(piece, U"配合") && LikenessOfUnit(piece.substr(2, size - 2)) != UnitLikeness::kNone) {
      entries_.SetRole(Responsibility::COOPERATE);
      begin += 2;
    } else if (piece.substr(0, size).find(U"会同") != TextView::npos && size > 2) {
      return ReadTogether(begin, begin + size, begin + piece.find(U"会同"), role);
    }
    if (begin < begin + size) AddJoined(begin, std::max(begin, end - (piece.size() - size)));
    if (role != Responsibility::ROLE_UNSPECIFIED) entries_.Close(role);
  }

  // `A会同B负责`: who leads is not said.
  void ReadTogether(size_t begin, size_t end, size_t at, Role role) {
    AddJoined(begin, at);
    AddJoined(at + 2, end);
    // Where only open words follow, nobody else can lead.
    if (!IsOpenName(t_.substr(at + 2, end - at - 2))) {
      entries_.Note(PhraseDoubt::kRoleUnclear, begin, end,
                    flow_.Printed(begin, at) + "牵头，" + flow_.Printed(at + 2, end) + "配合");
    }
    if (role != Responsibility::ROLE_UNSPECIFIED) entries_.Close(role);
  }

  // Entries joined by 和, 及, 与, 等和 where both sides are names, and names that are run together.
  void AddJoined(size_t begin, size_t end) {
    const TextView piece = t_.substr(begin, end - begin);
    if (lexicon_.Find(piece) != nullptr) return entries_.AddEntry(begin, end);
    for (size_t i = 1; i + 1 < piece.size(); ++i) {
      const size_t n = MatchAny(piece, i, {U"以及", U"和", U"及", U"与", U"等和", U"等及", U"等与", U"等以及"});
      if (n == 0 || depths_[begin + i] > 0) continue;
      const TextView left = piece.substr(0, i);
      const TextView right = piece.substr(i + n);
      const bool open = piece[i] == U'等';
      const bool names =
          LikenessOfUnit(left) != UnitLikeness::kNone && LikenessOfUnit(right) == UnitLikeness::kStrong &&
          (open || (LikenessOfUnit(left) == UnitLikeness::kStrong &&
                    (LevelPrefix(right) > 0 || IsCollectiveName(right) || lexicon_.Find(left) != nullptr)));
      if (!names) continue;
      entries_.AddEntry(begin, begin + i);
      if (open) entries_.Note(PhraseDoubt::kOpenList, begin + i, begin + i + 1, "");
      return AddJoined(begin + i + n, end);
    }
    size_t from = begin;
    for (const size_t cut : GluedNames(piece, lexicon_)) {
      entries_.AddEntry(from, begin + cut);
      from = begin + cut;
    }
    entries_.AddEntry(from, end);
  }

  const FlowText& flow_;
  const TextView t_;
  const UnitLexicon& lexicon_;
  std::vector<int> depths_;
  UnitPhrase& out_;
  EntryCollector entries_;
  int unwrapped_ = 0;
};

// Completes and looks up the names of entries.
class EntryResolver {
 public:
  EntryResolver(const FlowText& flow, const UnitLexicon& lexicon, std::vector<Entry> entries, UnitPhrase& out)
      : flow_(flow), lexicon_(lexicon), entries_(std::move(entries)), out_(out) {}

  void Resolve() {
    InheritPrefixes();
    for (Entry& entry : entries_) ResolveName(entry);
    DropDuplicates();
    for (Entry& entry : entries_) out_.responsibilities.push_back(std::move(entry.responsibility));
  }

 private:
  void InheritPrefixes() {
    std::u32string prefix;
    for (Entry& entry : entries_) {
      if (entry.responsibility.collective()) continue;
      const TextView name = entry.name;
      const std::u32string folded = FoldWidths(name);
      if (const size_t own = LevelPrefix(folded); own > 0) {
        prefix = name.substr(0, own);
        continue;
      }
      if (prefix.empty() || (!MayInherit(folded) && lexicon_.Find(prefix + folded) == nullptr)) continue;
      const UnitLexicon::Entry* bare = lexicon_.Find(folded);
      if (bare != nullptr && bare->from_directory) continue;
      std::u32string full = prefix + entry.name;
      // `市委宣传部、公安局`: the level serves, the committee does not.
      if (prefix.back() == U'委' && lexicon_.Find(full) == nullptr && !EndsWith(folded, U"部") &&
          !Contains(folded, U"网信") && !Contains(folded, U"编办") && !Contains(folded, U"改革办")) {
        full = prefix.substr(0, prefix.size() - 1) + entry.name;
      }
      Note(PhraseDoubt::kInheritedPrefix, entry.begin, entry.end, EncodeUtf8(full));
      entry.name = std::move(full);
      entry.responsibility.set_inherited_prefix(true);
    }
  }

  static bool MayInherit(TextView name) {
    if (name.size() < 3 || name == U"办公室" || IsCollectiveName(name)) return false;
    static const WordTable& places = WordTable::Of("places");
    if (places.Starts(name)) return false;
    TextView bare = name;
    if (IsCloseBracket(bare.back())) bare = bare.substr(0, bare.find_first_of(U"(〔["));
    return MatchSuffix(bare, {U"局",     U"委",     U"办",   U"厅",   U"部",     U"办公室", U"委员会", U"中心",
                              U"总工会", U"团委",   U"妇联", U"残联", U"科协",   U"文联",   U"工商联", U"法院",
                              U"检察院", U"研究室", U"大队", U"支队", U"供销社", U"档案馆", U"管委会"}) &&
           !EndsWith(bare, U"分局") && !EndsWith(bare, U"分中心");
  }

  static bool MatchSuffix(TextView name, std::initializer_list<TextView> suffixes) {
    return std::any_of(suffixes.begin(), suffixes.end(), [&](TextView suffix) { return EndsWith(name, suffix); });
  }

  void ResolveName(Entry& entry) {
    Responsibility& unit = entry.responsibility;
    const UnitLexicon::Entry* known = lexicon_.Find(entry.name);
    if (known == nullptr || (!known->from_directory && known->count <= 1)) {
      if (const UnitLexicon::Entry* repaired = Repair(entry); repaired != nullptr) {
        known = repaired;
        unit.set_repaired(true);
        Note(PhraseDoubt::kBrokenUnit, entry.begin, entry.end, EncodeUtf8(repaired->name));
      }
    }
    if (known != nullptr) {
      entry.name = known->name;
      unit.set_resolved(known->resolved);
      if (known->group) unit.set_collective(true);
      if (!known->resolved.empty()) unit.set_open(false);
    }
    unit.set_unit(EncodeUtf8(entry.name));
    if (unit.open()) Note(PhraseDoubt::kOpenUnit, entry.begin, entry.end, "");
    const bool unknown = lexicon_.has_directory() && (known == nullptr || !known->from_directory);
    if (unknown && !unit.open()) {
      Note(PhraseDoubt::kUnknownUnit, entry.begin, entry.end, NearestNames(entry.name));
    } else if (known == nullptr && !unit.collective() &&
               LikenessOfUnit(FoldWidths(entry.name)) == UnitLikeness::kNone) {
      Note(PhraseDoubt::kNotAUnit, entry.begin, entry.end, "");
    }
  }

  // The name this entry is with characters lost: at a gap inside it, at a character that stands for an unreadable one,
  // or one character of a name that the document prints elsewhere.
  const UnitLexicon::Entry* Repair(const Entry& entry) const {
    for (size_t i = entry.begin + 1; i < entry.end; ++i) {
      if (!flow_.GapBefore(i)) continue;
      const auto* found = lexicon_.WithLostCharacters(entry.name, i - entry.begin);
      if (found != nullptr) return found;
    }
    const size_t hole = entry.name.find_first_of(U"\uFFFD□■?*〇○_");
    if (hole != std::u32string::npos) {
      std::u32string name = entry.name;
      std::erase_if(name, [](char32_t c) { return TextView(U"\uFFFD□■?*〇○_").find(c) != TextView::npos; });
      return lexicon_.WithLostCharacters(name, hole);
    }
    const UnitLexicon::Entry* found = lexicon_.WithLostCharacters(entry.name, std::nullopt);
    if (found == nullptr || (!found->from_directory && found->count < 1) || IsShortForm(entry.name, found->name)) {
      return nullptr;
    }
    return found;
  }

  // Whether the shorter name is a usual way to write the longer one and not a damaged one.
  static bool IsShortForm(TextView shorter, TextView longer) {
    size_t i = 0;
    while (i < shorter.size() && shorter[i] == longer[i]) ++i;
    return TextView(U"各政直有相关公室市区县镇省委局级和人与场处科").find(longer[i]) != TextView::npos;
  }

  std::string NearestNames(TextView name) const {
    std::string names;
    for (const UnitLexicon::Entry* entry : lexicon_.Nearest(name, 3)) {
      names += (names.empty() ? "" : "、") + EncodeUtf8(entry->name);
    }
    return names;
  }

  void DropDuplicates() {
    std::vector<Entry> kept;
    for (Entry& entry : entries_) {
      auto same = std::find_if(kept.begin(), kept.end(),
                               [&](const Entry& other) { return UnitKey(other.name) == UnitKey(entry.name); });
      if (same == kept.end()) {
        kept.push_back(std::move(entry));
        continue;
      }
      Note(PhraseDoubt::kDuplicateUnit, entry.begin, entry.end, same->responsibility.unit());
      if (Rank(entry.responsibility.role()) > Rank(same->responsibility.role())) {
        same->responsibility.set_role(entry.responsibility.role());
      }
    }
    entries_ = std::move(kept);
  }

  void Note(PhraseDoubt doubt, size_t begin, size_t end, std::string proposal) {
    out_.notes.push_back({doubt, begin, end, flow_.Printed(begin, end), std::move(proposal)});
  }

  const FlowText& flow_;
  const UnitLexicon& lexicon_;
  std::vector<Entry> entries_;
  UnitPhrase& out_;
};

// Whether a collective is complete: `各区属事业单位`, not `各乡`.
bool EndsInUnit(TextView t) {
  static const WordTable& suffixes = WordTable::Of("unit_suffixes");
  return suffixes.Ends(t, "strong");
}

// A list of nothing but names, which most are, needs no parsing; kNone where it is anything else.
PhraseLikeness LikenessOfPlainList(TextView t, const UnitLexicon& lexicon) {
  size_t names = 0;
  size_t strong = 0;
  for (size_t begin = 0; begin < t.size();) {
    const size_t end = std::min(t.find_first_of(U"、,", begin), t.size());
    const TextView name = t.substr(begin, end - begin);
    UnitLikeness likeness =
        name.find_first_of(U"(:/;·|") == TextView::npos ? LikenessOfUnit(name) : UnitLikeness::kNone;
    if (likeness == UnitLikeness::kWeak && lexicon.Find(name) != nullptr) likeness = UnitLikeness::kStrong;
    if (likeness == UnitLikeness::kNone) return PhraseLikeness::kNone;
    ++names;
    strong += likeness == UnitLikeness::kStrong;
    begin = end + 1;
  }
  if (names == 0) return PhraseLikeness::kNone;
  return strong * 2 > names ? PhraseLikeness::kStrong : PhraseLikeness::kWeak;
}

}  // namespace

// Whether at `cut` a usual name ends and another begins that fills the rest: 民政部|证监会; not 发展改革局|办公室.
bool AbutUsualNames(TextView t, size_t begin, size_t cut) {
  if (BeginOfUsualName(t.substr(begin, cut - begin), cut - begin) != size_t{0}) return false;
  if (EndOfUsualName(t, begin).value_or(0) > cut || EndOfUsualName(t, cut) != t.size()) return false;
  // `卫生健康委|机关党委` is a part of it.
  if (StartsWith(t.substr(cut), U"机关党") || StartsWith(t.substr(cut), U"机关工会")) return false;
  if (TextView(U"科处室股办").find(t.back()) != TextView::npos) return false;
  // `公安分局|交警大队` is one, too, where no level says that another office begins.
  return IsLevelCharacter(t[cut]) || TextView(U"队所站").find(t.back()) == TextView::npos;
}

std::vector<size_t> GluedNames(TextView t, const UnitLexicon& lexicon) {
  std::vector<size_t> cuts;
  size_t begin = 0;
  if (t.size() > kLongestPhrase || lexicon.Find(t) != nullptr) return cuts;
  int depth = 0;
  for (size_t cut = 1; cut + 2 <= t.size(); ++cut) {
    depth += IsOpenBracket(t[cut - 1]) - IsCloseBracket(t[cut - 1]);
    if (depth > 0) continue;
    if (t.size() <= kLongestName && cut >= begin + 3 && AbutUsualNames(t, begin, cut)) {
      cuts.push_back(cut);
      return cuts;
    }
    if (!IsLevelCharacter(t[cut]) && t[cut] != U'各') continue;
    const TextView left = t.substr(begin, std::min(cut - begin, kLongestName + 1));
    const TextView right = t.substr(cut);
    // The name behind it may be run together with others, so only its beginning is looked at.
    const bool begins = LevelPrefix(right) == 1 || IsCollectiveName(right.substr(0, kLongestName));
    if (left.size() < 3 || !begins || LikenessOfUnit(left) != UnitLikeness::kStrong) continue;
    // `省政府各部门` is one group.
    if (t[cut] == U'各' && (EndsWith(left, U"政府") || EndsWith(left, U"市府")) && right.size() <= 7) continue;
    const size_t known = LevelPrefix(right) == 1 ? EndOfUsualName(t, cut).value_or(0) : t.size();
    const bool name = known > 0 || LikenessOfUnit(right) != UnitLikeness::kNone;
    const bool ends = EndsInUnit(left) || BeginOfUsualName(left, left.size()) == size_t{0} ||
                      LikenessOfUnit(right) != UnitLikeness::kStrong;
    if (!name || !ends || (IsCollectiveName(left) && !EndsInUnit(left))) continue;
    cuts.push_back(cut);
    begin = cut;
    ++cut;
  }
  return cuts;
}

std::pair<size_t, Role> StripListWords(TextView piece) {
  static const WordTable& words = WordTable::Of("role_words");
  Role role = Responsibility::ROLE_UNSPECIFIED;
  size_t size = piece.size();
  while (true) {
    const WordTable::Match word = words.Before(piece, size);
    if (word.length == 0) return {size, role};
    size -= word.length;
    if (word.tag == "LEAD") {
      role = Responsibility::LEAD;
    } else if (word.tag == "COOPERATE" && role != Responsibility::LEAD) {
      role = Responsibility::COOPERATE;
    } else if (word.tag == "RESPONSIBLE" && role == Responsibility::ROLE_UNSPECIFIED) {
      role = Responsibility::RESPONSIBLE;
    }
  }
}

UnitPhrase ParseUnits(const FlowText& phrase, Role default_role, const UnitLexicon& lexicon) {
  if (phrase.size() > kLongestPhrase) return ParseUnits(phrase.Slice(0, kLongestPhrase), default_role, lexicon);
  UnitPhrase out;
  EntryResolver(phrase, lexicon, PhraseCutter(phrase, default_role, lexicon, out).Cut(), out).Resolve();
  return out;
}

UnitPhrase ParseUnits(std::string_view utf8, Role default_role, const UnitLexicon& lexicon) {
  const FlowText flow(utf8);
  return ParseUnits(flow, default_role, lexicon);
}

PhraseLikeness LikenessOfUnits(TextView folded, const UnitLexicon& lexicon) {
  if (folded.empty() || folded.size() > 600 || folded.find_first_of(U"!?“”《》") != TextView::npos) {
    return PhraseLikeness::kNone;
  }
  if (const PhraseLikeness plain = LikenessOfPlainList(folded, lexicon); plain != PhraseLikeness::kNone) return plain;
  SourceLine line;
  line.printed = line.text = folded;
  FlowText flow;
  flow.Append(line);
  const UnitPhrase phrase = ParseUnits(flow, Responsibility::ROLE_UNSPECIFIED, lexicon);
  if (phrase.same_as_above) return PhraseLikeness::kStrong;
  if (phrase.responsibilities.empty()) return PhraseLikeness::kNone;
  size_t strong = 0;
  for (const Responsibility& unit : phrase.responsibilities) {
    const std::u32string name = FoldWidths(DecodeUtf8(unit.printed()));
    const UnitLikeness likeness = LikenessOfUnit(name);
    const bool known = lexicon.Find(name) != nullptr;
    if (likeness == UnitLikeness::kNone && !known) return PhraseLikeness::kNone;
    strong += likeness == UnitLikeness::kStrong || known;
  }
  const bool says_role = ContainsAny(folded, {U"牵头", U"负责", U"配合", U"职责", U"职能"});
  return strong * 2 > phrase.responsibilities.size() || says_role ? PhraseLikeness::kStrong : PhraseLikeness::kWeak;
}

std::vector<std::u32string> UnitNamesIn(const FlowText& phrase) {
  // Read without the lexicon, so that the spelling that is printed is learned and not the one already known.
  static const UnitLexicon& nothing_known = *new UnitLexicon();
  const UnitPhrase read = ParseUnits(phrase, Responsibility::ROLE_UNSPECIFIED, nothing_known);
  std::vector<std::u32string> names;
  for (const Responsibility& unit : read.responsibilities) {
    std::u32string name = DecodeUtf8(unit.unit());
    if (LikenessOfUnit(FoldWidths(name)) != UnitLikeness::kNone) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace duban
