// Deadlines in the office's own words. Pure parsers, usable on their own: the document reader uses them for cells,
// labels and running text, the plan service for the answer a person gives to a finding.
//
// The rules, with the plan's year Y where no year is printed:
//   `9月底前` `9月底` `9月` `9月份`      BY_DATE, last day of September      `9月30日前`   BY_DATE, 30 September
//   `12月底前` `年底前` `年内` `Y年底前`  BY_DATE, 31 December                `2025年前`    BY_DATE, 31 December 2024
//   `9月前` `第三季度前`                  BY_DATE, the day before it begins   `三季度`      BY_DATE, 30 September
//   `上半年` `6月中旬` `1-6月`            BY_DATE, its last day               `全年` `1-12月`  WHOLE_PERIOD, 31
//   December `常态化开展` `长期坚持` `持续推进`    STANDING                            `1个工作日内` WORKING_DAYS
//   `每季度` `按月` `每年至少召开一次`    PERIODIC
// `due` is the last day that is still on time. A word that says "before a day" includes the day; a word that says
// "before a year, quarter or month" does not include any of it (DESIGN.md section 7).
//
// Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_DEADLINE_PHRASE_H_
#define DUBAN_SERVICES_PLAN_PHRASES_DEADLINE_PHRASE_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "duban/v1/deadline.pb.h"
#include "services/plan/phrases/chinese_text.h"

namespace duban {

// What a phrase leaves open.
struct DeadlineContext {
  // The plan's year; 0 where unknown.
  int year = 0;
  // `前` behind a month or quarter includes it, as some offices write.
  bool includes_period = false;
};

// A deadline as understood.
struct DeadlinePhrase {
  v1::Deadline deadline;
  // Every word of it was understood. Else `kind` is KIND_UNSPECIFIED and only `printed` is set.
  bool understood = false;
  // A year was needed and neither printed nor in the context; `due` is empty.
  bool lacks_year = false;
  // It names several dates or kinds, or `前` behind a month or quarter, which some offices read as including it; the
  // strict reading was taken.
  bool ambiguous = false;
  // `立行立改`: at once, and no day is named. KIND_UNSPECIFIED.
  bool at_once = false;
};

// Reads a whole phrase, such as the contents of a deadline cell. An empty phrase, or one that is only a dash, is
// understood and has KIND_UNSPECIFIED.
DeadlinePhrase ParseDeadline(std::string_view utf8, const DeadlineContext& context);
// The same for folded text; `printed` is left to the caller.
DeadlinePhrase ParseDeadline(TextView folded, const DeadlineContext& context);

// A deadline inside running text.
struct FoundDeadline {
  size_t begin = 0;
  size_t end = 0;
  DeadlinePhrase phrase;
};

// Deadlines and frequencies that running text states: dates that say they are an end (`6月底前`, `年内`), frequencies
// (`每年至少召开一次`, `按月`), working days. Other dates (`2022年政务公开`) are none. In order, not overlapping.
std::vector<FoundDeadline> FindDeadlines(TextView folded, const DeadlineContext& context);

// A part of a phrase with a date of its own: `3月底前|完成方案`.
struct DeadlineStage {
  size_t begin = 0;  // Of the date.
  size_t end = 0;
  size_t text_begin = 0;  // Of what is done by then; empty where nothing else is printed.
  size_t text_end = 0;
};

// The stages a phrase consists of, such as the contents of a deadline cell: at least two clauses that begin with a date
// each (`一季度完成方案；二季度完成招标，年底前竣工`), one of them with a text; else none.
std::vector<DeadlineStage> StagesIn(TextView folded);

// Where the deadline begins that `folded` ends with; nothing where it ends with none. Looks at the last 40 characters.
std::optional<size_t> DeadlineSuffix(TextView folded);

// Whether the text begins with a date that may be an end: `12月底前通车`, but not `2024年计划`.
bool StartsWithDate(TextView folded);

// Whether the whole text is a deadline.
bool IsDeadline(TextView folded);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_DEADLINE_PHRASE_H_
