// Numbering in front of headings and tasks: 一、（一）1.（1）① 问题1：. Text is folded. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_OUTLINE_H_
#define DUBAN_SERVICES_PLAN_PHRASES_OUTLINE_H_

#include <cstddef>

#include "services/plan/phrases/chinese_text.h"

namespace duban {

// The usual order of numbering, outermost first.
enum OutlineLevel { kNoLevel = 0, kChapter = 1, kSection = 2, kItem = 3, kSubitem = 4, kPoint = 5 };

// A number that stands at some place.
struct OutlineMark {
  OutlineLevel level = kNoLevel;
  int number = 0;
  size_t length = 0;  // Of the printed mark, such as 3 for `(一)`.
};

// The mark at `at`; kNoLevel where there is none. `1.2万` and `2022年` are none; `22.2022年底前` is number 22.
OutlineMark MatchMark(TextView text, size_t at);

// A number alone, as the first column of a table prints it: `12`, `12.`; 0 where the text is anything else.
int NumberAlone(TextView text);

// A number without a mark behind it, fused with the text: `49完善` where 49 is expected; its length or 0. `49个` is
// none.
size_t MatchBareNumber(TextView text, size_t at, int expected);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_OUTLINE_H_
