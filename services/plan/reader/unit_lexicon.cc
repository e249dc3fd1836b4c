#include "services/plan/reader/unit_lexicon.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"
#include "services/plan/reader/source_document.h"

namespace duban {
namespace {

constexpr size_t kLongestName = 24;

// Departments and sections that nearly every government has, without their level. They help to find where a name begins
// when it is run together with the text before it, and to repair a name that lost a character.
constexpr TextView kUsualNames[] = {
    U"政府办公室",
    U"政府办",
    U"委办公室",
    U"发展和改革局",
    U"发展改革局",
    U"发展改革委",
    U"发改局",
    U"发改委",
    U"教育局",
    U"科技局",
    U"科学技术局",
    U"工业和信息化局",
    U"工信局",
    U"经信局",
    U"经信委",
    U"民族宗教局",
    U"公安局",
    U"民政局",
    U"司法局",
    U"财政局",
    U"人力资源和社会保障局",
    U"人力资源社会保障局",
    U"人社局",
    U"人力社保局",
    U"自然资源和规划局",
    U"自然资源局",
    U"生态环境局",
    U"环保局",
    U"住房和城乡建设局",
    U"住房城乡建设局",
    U"住建局",
    U"建设局",
    U"交通运输局",
    U"交通局",
    U"水利局",
    U"水务局",
    U"农业农村局",
    U"林业局",
    U"商务局",
    U"文化和旅游局",
    U"文化广电旅游局",
    U"文广旅局",
    U"文旅局",
    U"卫生健康局",
    U"卫生健康委",
    U"卫健局",
    U"卫健委",
    U"退役军人事务局",
    U"应急管理局",
    U"应急局",
    U"审计局",
    U"国资委",
    U"市场监督管理局",
    U"市场监管局",
    U"体育局",
    U"统计局",
    U"医疗保障局",
    U"医保局",
    U"信访局",
    U"行政审批局",
    U"政务服务数据管理局",
    U"政务服务局",
    U"政务服务中心",
    U"行政服务中心",
    U"大数据局",
    U"大数据中心",
    U"大数据管理局",
    U"城市管理局",
    U"城管局",
    U"城管执法局",
    U"综合行政执法局",
    U"税务局",
    U"气象局",
    U"金融办",
    U"金融局",
    U"乡村振兴局",
    U"扶贫办",
    U"供销社",
    U"机关事务管理局",
    U"档案局",
    U"档案馆",
    U"委组织部",
    U"委宣传部",
    U"委统战部",
    U"委政法委",
    U"委网信办",
    U"委编办",
    U"委改革办",
    U"编办",
    U"新闻传媒中心",
    U"融媒体中心",
    U"信息中心",
    U"公共资源交易中心",
    U"总工会",
    U"团委",
    U"妇联",
    U"残联",
    U"科协",
    U"文联",
    U"法院",
    U"检察院",
    U"消防救援大队",
    U"消防救援支队",
    U"办公室",
    U"政策法规科",
    U"法规科",
    U"财务科",
    U"人事科",
    U"综合科",
    U"组织人事科",
    U"机关党委",
    U"机关党办",
    U"规划财务科",
    U"行政审批科",
    U"许可注册科",
    U"执法监督科",
    U"信用监管科",
    U"信用风险科",
    U"综合规划科",
    U"科信科",
    U"食品科",
    U"药品科",
    U"质量科",
    U"计量科",
    U"标准化科",
    U"知识产权科",
    U"特种设备科",
    U"广告科",
    U"投诉举报中心",
    U"执法大队",
    U"综合执法大队",
};

constexpr std::array<TextView, 62> kStrongSuffixes = {
    U"局",     U"委",     U"办",         U"厅",     U"署",     U"科",     U"股",     U"处",      U"办公室",
    U"委员会", U"中心",   U"政府",       U"街道",   U"办事处", U"管委会", U"街道办", U"联合会",  U"总工会",
    U"妇联",   U"残联",   U"科协",       U"文联",   U"侨联",   U"工商联", U"法院",   U"检察院",  U"支队",
    U"大队",   U"总队",   U"海关",       U"单位",   U"部门",   U"科室",   U"处室",   U"股室",    U"公司",
    U"银行",   U"集团",   U"学院",       U"大学",   U"医院",   U"研究室", U"宣传部", U"组织部",  U"统战部",
    U"武装部", U"工作部", U"社会工作部", U"政法委", U"党办",   U"党委",   U"纪委",   U"监委",    U"工会",
    U"档案馆", U"图书馆", U"博物馆",     U"供销社", U"协会",   U"研究院", U"专班",   U"领导小组"};

constexpr std::array<TextView, 34> kWeakSuffixes = {
    U"部",   U"院",   U"室",     U"所",   U"站",   U"队",   U"馆",   U"社",   U"台",   U"组",  U"会",   U"镇",
    U"乡",   U"区",   U"县",     U"市",   U"州",   U"旗",   U"村",   U"园",   U"校",   U"行",  U"企业", U"机关",
    U"机构", U"团体", U"指挥部", U"法庭", U"区县", U"县区", U"镇街", U"乡镇", U"支部", U"党组"};

// What only sentences have.
constexpr TextView kNotInNames = U"。;:!?“”《》\"'+=<>|…%";

// Beginnings of sentences and of words that merely look like a level (市场, 区域).
bool StartsLikeSentence(TextView name) {
  return MatchAny(name, 0,
                  {U"加强", U"推进", U"推动", U"完善", U"建立", U"健全", U"做好", U"开展",   U"落实", U"深化", U"优化",
                   U"规范", U"提升", U"加快", U"强化", U"持续", U"严格", U"积极", U"进一步", U"围绕", U"按照", U"依托",
                   U"组织", U"认真", U"切实", U"制定", U"编制", U"公开", U"统筹", U"聚焦",   U"探索", U"实施", U"全面",
                   U"定期", U"及时", U"指导", U"督促", U"配合", U"牵头", U"负责", U"对",     U"将",   U"以",   U"把",
                   U"在",   U"与",   U"和",   U"为",   U"由",   U"从",   U"向",   U"新建",   U"成立", U"充分", U"发挥",
                   U"贯彻", U"打造", U"构建", U"形成", U"建设", U"梳理", U"充实", U"成为",   U"召开", U"调整"}) > 0;
}

bool IsLevelCharacter(char32_t c) {
  return TextView(U"省市州盟区县旗镇乡").find(c) != TextView::npos;
}

bool OnlyLooksLikeLevel(TextView name) {
  return MatchAny(name, 0,
                  {U"市场", U"市容", U"市政公用", U"市政园林", U"市政工程", U"市政设施", U"市民中心", U"市民服务",
                   U"区域", U"区块", U"县域", U"州县", U"镇街", U"乡村", U"乡镇", U"区县", U"县区", U"市县", U"省市"}) >
         0;
}

bool IsPartyDepartment(TextView rest) {
  return MatchAny(rest, 0,
                  {U"宣传部", U"组织部",   U"统战部", U"政法委",   U"网信办",     U"编办",   U"改革办", U"办公室",
                   U"办",     U"巡察办",   U"台办",   U"老干部局", U"党校",       U"政研室", U"机要",   U"社会工作部",
                   U"社工部", U"直属机关", U"农办",   U"国安办",   U"军民融合办", U"依法治"}) > 0;
}

// Whether what stands in front of 各 narrows the collective (`县直各部门`) and is no unit of its own (`镇水务站各村`).
bool QualifiesCollective(TextView before) {
  return before.size() <= 2 || TextView(U"直级局属内辖组关").find(before.back()) != TextView::npos;
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

template <size_t N>
bool HasSuffix(TextView name, const std::array<TextView, N>& suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](TextView suffix) { return name.size() > suffix.size() && EndsWith(name, suffix); });
}

// Whether `longer` is `shorter` with one character more.
bool LacksOneCharacter(TextView shorter, TextView longer) {
  if (longer.size() != shorter.size() + 1) return false;
  size_t i = 0;
  while (i < shorter.size() && shorter[i] == longer[i]) ++i;
  return shorter.substr(i) == longer.substr(i + 1);
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
  if (each != TextView::npos && each <= 6 && QualifiesCollective(t.substr(0, each))) return true;
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
  if (t.find_first_of(kNotInNames) != TextView::npos || t.find_first_of(U"、,的了") != TextView::npos) {
    return UnitLikeness::kNone;
  }
  if (StartsLikeSentence(t)) return UnitLikeness::kNone;
  if (t[0] == U'各' && t.size() <= 6) {
    return MatchAny(t, 0, {U"各自", U"各项", U"各类", U"各种", U"各方"}) == 0 ? UnitLikeness::kStrong
                                                                              : UnitLikeness::kNone;
  }
  if (t.find(U'各') != TextView::npos && !IsCollectiveName(t)) return UnitLikeness::kNone;
  if (IsCollectiveName(t) && t.size() <= 16) {
    const bool noun =
        HasSuffix(t, kStrongSuffixes) || HasSuffix(t, kWeakSuffixes) || EndsWith(t, U"地") || EndsWith(t, U"方面");
    return noun ? UnitLikeness::kStrong : UnitLikeness::kNone;
  }
  if (HasSuffix(t, kStrongSuffixes)) return UnitLikeness::kStrong;
  if (!HasSuffix(t, kWeakSuffixes) || t.size() > 14) return UnitLikeness::kNone;
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
  for (size_t i = 2; i <= 4 && i + 3 < name.size(); ++i) {
    if ((name[i] == U'市' || name[i] == U'区' || name[i] == U'县' || name[i] == U'旗') && IsHan(name[i + 1]) &&
        !OnlyLooksLikeLevel(name.substr(i))) {
      return name[i + 1] == U'委' && IsPartyDepartment(name.substr(i + 2)) ? i + 2 : i + 1;
    }
  }
  return 0;
}

size_t UnitLexicon::IndexOf(const std::u32string& key) {
  const auto [it, added] = index_.try_emplace(key, entries_.size());
  if (added) entries_.emplace_back();
  return it->second;
}

void UnitLexicon::AddKnown(TextView name, const std::vector<std::u32string>& aliases, const std::string& resolved,
                           bool group) {
  has_directory_ = true;
  const size_t index = IndexOf(UnitKey(name));
  Entry& entry = entries_[index];
  entry.name = std::u32string(name);
  entry.resolved = resolved;
  entry.group = group;
  entry.from_directory = true;
  for (const std::u32string& alias : aliases) index_.try_emplace(UnitKey(alias), index);
}

void UnitLexicon::Learn(TextView folded_name, TextView printed_name) {
  if (folded_name.size() < 2 || folded_name.size() > kLongestName + 16) return;
  Entry& entry = entries_[IndexOf(UnitKey(folded_name))];
  ++entry.count;
  if (entry.from_directory) return;
  const int count = ++spellings_[std::u32string(printed_name)];
  if (entry.name.empty() || (entry.name != printed_name && count > spellings_[entry.name])) entry.name = printed_name;
}

const UnitLexicon::Entry* UnitLexicon::Find(TextView name) const {
  const auto it = index_.find(UnitKey(name));
  return it == index_.end() ? nullptr : &entries_[it->second];
}

std::optional<size_t> UnitLexicon::BeginOfEntryEndingAt(TextView text, size_t end) const {
  const size_t longest = std::min(end, kLongestName);
  for (size_t length = longest; length >= 2; --length) {
    if (Find(text.substr(end - length, length)) != nullptr) return end - length;
  }
  std::optional<size_t> usual;
  for (TextView name : kUsualNames) {
    if (name.size() > end || text.substr(end - name.size(), name.size()) != name) continue;
    if (!usual.has_value() || end - name.size() < *usual) usual = end - name.size();
  }
  if (usual.has_value() && *usual > 0 && IsLevelCharacter(text[*usual - 1])) --*usual;
  return usual;
}

std::optional<size_t> UnitLexicon::EndOfEntryStartingAt(TextView text, size_t begin) const {
  const size_t longest = std::min(text.size() - begin, kLongestName);
  for (size_t length = longest; length >= 2; --length) {
    const char32_t last = text[begin + length - 1];
    if (IsOpenBracket(last)) continue;
    if (Find(text.substr(begin, length)) != nullptr) return begin + length;
  }
  size_t best = 0;
  const size_t skip = begin < text.size() && IsLevelCharacter(text[begin]) ? 1 : 0;
  for (TextView name : kUsualNames) {
    if (StartsWith(text.substr(begin + skip), name)) best = std::max(best, skip + name.size());
    if (StartsWith(text.substr(begin), name)) best = std::max(best, name.size());
  }
  if (best == 0) return std::nullopt;
  return begin + best;
}

std::vector<const UnitLexicon::Entry*> UnitLexicon::Nearest(TextView name, size_t limit) const {
  for (size_t i = nearest_.size(); i < entries_.size(); ++i) nearest_.Add(EncodeUtf8(UnitKey(entries_[i].name)));
  const std::u32string key = UnitKey(name);
  std::vector<const Entry*> nearest;
  nearest_.Find(EncodeUtf8(key), limit, [&](size_t number) {
    const Entry& entry = entries_[number];
    const bool wanted = (entry.from_directory || !has_directory_) && UnitKey(entry.name) != key;
    if (wanted) nearest.push_back(&entry);
    return wanted;
  });
  return nearest;
}

const UnitLexicon::Entry* UnitLexicon::WithLostCharacters(TextView name, std::optional<size_t> gap) const {
  const Entry* found = nullptr;
  const std::u32string key = UnitKey(name);
  for (const Entry& entry : entries_) {
    const std::u32string other = UnitKey(entry.name);
    bool fits = false;
    if (gap.has_value() && name.size() == key.size()) {
      fits = other.size() > key.size() && other.size() <= key.size() + 2 &&
             StartsWith(other, TextView(key).substr(0, *gap)) && EndsWith(other, TextView(key).substr(*gap));
    } else {
      fits = LacksOneCharacter(key, other);
    }
    if (!fits) continue;
    if (found != nullptr && found->name != entry.name) return nullptr;
    found = &entry;
  }
  return found;
}

}  // namespace duban
