// One plan, every layout: a random plan is written the way offices write plans, and has to be read back the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tests/support/plan_lines.h"
#include "tests/support/xlsx_builder.h"

namespace duban {
namespace {

constexpr int kSeeds = 40;

const std::vector<std::string> kUnits = {"市财政局",   "市教育局",     "市卫生健康委", "市政务服务局",
                                         "市委宣传部", "各区政府",     "市住建局",     "市大数据局",
                                         "市审计局",   "市交通运输局", "各街道",       "市民政局",
                                         "市司法局",   "市直各部门",   "市应急管理局", "市公共资源交易中心"};
const std::vector<std::string> kClauses = {
    "完善办事指南",       "公布收费清单",   "开设综合窗口",         "培训窗口人员",
    "梳理常见问题",       "推行预约办理",   "统一受理标准",         "上门服务行动不便的人",
    "减少要交的材料",     "开通网上查询",   "把结果寄到申请人手中", "回访不满意的办件",
    "在社区设立自助终端", "合并重复的环节", "缩短排队时间",         "公开办理进度"};
struct Phrase {
  const char* printed;
  const char* meaning;
};
const std::vector<Phrase> kDeadlines = {
    {"9月底前", "BY_DATE 2024-09-30"},       {"全年", "WHOLE_PERIOD 2024-12-31"}, {"长期坚持", "STANDING"},
    {"12月底前", "BY_DATE 2024-12-31"},      {"每季度", "PERIODIC QUARTERLY 1"},  {"上半年", "BY_DATE 2024-06-30"},
    {"2024年10月底前", "BY_DATE 2024-10-31"}};
const std::vector<std::string> kNumerals = {"一", "二", "三", "四", "五"};

struct RandomTask {
  size_t chapter;  // From 0.
  int number;      // Running.
  std::string text;
  std::vector<std::string> lead, share, help;
  Phrase deadline;
};

struct RandomPlan {
  std::vector<std::string> chapters;
  std::vector<RandomTask> tasks;
};

RandomPlan MakePlan(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  RandomPlan plan;
  const size_t chapters = 1 + below(kNumerals.size());
  int number = 0;
  for (size_t c = 0; c < chapters; ++c) {
    plan.chapters.push_back(kNumerals[c] + "、改进第" + kNumerals[c] + "类服务");
    const size_t tasks = 1 + below(6);
    for (size_t t = 0; t < tasks; ++t) {
      RandomTask task{c, ++number, "", {}, {}, {}, kDeadlines[below(kDeadlines.size())]};
      const size_t clauses = 2 + below(4);
      size_t clause = below(kClauses.size());
      for (size_t k = 0; k < clauses; ++k) {
        task.text += (k == 0 ? "" : "，") + kClauses[clause % kClauses.size()];
        clause += 1 + below(3);
      }
      task.text += "。";
      std::vector<std::string> pool = kUnits;
      std::shuffle(pool.begin(), pool.end(), random);
      const auto take = [&](std::vector<std::string>& to, size_t count) {
        for (size_t k = 0; k < count; ++k) to.push_back(pool.back()), pool.pop_back();
      };
      take(task.lead, below(3));
      take(task.share, task.lead.empty() ? 1 + below(3) : below(3));
      take(task.help, task.lead.empty() ? 0 : below(3));
      plan.tasks.push_back(std::move(task));
    }
  }
  return plan;
}

std::string Join(const std::vector<std::string>& units) {
  std::string joined;
  for (const std::string& unit : units) joined += (joined.empty() ? "" : "、") + unit;
  return joined;
}

// `A牵头，B负责，C配合`.
std::string RolePhrase(const RandomTask& task) {
  std::string phrase;
  const auto add = [&](const std::vector<std::string>& units, const char* word) {
    if (!units.empty()) phrase += (phrase.empty() ? "" : "，") + Join(units) + word;
  };
  add(task.lead, "牵头");
  add(task.share, task.lead.empty() ? "" : "负责");
  add(task.help, "配合");
  return phrase;
}

std::string ExpectedLine(const RandomTask& task, bool chapters) {
  const auto list = [](const char* letter, const std::vector<std::string>& units) {
    std::string line;
    for (const std::string& unit : units) {
      const bool collective = unit.find("各") != std::string::npos;
      line += (line.empty() ? letter : "、") + unit + (collective ? "*" : "");
    }
    return line;
  };
  std::string units;
  for (const std::string& part : {list("L:", task.lead), list("R:", task.share), list("C:", task.help)}) {
    if (!part.empty()) units += (units.empty() ? "" : " ") + part;
  }
  return std::to_string(task.number) + " | " + (chapters ? kNumerals[task.chapter] + "、" : "") + " | " + units +
         " | " + task.deadline.meaning + " = " + task.text;
}

struct Layout {
  const char* name;
  bool chapters;  // Whether it prints them.
  std::function<std::string(const RandomPlan&)> write;
  const char* source_name = "plan.txt";
};

using Rows = std::vector<std::vector<std::string>>;

// A sheet of the plan: a title, headers, a merged row for each chapter, a row for each task. `merges` gets the merged
// rows.
Rows SheetOf(const RandomPlan& plan, std::string& merges) {
  Rows rows = {{"澄江市2024年便民服务工作要点分工"},
               {"序号", "工作任务", "牵头单位", "责任单位", "配合单位", "完成时限", "备注"}};
  const auto merge = [&] {
    const std::string row = std::to_string(rows.size());
    merges += "<mergeCell ref=\"A" + row + ":G" + row + "\"/>";
  };
  merges = "<mergeCell ref=\"A1:G1\"/>";
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const RandomTask& task = plan.tasks[i];
    if (i == 0 || task.chapter != plan.tasks[i - 1].chapter) {
      rows.push_back({plan.chapters[task.chapter]});
      merge();
    }
    rows.push_back({std::to_string(task.number), task.text, Join(task.lead), Join(task.share), Join(task.help),
                    task.deadline.printed, ""});
  }
  merges = "<mergeCells>" + merges + "</mergeCells>";
  return rows;
}

// The sheet as separated values, every other cell in quotes.
std::string Separated(const RandomPlan& plan, char separator) {
  std::string merges, text;
  for (const std::vector<std::string>& row : SheetOf(plan, merges)) {
    for (size_t c = 0; c < 7; ++c) {
      const std::string cell = c < row.size() ? row[c] : "";
      text += (c == 0 ? "" : std::string(1, separator)) + (c % 2 == 1 ? "\"" + cell + "\"" : cell);
    }
    text += "\r\n";
  }
  return text;
}

// Calls `row` for each task, and `chapter` before the first of each chapter.
std::string Write(const RandomPlan& plan, const std::string& head,
                  const std::function<std::string(const std::string&)>& chapter,
                  const std::function<std::string(const RandomTask&)>& row) {
  std::string text = "澄江市2024年便民服务工作要点分工\n\n" + head;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const bool begins = i == 0 || plan.tasks[i].chapter != plan.tasks[i - 1].chapter;
    if (begins) text += chapter(plan.chapters[plan.tasks[i].chapter]);
    text += row(plan.tasks[i]);
  }
  return text + "\n";
}

