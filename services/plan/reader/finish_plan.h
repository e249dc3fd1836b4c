// The last stage of reading: rows as printed become tasks as understood, with findings. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_FINISH_PLAN_H_
#define DUBAN_SERVICES_PLAN_READER_FINISH_PLAN_H_

#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/unit_lexicon.h"
#include "services/plan/reader/plan_rows.h"

namespace duban {

// `properties` has the plan's title, dates and year; `year` stands in where it has none.
v1::Plan FinishPlan(const v1::Plan& properties, std::vector<RowTable> tables, const UnitLexicon& lexicon, int year);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_FINISH_PLAN_H_
