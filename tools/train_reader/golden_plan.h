// A plan document with the table a careful reader made of it, and how a reading compares with that table.
//
// Plain values; any thread.
#ifndef DUBAN_TOOLS_TRAIN_READER_GOLDEN_PLAN_H_
#define DUBAN_TOOLS_TRAIN_READER_GOLDEN_PLAN_H_

#include <string>
#include <string_view>
#include <vector>

#include "duban/v1/plan.pb.h"

namespace duban {

struct GoldenUnit {
  std::string printed;
  std::string full;
  v1::Responsibility::Role role = v1::Responsibility::RESPONSIBLE;
};

struct GoldenTask {
  std::string table;
  std::string number;  // Empty: it has none of its own.
  std::vector<std::string> headings;
  std::vector<std::string> texts;  // The text, and other readings of it that can be defended.
  std::vector<GoldenUnit> units;
  bool units_inherited = false;
  std::string printed_deadline;
  v1::Deadline::Kind deadline = v1::Deadline::KIND_UNSPECIFIED;
  std::string due;
  std::string lead_by_rule;
};

struct GoldenPlan {
  std::string name;   // Of the document's file.
  std::string bytes;  // The document.
  std::vector<GoldenTask> tasks;
};

// The documents of a folder such as ../shared/plans, those of its folder `more` behind them; empty where it is absent.
std::vector<GoldenPlan> LoadGoldenPlans(const std::string& folder);

// The documents of a folder, each beside its table `NAME.json`; empty where it is absent.
std::vector<GoldenPlan> LoadTables(const std::string& folder);

// The samples of tests/samples with the tables beside them; what those leave out (headings, printed deadlines) is not
// told.
std::vector<GoldenPlan> LoadSamples(const std::string& folder);

// How a reading compares. The rules are those of score.py in that folder.
struct Comparison {
  int tasks = 0;
  int parsed = 0;
  int found = 0;
  int exact = 0;
  int headings = 0;
  int deadlines = 0;
  int units_golden = 0;
  int units_parsed = 0;
  int units_right = 0;
  int silent = 0;    // Rows that are wrong and no finding names them, and what is missing without a word.
  int needless = 0;  // Right rows that a blocking doubt of the reader stops.

  void Add(const Comparison& other);
  double UnitF1() const;
};
Comparison Compare(const GoldenPlan& golden, const v1::Plan& plan);

// Without spaces, widths and punctuation, as texts are compared.
std::u32string BareText(std::string_view utf8);

}  // namespace duban

#endif  // DUBAN_TOOLS_TRAIN_READER_GOLDEN_PLAN_H_