std::string Number(const RandomTask& task) {
  return std::to_string(task.number);
}

const auto kLine = [](const std::string& chapter) { return chapter + "\n"; };
const auto kNothing = [](const std::string&) { return std::string(); };

// tidy: allow function-length because it is a table, an entry for each layout
std::vector<Layout> Layouts() {
  return {
      {"CellsWithNumberedText", true,
       [](const RandomPlan& plan) {
         return Write(
             plan, "\t工作任务\n\t责任单位\n\t完成时限\n\n", [](const std::string& c) { return "\t" + c + "\n"; },
             [](const RandomTask& t) {
               return "\t" + Number(t) + "．" + t.text + "\n\t" + RolePhrase(t) + "\n\t" + t.deadline.printed + "\n\n";
             });
       }},
      {"CellsWithNumberColumn", false,
       [](const RandomPlan& plan) {
         return Write(plan, "序号\n\n重点任务\n\n责任单位\n\n完成时限\n\n", kNothing, [](const RandomTask& t) {
           return Number(t) + "\n\n" + t.text + "\n\n" + RolePhrase(t) + "\n\n" + t.deadline.printed + "\n\n";
         });
       }},
      {"CellsWithUnitsFirst", false,
       [](const RandomPlan& plan) {
         return Write(plan, "序号\n责任单位\n完成时限\n重点任务\n", kNothing, [](const RandomTask& t) {
           return Number(t) + "\n" + RolePhrase(t) + "\n" + t.deadline.printed + "\n" + t.text + "\n";
         });
       }},
      {"PipeTable", true,
       [](const RandomPlan& plan) {
         return Write(
             plan, "| 序号 | 工作任务 | 牵头单位 | 责任单位 | 配合单位 | 完成时限 |\n|---|---|---|---|---|---|\n",
             [](const std::string& c) { return "| " + c + " | | | | | |\n"; },
             [](const RandomTask& t) {
               return "| " + Number(t) + " | " + t.text + " | " + Join(t.lead) + " | " + Join(t.share) + " | " +
                      Join(t.help) + " | " + t.deadline.printed + " |\n";
             });
       }},
      {"TabTable", false,
       [](const RandomPlan& plan) {
         return Write(plan, "序号\t完成时限\t工作任务\t责任单位\n", kNothing, [](const RandomTask& t) {
           return Number(t) + "\t" + t.deadline.printed + "\t" + t.text + "\t" + RolePhrase(t) + "\n";
         });
       }},
      {"SquashedRows", true,
       [](const RandomPlan& plan) {
         return Write(
             plan, "工作要求具体任务责任单位完成时限\n", [](const std::string& c) { return c; },
             [](const RandomTask& t) { return Number(t) + "." + t.text + RolePhrase(t) + t.deadline.printed + "\n"; });
       }},
      {"AllRowsInOneLine", true,
       [](const RandomPlan& plan) {
         return Write(
             plan, "工作要求具体任务责任单位完成时限", [](const std::string& c) { return c; },
             [](const RandomTask& t) { return Number(t) + "." + t.text + RolePhrase(t) + t.deadline.printed; });
       }},
      {"InlineLabels", true,
       [](const RandomPlan& plan) {
         return Write(plan, "", kLine, [](const RandomTask& t) {
           std::string row = Number(t) + "、" + t.text + "（";
           if (!t.lead.empty()) row += "牵头单位：" + Join(t.lead) + "；";
           if (!t.share.empty()) row += "责任单位：" + Join(t.share) + "；";
           if (!t.help.empty()) row += "配合单位：" + Join(t.help) + "；";
           return row + "完成时限：" + t.deadline.printed + "）\n";
         });
       }},
      {"LabelLines", true,
       [](const RandomPlan& plan) {
         return Write(plan, "", kLine, [](const RandomTask& t) {
           std::string row = Number(t) + ". " + t.text + "\n";
           if (!t.lead.empty()) row += "牵头单位：" + Join(t.lead) + "\n";
           if (!t.share.empty()) row += "责任单位：" + Join(t.share) + "\n";
           if (!t.help.empty()) row += "配合单位：" + Join(t.help) + "\n";
           return row + "完成时限：" + t.deadline.printed + "\n";
         });
       }},
      {"Brackets", true,
       [](const RandomPlan& plan) {
         return Write(plan, "", kLine, [](const RandomTask& t) {
           return Number(t) + "." + t.text + "(" + RolePhrase(t) + "，" + t.deadline.printed + ")\n";
         });
       }},
      {"Workbook", true,
       [](const RandomPlan& plan) {
         std::string merges;
         const std::string rows = SheetRows(SheetOf(plan, merges));
         return BuildXlsx(rows + merges);
       },
       "plan.xlsx"},
      {"CommaSeparated", true, [](const RandomPlan& plan) { return Separated(plan, ','); }, "plan.csv"},
      {"TabSeparated", true, [](const RandomPlan& plan) { return Separated(plan, '\t'); }, "plan.tsv"},
  };
}

class DocumentLayout : public ::testing::TestWithParam<Layout> {};

TEST_P(DocumentLayout, AnyPlanIsReadBackTheSame) {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    const RandomPlan plan = MakePlan(seed);
    const std::string text = GetParam().write(plan);
    const absl::StatusOr<SourceDocument> source = ReadSource(text, GetParam().source_name);
    ASSERT_TRUE(source.ok()) << source.status();
    const absl::StatusOr<v1::Plan> read = DocumentToPlan(*source, ReadContext());
    ASSERT_TRUE(read.ok()) << read.status();
    std::vector<std::string> expected, actual;
    for (const RandomTask& task : plan.tasks) expected.push_back(ExpectedLine(task, GetParam().chapters));
    for (const v1::Task& task : read->tasks()) {
      actual.push_back(std::to_string(task.number()) + " | " + HeadingsLine(task) + " | " + UnitsLine(task) + " | " +
                       DeadlineLine(task.deadline()) + " = " + task.text());
    }
    ASSERT_EQ(actual, expected) << "seed " << seed << "\n" << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, DocumentLayout, ::testing::ValuesIn(Layouts()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace duban
