// The words by which a plan document says what a piece of text is: labels in front of units and deadlines, and the
// headers of table columns. One place for all of them. Text is folded. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_DOCUMENT_WORDS_H_
#define DUBAN_SERVICES_PLAN_PHRASES_DOCUMENT_WORDS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/chinese_text.h"

namespace duban {

// What a label or a column is for.
enum class FieldKind {
  kNone,
  kNumber,    // 序号
  kHeading,   // 工作要求, 类别: stands for several tasks
  kTitle,     // 项目名称
  kText,      // 具体任务, 重点任务, 具体要求
  kUnits,     // 牵头单位, 责任科室, 配合单位, 区县
  kDeadline,  // 完成时限
  kRemark,    // 备注, 其他, 责任领导
};

// What a column or label of text says besides: it has a field of its own in a task. kStage: a column that is named by a
// deadline, 一季度, of what is done by then.
// kUnits: of a column whose header says nothing of them.
enum class FieldPurpose : uint8_t { kNone, kPeople, kGoal, kMeasure, kRequirement, kProblem, kStage, kUnits };

// A label such as `牵头单位：` or `【完成时限】`.
struct LabelMatch {
  FieldKind kind = FieldKind::kNone;
  // For kUnits: LEAD, RESPONSIBLE or COOPERATE. `牵头落实单位` joins both roles and makes nobody lead: RESPONSIBLE.
  v1::Responsibility::Role role = v1::Responsibility::ROLE_UNSPECIFIED;
  // Code points, with the colon or closing bracket.
  size_t length = 0;
  FieldPurpose purpose = FieldPurpose::kNone;
  TextView word = {};  // Where it has a purpose: the word that says so. It lasts.

  // Whether what it names has a field of its own in a task beside its text.
  bool has_own_field() const { return purpose != FieldPurpose::kNone && purpose != FieldPurpose::kProblem; }
};

// Whether one of the columns is of one of the kinds.
template <typename... Kind>
bool HasColumn(const std::vector<LabelMatch>& columns, Kind... kinds) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const LabelMatch& column) { return ((column.kind == kinds) || ...); });
}

// The label that stands at `at`: with a colon behind it, in 【】, or just behind an opening bracket; kNone where there
// is none. The same words inside a sentence (`各牵头单位要`) are no label.
LabelMatch MatchLabel(TextView text, size_t at);

// The same where a line or a gap stands in front of `at`, which may also begin words that narrow a label down:
// `项目责任人：`, `实际完成情况：`.
LabelMatch MatchLabelBehindGap(TextView text, size_t at);

// What a header or label says of the part in which those behind it act, whatever noun follows: `牵头站所`, `落实主体`.
v1::Responsibility::Role RoleInHeader(TextView text);

// Whether a label or header may begin with a character: asked first, since nearly every place is none.
bool MayBeginFieldWord(char32_t c);

// A column header, such as `责任单位` or `完成时限`, as the whole of `text`; kNone where it is none.
LabelMatch MatchColumn(TextView text);

// A column header that is a time, 一季度, for tables alone: elsewhere the same words are a deadline.
LabelMatch MatchStageColumn(TextView text);

// The longest column header that `text` has at `at`, for headers run together in one line.
LabelMatch MatchColumnAt(TextView text, size_t at);

// Headers run together at `at`: `序号重点任务牵头单位完成时限`, three at least with units or a deadline among them.
// Returns their length, 0 where there are none; the columns go to `columns`.
size_t MatchHeaderRun(TextView text, size_t at, std::vector<LabelMatch>& columns);
inline bool BeginsHeaders(TextView text, size_t at) {
  std::vector<LabelMatch> columns;
  return MatchHeaderRun(text, at, columns) > 0;
}

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_DOCUMENT_WORDS_H_
