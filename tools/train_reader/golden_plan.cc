#include "tools/train_reader/golden_plan.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "common/base/text.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Struct;
using google::protobuf::Value;
using v1::Responsibility;

std::string Slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

const Value& Get(const Struct& object, const char* name) {
  static const Value& nothing = *new Value();
  const auto it = object.fields().find(name);
  return it == object.fields().end() ? nothing : it->second;
}

std::vector<std::string> Strings(const Value& value) {
  std::vector<std::string> all;
  if (value.has_list_value()) {
    for (const Value& entry : value.list_value().values()) all.push_back(entry.string_value());
  } else if (!value.string_value().empty()) {
    all.push_back(value.string_value());
  }
  return all;
}

GoldenTask TaskOf(const Struct& object) {
  static const auto& kinds = *new std::map<std::string, v1::Deadline::Kind>{
      {"by_date", v1::Deadline::BY_DATE},           {"year_round", v1::Deadline::WHOLE_PERIOD},
      {"ongoing", v1::Deadline::STANDING},          {"recurring", v1::Deadline::PERIODIC},
      {"working_days", v1::Deadline::WORKING_DAYS}, {"none", v1::Deadline::KIND_UNSPECIFIED}};
  GoldenTask task;
  task.table = Get(object, "table").string_value();
  task.number = Get(object, "no").string_value();
  task.headings = Strings(Get(object, "sections"));
  task.texts = Strings(Get(object, "text"));
  for (std::string& also : Strings(Get(object, "text_also"))) task.texts.push_back(std::move(also));
  for (const Value& entry : Get(object, "units").list_value().values()) {
    const Struct& unit = entry.struct_value();
    const std::string& role = Get(unit, "role").string_value();
    task.units.push_back({Get(unit, "raw").string_value(), Get(unit, "full").string_value(),
                          role == "lead"        ? Responsibility::LEAD
                          : role == "cooperate" ? Responsibility::COOPERATE
                                                : Responsibility::RESPONSIBLE});
  }
  task.units_inherited = Get(object, "units_inherited").bool_value();
  const Struct& deadline = Get(object, "deadline").struct_value();
  task.printed_deadline = Get(deadline, "raw").string_value();
  task.due = Get(deadline, "due").string_value();
  task.deadline = kinds.at(Get(deadline, "kind").string_value());
  task.lead_by_rule = Get(object, "lead_by_rule").string_value();
  return task;
}

bool LoadGolden(const fs::path& table, const fs::path& document, std::vector<GoldenPlan>& plans) {
  Struct object;
  if (!google::protobuf::util::JsonStringToMessage(Slurp(table), &object).ok()) return false;
  GoldenPlan plan{document.filename().string(), Slurp(document), {}};
  for (const Value& task : Get(object, "tasks").list_value().values())
    plan.tasks.push_back(TaskOf(task.struct_value()));
  plans.push_back(std::move(plan));
  return true;
}

// `L:A、B R:C*` in a line of a sample's table.
void AddSampleUnits(const std::string& part, GoldenTask& task) {
  std::istringstream words(part);
  std::string word;
  while (words >> word) {
    if (word.size() < 3 || word[1] != ':') continue;
    const Responsibility::Role role = word[0] == 'L'   ? Responsibility::LEAD
                                      : word[0] == 'C' ? Responsibility::COOPERATE
                                                       : Responsibility::RESPONSIBLE;
    std::string rest = word.substr(2);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find("、"), rest.size());
      std::string name = rest.substr(0, end);
      if (!name.empty() && name.back() == '*') name.pop_back();
      task.units.push_back({name, name, role});
      rest.erase(0, std::min(end + 3, rest.size()));
    }
  }
}

GoldenPlan SampleOf(const fs::path& document, const std::string& table) {
  GoldenPlan plan{document.filename().string(), Slurp(document), {}};
  std::istringstream lines(table);
  std::string line, name, row;
  while (std::getline(lines, line)) {
    if (line == "[findings]") break;
    if (!line.empty() && line[0] == '[') {
      name = line.substr(1, line.size() - 2);
    } else if (line.substr(0, 2) == "= " && !row.empty()) {
      GoldenTask task;
      task.table = name;
      task.number = row.substr(0, row.find(' '));
      task.texts = {line.substr(2)};
      const size_t units = row.find(" | ", row.find(" | ") + 3);
      if (units != std::string::npos)
        AddSampleUnits(row.substr(units + 3, row.find(" | ", units + 3) - units - 3), task);
      plan.tasks.push_back(std::move(task));
    } else {
      row = name.empty() ? "" : line;
    }
  }
  return plan;
}

// A name as names are compared: without spaces, brackets of one kind.
std::u32string BareName(const std::string& utf8) {
  std::u32string name;
  for (char32_t c : FoldWidths(DecodeUtf8(utf8))) {
    if (c == ' ') continue;
    name.push_back(c == U'〔' || c == U'﹝' ? '(' : c == U'〕' || c == U'﹞' ? ')' : c);
  }
  return name;
}

