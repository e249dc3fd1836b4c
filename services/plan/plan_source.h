// The document that a plan was read from, kept beside it so that a person can compare the two: a local row
// `source/{plan}` with a v1::PlanSource. It goes with the draft, stays with the published plan, and travels nowhere.
//
// Pure or on a view; functions on a Transaction run on the writer's thread. Errors: INVARIANT_BROKEN from the store.

#ifndef DUBAN_SERVICES_PLAN_PLAN_SOURCE_H_
#define DUBAN_SERVICES_PLAN_PLAN_SOURCE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/transaction.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/plan_source_service.pb.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Most bytes of text that are kept of a document; whole lines and rows, from its beginning.
inline constexpr size_t kMaxSourceBytes = 2 << 20;

// A document as it is shown. `plan`: what was read from it, with the file's name and hash.
v1::PlanSource ShownSource(const SourceDocument& document, const v1::Plan& plan);

// Keeps it as what `plan` was read from, in the place of the one before.
void KeepSource(Transaction& transaction, std::string_view plan, const v1::PlanSource& source);

// What the draft of a revision was read from is that of `plan`, once it is published; where the draft was read from
// nothing of its own, that of `plan` stays.
absl::Status HandOverSource(Transaction& transaction, std::string_view draft, std::string_view plan);

void ForgetSource(Transaction& transaction, std::string_view plan);

// What `plan` was read from; of the draft of a revision that was read from nothing of its own, what it revises was read
// from. The name alone where there is none.
absl::StatusOr<v1::PlanSource> ReadSourceOf(const ReadView& view, const v1::Plan& plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_SOURCE_H_
