// Drafts as they are edited: judged against the directory once for each version of it, and prepared off the writer.
//
//   snapshot ──prepare──▶ PreparedPlan ──StillHolds?──▶ put          in the writer's turn; where something it was made
//   of
//                                      └─no: prepare again ─▶ put   has changed meanwhile, all of it is done there
//
// Not thread-safe; functions on a Transaction run on the writer's thread. Errors: those named here, and
// INVARIANT_BROKEN from the store.

#ifndef DUBAN_SERVICES_PLAN_DRAFT_H_
#define DUBAN_SERVICES_PLAN_DRAFT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/plan.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/plan_source_service.pb.h"
#include "services/plan/directory/directory.h"
#include "services/plan/directory/directory_names.h"

namespace duban {

// What a judgement depends on besides the draft: the directory, and the day, because units come and go by the day.
struct DirectoryStamp {
  int64_t version = -1;
  std::string day;
  friend bool operator==(const DirectoryStamp&, const DirectoryStamp&) = default;
};
absl::StatusOr<DirectoryStamp> StampOf(const ReadView& view, absl::CivilDay day);

// An alias that an answer taught.
struct LearnedName {
  std::string entry;
  std::string alias;
};

// A plan as a change leaves it, ready to be put into the store, and what it was made of.
struct PreparedPlan {
  v1::Plan plan;
  // As of what the draft is judged.
  DirectoryStamp judged;
  // Entities that were read for it, with their etags.
  std::map<std::string, std::string> read;
  // To be put into the directory with it.
  std::vector<LearnedName> learned;
  // What the answers to the draft's findings changed.
  storage::v1::GivenAnswers answers;
  // What was said of its document's layout is to be kept for its office's next one.
  bool keep_hints = false;
  // Whom it concerns, where that is found out already.
  std::optional<Audiences> audiences;
  // Where it is the next revision of a plan: the one that it replaces, and the draft that it was, which goes.
  std::optional<v1::Plan> replaced;
  std::optional<v1::Plan> published_draft;
  // Where it is published: whom its groups stand for.
  std::optional<storage::v1::IssuedGroups> issued_groups;
  // Where it was read from a document just now: that one.
  std::optional<v1::PlanSource> source;
  // Where it is the draft of a revision that is opened.
  bool opens_revision = false;
};

// A view and what goes with it: prepared from a snapshot, with the names kept in memory, or from a transaction,
// without.
struct PlanReader {
  const ReadView& view;
  absl::CivilDay day;
  DirectoryNamesCache* names = nullptr;

  DirectoryView directory() const { return DirectoryView(view, day, names); }
};

// A plan to be changed, with its etag; not judged yet. Errors: RESOURCE_NOT_FOUND.
absl::StatusOr<PreparedPlan> ReadForChange(const PlanReader& reader, const std::string& name);

// Judges a draft, unless it was judged as of the reader's directory and day already.
absl::Status JudgeIfStale(const PlanReader& reader, PreparedPlan* prepared);
// Judges a draft that was changed.
absl::Status JudgeAgain(const PlanReader& reader, PreparedPlan* prepared);

// Whether what a plan was prepared from is still so.
absl::StatusOr<bool> StillHolds(const ReadView& view, const PreparedPlan& prepared);

// Writes it, as plan_store.h does, and notes as of what a draft is judged and what its answers changed. What it teaches
// the directory goes in first, and has the draft judged once more where it changes the directory.
absl::Status PutPrepared(Transaction& transaction, const DirectoryAuthor& author, PreparedPlan* prepared);

// Discards a draft and all that is noted of it; what it revises stays.
absl::Status DropDraft(Transaction& transaction, const v1::Plan& draft);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DRAFT_H_