// A heading without its number.
std::u32string BareHeading(const std::string& utf8) {
  const std::u32string text = FoldWidths(DecodeUtf8(utf8));
  return BareText(EncodeUtf8(TextView(text).substr(MatchMark(text, 0).length)));
}

// Whether two texts are at least 0.97 alike: of equal beginnings and ends, a short stretch differs.
bool Similar(const std::u32string& a, const std::u32string& b) {
  if (a.empty() || b.empty()) return a == b;
  const size_t most = std::min(a.size(), b.size());
  size_t head = 0;
  while (head < most && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < most - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  return 2.0 * static_cast<double>(head + tail) >= 0.97 * static_cast<double>(a.size() + b.size());
}

class Comparer {
 public:
  Comparer(const GoldenPlan& golden, const v1::Plan& plan) : golden_(golden), plan_(plan) {}

  Comparison Run() {
    Match();
    for (const v1::Finding& finding : plan_.findings()) {
      named_.insert(finding.task());
      if (finding.blocking() && IsDoubt(finding.code())) blocked_.insert(finding.task());
      if (finding.code() == "NO_UNIT") asked_.insert(finding.task());
      told_ =
          told_ || finding.code() == "NO_TASKS" || finding.code() == "NOT_A_TASK" || finding.code() == "READING_UNSURE";
    }
    out_.tasks = static_cast<int>(golden_.tasks.size());
    out_.parsed = plan_.tasks_size();
    for (const GoldenTask& task : golden_.tasks) out_.units_golden += static_cast<int>(task.units.size());
    for (const v1::Task& task : plan_.tasks()) out_.units_parsed += task.responsibilities_size();
    std::set<int> exact;
    for (const auto& [g, p] : pairs_) {
      ++out_.found;
      if (IsExact(golden_.tasks[g], plan_.tasks(p))) exact.insert(p);
    }
    out_.exact = static_cast<int>(exact.size());
    for (int p = 0; p < plan_.tasks_size(); ++p) {
      const std::string& id = plan_.tasks(p).task_id();
      if (exact.contains(p)) {
        out_.needless += blocked_.contains(id);
      } else {
        out_.silent += !named_.contains(id);
      }
    }
    if (out_.tasks > out_.parsed && !told_) out_.silent += out_.tasks - out_.parsed;
    return out_;
  }

 private:
  static bool IsDoubt(const std::string& code) {
    static const auto& codes =
        *new std::set<std::string>{"READING_UNSURE",          "UNIT_BOUNDARY_UNCLEAR", "UNIT_NOT_UNDERSTOOD",
                                   "DEADLINE_NOT_UNDERSTOOD", "ROLE_UNCLEAR",          "NUMBER_OUT_OF_ORDER"};
    return codes.contains(code);
  }

  // Pairs tasks by their texts, a title in front of the text or among the headings.
  void Match() {
    std::vector<std::vector<std::u32string>> parsed;
    for (const v1::Task& task : plan_.tasks()) {
      const std::u32string text = BareText(task.text());
      parsed.push_back({text, BareText(task.title()) + text});
      if (task.headings_size() > 0) parsed.back().push_back(BareHeading(*task.headings().rbegin()) + text);
    }
    std::set<int> used;
    for (int pass = 0; pass < 2; ++pass) {
      for (int g = 0; g < static_cast<int>(golden_.tasks.size()); ++g) {
        if (pairs_.contains(g)) continue;
        const std::optional<int> p = FindFor(golden_.tasks[g], parsed, used, pass == 1);
        if (!p.has_value()) continue;
        pairs_[g] = *p;
        used.insert(*p);
      }
    }
  }

  static std::optional<int> FindFor(const GoldenTask& task, const std::vector<std::vector<std::u32string>>& parsed,
                                    const std::set<int>& used, bool near) {
    std::vector<std::u32string> wanted;
    for (const std::string& text : task.texts) wanted.push_back(BareText(text));
    if (task.number.empty() && !task.headings.empty()) {
      wanted.push_back(BareHeading(task.headings.back()) + wanted.front());
    }
    for (int p = 0; p < static_cast<int>(parsed.size()); ++p) {
      if (used.contains(p)) continue;
      for (const std::u32string& text : parsed[p]) {
        for (const std::u32string& want : wanted) {
          if (text == want || (near && Similar(text, want))) return p;
        }
      }
    }
    return std::nullopt;
  }

  static bool SameHeadings(const GoldenTask& g, const v1::Task& p) {
    std::vector<std::u32string> a, b;
    for (const std::string& heading : g.headings) a.push_back(BareText(heading));
    for (const std::string& heading : p.headings()) b.push_back(BareText(heading));
    if (a == b) return true;
    const std::u32string text = BareText(p.text());
    const std::u32string own = BareText(g.texts.front());
    const auto without_last = [](std::vector<std::u32string> all) {
      if (!all.empty()) all.pop_back();
      return all;
    };
    if (!a.empty() && without_last(a) == b && g.number.empty() && text == BareHeading(g.headings.back()) + own) {
      return true;
    }
    return !b.empty() && a == without_last(b) && BareHeading(*p.headings().rbegin()) + text == own;
  }

  bool IsExact(const GoldenTask& g, const v1::Task& p) {
    const bool own_title = g.number.empty() && !g.headings.empty() && BareText(p.text()) != BareText(g.texts.front());
    const bool number = g.number.empty() ? own_title || p.printed_number().empty()
                                         : BareText(g.number) == BareText(std::to_string(p.number()));
    const bool headings = SameHeadings(g, p);
    const bool deadline =
        p.deadline().kind() == g.deadline && (g.deadline != v1::Deadline::BY_DATE || p.deadline().due() == g.due);
    out_.headings += headings;
    out_.deadlines += deadline;
    return UnitsAreRight(g, p) && number && headings && deadline;
  }

  bool UnitsAreRight(const GoldenTask& g, const v1::Task& p) {
    static const std::set<std::string> open = {"相关部门", "相关单位", "有关部门", "有关单位"};
    const bool inherited = g.units_inherited && asked_.contains(p.task_id()) && p.responsibilities().empty();
    std::set<std::string> printed;
    for (const Responsibility& unit : p.responsibilities()) printed.insert(unit.printed());
    std::map<std::u32string, const GoldenUnit*> wanted;
    for (const GoldenUnit& unit : g.units) {
      if (inherited || (open.contains(unit.printed) && !printed.contains(unit.printed))) continue;
      wanted[BareName(unit.printed)] = &unit;
    }
    size_t right = 0;
    size_t roles = 0;
    bool extra = false;
    for (const Responsibility& unit : p.responsibilities()) {
      auto it = wanted.find(BareName(unit.printed()));
      if (it == wanted.end()) it = wanted.find(BareName(unit.unit()));
      if (it == wanted.end()) {
        extra = extra || !(unit.open() || open.contains(unit.printed()));
        continue;
      }
      ++right;
      const bool by_rule = unit.role() == Responsibility::LEAD && !g.lead_by_rule.empty() &&
                           (BareName(g.lead_by_rule) == it->first || g.lead_by_rule == it->second->full);
      roles += unit.role() == it->second->role || by_rule;
    }
    out_.units_right += static_cast<int>(right);
    return right == wanted.size() && roles == right && !extra;
  }

  const GoldenPlan& golden_;
  const v1::Plan& plan_;
  std::map<int, int> pairs_;
  std::set<std::string> named_, blocked_, asked_;
  bool told_ = false;
  Comparison out_;
};

}  // namespace

