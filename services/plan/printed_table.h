// A plan printed back as the table it was, so that a person can hold it beside the original (`duban plan show
// --printed`). Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_PRINTED_TABLE_H_
#define DUBAN_SERVICES_PLAN_PRINTED_TABLE_H_

#include <cstddef>
#include <string>

#include "duban/v1/plan.pb.h"

namespace duban {

// The printed words, nothing that was understood: title and number of the document, then for each of its tables the
// headings as they come and one row a task with number, requirement, units and deadline, wrapped into columns that are
// aligned for characters of double width. Columns that no task of a table fills are left out. `width` is the width of
// the page in terminal columns, from 40; a line ends without spaces. Ends with a line end.
std::string PrintedTable(const v1::Plan& plan, size_t width = 120);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PRINTED_TABLE_H_
