// A person's edits of a draft: tasks and headings that the reader got wrong or that the document does not have.
//
// Pure but for the ids it is given. Not thread-safe. Changes nothing but the plan it is given, which is spoiled where
// it fails.

#ifndef DUBAN_SERVICES_PLAN_EDIT_H_
#define DUBAN_SERVICES_PLAN_EDIT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "duban/v1/plan_service.pb.h"

namespace duban {

// Makes the edits of `request`, one after the other; the draft has to be judged anew afterwards. New tasks get ids from
// `new_id`. Open findings about tasks that go, go with them; a rule of the document that begins at one begins at the
// next. Errors: those of EditPlan that concern edits, and INVALID_FIELD.
absl::Status ApplyEdits(const v1::EditPlanRequest& request, const std::function<std::string()>& new_id, v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_EDIT_H_