std::u32string BareText(std::string_view utf8) {
  std::u32string bare;
  for (char32_t c : FoldWidths(DecodeUtf8(utf8))) {
    if (c > ' ' && TextView(U"。.,、;:()“”\"'﹝﹞〔〕[]《》").find(c) == TextView::npos) bare.push_back(c);
  }
  return bare;
}

std::vector<GoldenPlan> LoadGoldenPlans(const std::string& folder) {
  std::vector<GoldenPlan> plans;
  std::error_code error;
  std::vector<fs::path> first;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") first.push_back(entry.path());
  }
  std::sort(first.begin(), first.end());
  for (const fs::path& document : first) {
    LoadGolden(fs::path(folder) / "golden" / ("seed_" + document.filename().string().substr(0, 3) + ".json"), document,
               plans);
  }
  for (GoldenPlan& plan : LoadTables((fs::path(folder) / "more").string())) plans.push_back(std::move(plan));
  return plans;
}

std::vector<GoldenPlan> LoadTables(const std::string& folder) {
  std::vector<GoldenPlan> plans;
  std::error_code error;
  std::vector<fs::path> tables;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") tables.push_back(entry.path());
  }
  std::sort(tables.begin(), tables.end());
  for (const fs::path& table : tables) {
    for (const char* ending : {".txt", ".html", ".docx", ".xlsx", ".csv", ".pdf"}) {
      fs::path document = table;
      document.replace_extension(ending);
      if (fs::exists(document)) LoadGolden(table, document, plans);
    }
  }
  return plans;
}

std::vector<GoldenPlan> LoadSamples(const std::string& folder) {
  std::vector<fs::path> tables;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".expected") tables.push_back(entry.path());
  }
  std::sort(tables.begin(), tables.end());
  std::vector<GoldenPlan> plans;
  for (const fs::path& table : tables) {
    for (const char* ending : {".txt", ".html", ".docx"}) {
      fs::path document = table;
      document.replace_extension(ending);
      if (fs::exists(document)) plans.push_back(SampleOf(document, Slurp(table)));
    }
  }
  return plans;
}

void Comparison::Add(const Comparison& other) {
  tasks += other.tasks, parsed += other.parsed, found += other.found, exact += other.exact, headings += other.headings;
  deadlines += other.deadlines, units_golden += other.units_golden, units_parsed += other.units_parsed;
  units_right += other.units_right, silent += other.silent, needless += other.needless;
}

double Comparison::UnitF1() const {
  const int entries = units_golden + units_parsed;
  return entries == 0 ? 1 : 2.0 * units_right / entries;
}

Comparison Compare(const GoldenPlan& golden, const v1::Plan& plan) {
  return Comparer(golden, plan).Run();
}

}  // namespace duban
