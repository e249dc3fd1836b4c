// The one table of findings: every code the reader reports, whether it blocks publishing, and what an answer to it is.
//
// A finding blocks where it changes who must do what by when; the others are told so that nothing repaired or inherited
// goes unseen. Codes are stable: never renamed, never reused. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_FINDINGS_H_
#define DUBAN_SERVICES_PLAN_READER_FINDINGS_H_

#include <string_view>
#include <vector>

namespace duban {

// What the `proposal` and the `answer` of a finding are, so that a settled finding can be applied to its task.
enum class AnswerKind {
  kNone,      // Nothing to apply; it can only be noted.
  kUnitList,  // The phrase of all units of the task (`X牵头，A、B配合`; names alone are RESPONSIBLE): replaces them
              // all.
  kUnitName,  // The full name for the one unit printed as `subject`; several separated by `、` replace it by several.
  kDeadline,  // The deadline phrase of the task: replaces it.
  kNumber,    // The task's number.
};

struct FindingRule {
  std::string_view code;
  bool blocking;
  AnswerKind answer;
  std::string_view title_zh;
  std::string_view title_en;
};

inline constexpr char kNoUnit[] = "NO_UNIT";
inline constexpr char kSharedCell[] = "SHARED_CELL";
inline constexpr char kUnknownUnit[] = "UNKNOWN_UNIT";
inline constexpr char kColumnUnclear[] = "COLUMN_UNCLEAR";
inline constexpr char kBrokenUnit[] = "BROKEN_UNIT";
inline constexpr char kEmptyGroup[] = "EMPTY_GROUP";
inline constexpr char kDuplicateUnit[] = "DUPLICATE_UNIT";
inline constexpr char kUnitNotUnderstood[] = "UNIT_NOT_UNDERSTOOD";
inline constexpr char kReadingUnsure[] = "READING_UNSURE";
inline constexpr char kUnitBoundaryUnclear[] = "UNIT_BOUNDARY_UNCLEAR";
inline constexpr char kInheritedPrefix[] = "INHERITED_PREFIX";
inline constexpr char kOpenUnit[] = "OPEN_UNIT";
inline constexpr char kOpenList[] = "OPEN_LIST";
inline constexpr char kRoleUnclear[] = "ROLE_UNCLEAR";
inline constexpr char kLostParenthesis[] = "LOST_PARENTHESIS";
inline constexpr char kNumberOutOfOrder[] = "NUMBER_OUT_OF_ORDER";
inline constexpr char kNumberRepaired[] = "NUMBER_REPAIRED";
inline constexpr char kHeadingOutOfPlace[] = "HEADING_OUT_OF_PLACE";
inline constexpr char kDeadlinePastAtIssue[] = "DEADLINE_PAST_AT_ISSUE";
inline constexpr char kDeadlineContradiction[] = "DEADLINE_CONTRADICTION";
inline constexpr char kDeadlineNotUnderstood[] = "DEADLINE_NOT_UNDERSTOOD";
inline constexpr char kDeadlineAmbiguous[] = "DEADLINE_AMBIGUOUS";
inline constexpr char kDeadlineWithoutDay[] = "DEADLINE_WITHOUT_DAY";
inline constexpr char kDeadlineInText[] = "DEADLINE_IN_TEXT";
inline constexpr char kDeadlinePassed[] = "DEADLINE_PASSED";
inline constexpr char kNoDeadlines[] = "NO_DEADLINES";
inline constexpr char kNotATask[] = "NOT_A_TASK";
inline constexpr char kNoTasks[] = "NO_TASKS";
inline constexpr char kNoYear[] = "NO_YEAR";
inline constexpr char kHintsApplied[] = "HINTS_APPLIED";
inline constexpr char kPlanRuleFound[] = "PLAN_RULE";

// All codes, in the order in which findings of one line are listed.
const std::vector<FindingRule>& FindingRules();

// The rule of a code; null for a code that is not in the table.
const FindingRule* FindFindingRule(std::string_view code);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_FINDINGS_H_
