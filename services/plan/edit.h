// A person's edits of a draft: tasks and headings that the reader got wrong or that the document does not have.
//
// Pure but for the ids it is given. Not thread-safe. Changes nothing but the plan it is given, which is spoiled where
// it fails.

#ifndef DUBAN_SERVICES_PLAN_EDIT_H_
#define DUBAN_SERVICES_PLAN_EDIT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "duban/storage/v1/plan.pb.h"
#include "duban/v1/plan_service.pb.h"

namespace duban {

// What edits go by.
struct EditContext {
  // Gives ids for new tasks.
  std::function<std::string()> new_id;
  // Of the draft of a revision the plan that it revises, whose ids nothing else gets; else an empty one.
  const v1::Plan& published;
};

// Makes the edits of `request`, one after the other; the draft has to be judged anew afterwards. Open findings about
// tasks that go, go with them; a rule of the document that begins at one begins at the next. `answers` is what answers
// changed in its tasks. Errors: those of EditPlan that concern edits, and INVALID_FIELD.
absl::Status ApplyEdits(const v1::EditPlanRequest& request, const EditContext& context, v1::Plan* plan,
                        storage::v1::GivenAnswers* answers);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_EDIT_H_
