#include "services/plan/directory/directory_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/strings.h"

namespace duban {
namespace {

struct KindByEnding {
  std::string_view ending;
  std::string_view kind;
};
// The first ending that fits decides.
constexpr KindByEnding kEndings[] = {
    {"法院", "其他"},   {"检察院", "其他"},     {"政府", "政府"}, {"区", "政府"},   {"县", "政府"},
    {"街道", "街道"},   {"街道办事处", "街道"}, {"镇", "街道"},   {"乡", "街道"},   {"科", "科室"},
    {"处", "科室"},     {"股", "科室"},         {"室", "科室"},   {"中心", "机构"}, {"公司", "机构"},
    {"管委会", "机构"}, {"所", "机构"},         {"院", "机构"},   {"集团", "机构"}, {"联", "其他"},
    {"协会", "其他"},   {"工会", "其他"},       {"党办", "科室"},
};

// Words in the name of a group, and which kinds its members are.
constexpr KindByEnding kGroupWords[] = {
    {"街道", "街道"}, {"镇", "街道"},   {"科室", "科室"}, {"处室", "科室"},
    {"区县", "政府"}, {"各区", "政府"}, {"各县", "政府"}, {"政府", "政府"},
};

std::string_view KindOf(std::string_view name) {
  // 办公室 of a government is a department; the 室 of a bureau is a section.
  if (name.ends_with("政府办公室") || name.ends_with("委办公室")) return "部门";
  for (const KindByEnding& known : kEndings) {
    if (name.ends_with(known.ending)) return known.kind;
  }
  return "部门";
}

std::string KindsOf(std::string_view group) {
  if (group.ends_with("局")) return "部门";
  for (const KindByEnding& known : kGroupWords) {
    if (group.find(known.ending) != std::string_view::npos) return std::string(known.kind);
  }
  return "部门+机构+其他";
}

// A cell that a list separator, comma or quote inside would break is put in quotes.
std::string Cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted.append("\"");
}

// Collects names in order, each once.
class Names {
 public:
  explicit Names(std::set<std::string> known) : seen_(std::move(known)) {}
  void Add(const std::string& name, bool group) {
    if (name.empty() || !seen_.insert(name).second) return;
    (group ? groups_ : units_).push_back(name);
  }
  const std::vector<std::string>& units() const { return units_; }
  const std::vector<std::string>& groups() const { return groups_; }

 private:
  std::set<std::string> seen_;
  std::vector<std::string> units_;
  std::vector<std::string> groups_;
};

bool IsGroupRule(const v1::PlanRule& rule) {
  return std::string_view(rule.unit()).starts_with("各");
}

}  // namespace

std::string DirectoryLinesOf(const std::vector<v1::Plan>& plans, const DirectoryLinesOptions& options) {
  std::string issuer = options.issuer;
  if (issuer.empty() && !plans.empty()) issuer = plans[0].issuing_unit();
  if (issuer.empty()) issuer = "本级政府";
  std::set<std::string> known = options.known;
  known.insert(issuer);
  Names names(std::move(known));
  for (const v1::Plan& plan : plans) {
    for (const v1::Task& task : plan.tasks()) {
      for (const v1::Responsibility& responsibility : task.responsibilities()) {
        if (!responsibility.open()) names.Add(responsibility.unit(), responsibility.collective());
      }
    }
    for (const v1::PlanRule& rule : plan.plan_rules()) names.Add(rule.unit(), IsGroupRule(rule));
  }
  std::string file = "名称,类别,上级,节点,按类别\n";
  const auto node_of = [&](const std::string& name) {
    const auto found = options.nodes.find(name);
    return found == options.nodes.end() ? std::string() : found->second;
  };
  if (!options.known.contains(issuer)) {
    StrAppend(&file, Cell(issuer), ",", KindOf(issuer), ",,", node_of(issuer), ",\n");
  }
  for (const std::string& unit : names.units()) {
    StrAppend(&file, Cell(unit), ",", KindOf(unit), ",", Cell(issuer), ",", node_of(unit), ",\n");
  }
  for (const std::string& group : names.groups()) {
    StrAppend(&file, Cell(group), ",集合,,,", Cell(StrCat(issuer, ":", KindsOf(group))), "\n");
  }
  return file;
}

}  // namespace duban
