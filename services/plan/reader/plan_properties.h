// The properties of a plan, read from the head of its document: title, issuing unit, number, dates, year, stage, and
// the plan it carries out. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_PLAN_PROPERTIES_H_
#define DUBAN_SERVICES_PLAN_READER_PLAN_PROPERTIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/reader/plan_rows.h"

namespace duban {

struct PlanProperties {
  // Only the properties are set.
  v1::Plan plan;
  // The line the title stands in (its last, where it is printed over several); 0: no title was found in the head.
  int32_t title_line = 0;
};

// `head` is what stands before the first number, table or label; `ends` are the first and last lines of the document,
// which may hold a quoted plan and the signature. `format_title` is the title the format carries, used where none is
// printed.
PlanProperties ReadProperties(const std::vector<TextLine>& head, const std::vector<TextLine>& ends,
                              const std::u32string& format_title);

// The plan is the only annex of a notice that has no title of a plan itself: its title is the plan's, and so is the
// year in it. Nothing happens where `title` does not name a plan.
void TakeAnnexTitle(const FlowText& title, v1::Plan& plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_PLAN_PROPERTIES_H_
