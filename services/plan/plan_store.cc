#include "services/plan/plan_store.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/field_mask.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/hop.h"
#include "common/search/words_state.h"
#include "duban/storage/v1/plan.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/indexes.h"
#include "services/plan/plan_words.h"
#include "services/plan/revisions.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;

bool IsPublic(const v1::Plan& plan) {
  return plan.state() == v1::Plan::PUBLISHED || plan.state() == v1::Plan::WITHDRAWN;
}

// Before the name of a plan from above: the local record of where it was last heard from.
constexpr std::string_view kHeardFrom = "heard_from/";

// By what states of one plan follow each other: its revisions, and a withdrawal behind the last one.
int64_t AgeOf(const v1::Plan& plan) {
  return int64_t{2} * plan.revision() + (plan.state() == v1::Plan::WITHDRAWN ? 1 : 0);
}

// Local record with the findings of a published plan.
std::string FindingsName(std::string_view plan) {
  return StrCat("findings/", plan);
}

// The index rows of a plan last changed at `sequence`: its place in the list of plans, and what it names.
void RowsOf(const v1::Plan& plan, int64_t sequence, IndexRowSink sink) {
  v1::Plan head = HeadOf(plan);
  head.set_etag(EtagOf(sequence));
  sink(IndexKey(kPlanByTime, {TimeRank(plan), plan.name()}), head.SerializeAsString());
  if (!IsPublic(plan)) return;
  for (const std::string& entry : AddresseesOf(plan)) sink(UseKey(entry, plan.name()), std::string());
}

void DropRows(Transaction& transaction, const v1::Plan& plan) {
  RowsOf(plan, 0, [&](std::string key, const std::optional<std::string>&) { transaction.DeleteRow(std::move(key)); });
}

void PutRows(Transaction& transaction, const v1::Plan& plan, int64_t sequence) {
  RowsOf(plan, sequence, [&](std::string key, std::optional<std::string> value) {
    transaction.PutRow(std::move(key), *std::move(value));
  });
}

absl::StatusOr<std::string> WritePlan(Transaction& transaction, std::string_view node,
                                      const std::optional<Audiences>& found, v1::Plan* plan) {
  plan->clear_etag();
  Audiences audiences;
  // A draft names nobody, and its place in the list of plans stays where it was.
  if (IsPublic(*plan)) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> old, transaction.Get<v1::Plan>(plan->name()));
    if (old.has_value()) DropRows(transaction, old->value);
    const bool moved = old.has_value() && TimeRank(old->value) != TimeRank(*plan);
    if (moved) DUBAN_RETURN_IF_ERROR(DropWords(transaction, old->value));
    DirectoryView directory(transaction, PublishDay(*plan));
    DUBAN_ASSIGN_OR_RETURN(audiences, found.has_value() ? *found : AudiencesOf(directory, node, *plan));
  }
  DUBAN_ASSIGN_OR_RETURN(int64_t sequence, transaction.Put(plan->name(), *plan, audiences));
  plan->set_etag(EtagOf(sequence));
  DUBAN_RETURN_IF_ERROR(PutWords(transaction, *plan));
  PutRows(transaction, *plan, sequence);
  return plan->etag();
}

}  // namespace

absl::CivilDay PublishDay(const v1::Plan& plan) {
  return ParseDay(plan.publish_date()).value_or(DayOf(FromProto(plan.publish_time())));
}

std::set<std::string> AddresseesOf(const v1::Plan& plan) {
  std::set<std::string> addressees;
  for (const v1::Task& task : plan.tasks()) {
    for (const v1::Responsibility& responsibility : task.responsibilities()) {
      if (!responsibility.open() && !responsibility.resolved().empty()) addressees.insert(responsibility.resolved());
    }
  }
  return addressees;
}

absl::StatusOr<Audiences> AudiencesOf(DirectoryView& directory, std::string_view node, const v1::Plan& plan) {
  if (!IsPublic(plan)) return Audiences();
  std::set<std::string> nodes;
  for (const std::string& addressee : AddresseesOf(plan)) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(addressee));
    for (const std::string& unit : *units) {
      DUBAN_ASSIGN_OR_RETURN(std::set<std::string> of_unit, directory.NodesOf(unit));
      nodes.merge(of_unit);
    }
  }
  Audiences audiences;
  for (const std::string& other : nodes) {
    if (other != node && other != plan.owner_node()) audiences.insert(NodeAudience(other));
  }
  // Assignments are issued where the plan is; elsewhere it is there to be read and taken on.
  if (plan.owner_node() == node) audiences.insert(ServiceAudience("assignment"));
  return audiences;
}

absl::StatusOr<v1::Plan> ReadPlan(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::Plan> stored, view.Need<v1::Plan>(name));
  v1::Plan plan = std::move(stored.value);
  plan.set_etag(EtagOf(stored.sequence));
  if (!IsPublic(plan)) return plan;
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Plan> record, view.GetLocal<v1::Plan>(FindingsName(name)));
  if (record.has_value()) plan.mutable_findings()->Swap(record->mutable_findings());
  return plan;
}

absl::StatusOr<std::string> PutPlan(Transaction& transaction, std::string_view node,
                                    const std::optional<Audiences>& audiences, v1::Plan* plan) {
  if (plan->ByteSizeLong() > kMaxPlanBytes) {
    return InvalidField("plan", StrCat("is larger than ", kMaxPlanBytes, " bytes; split it into several plans"),
                        StrCat("超过 ", kMaxPlanBytes, " 字节，请分成几个计划"));
  }
  if (!IsPublic(*plan)) return WritePlan(transaction, node, audiences, plan);
  v1::Plan record;
  record.mutable_findings()->Swap(plan->mutable_findings());
  transaction.PutLocal(FindingsName(plan->name()), record);
  DUBAN_ASSIGN_OR_RETURN(std::string etag, WritePlan(transaction, node, audiences, plan));
  plan->mutable_findings()->Swap(record.mutable_findings());
  return etag;
}

absl::Status DropPlan(Transaction& transaction, const v1::Plan& draft) {
  DropRows(transaction, draft);
  DUBAN_RETURN_IF_ERROR(DropWords(transaction, draft));
  return transaction.Delete(draft.name());
}

absl::StatusOr<bool> TakePlan(Transaction& transaction, std::string_view node, std::string_view source, v1::Plan plan) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> old, transaction.Get<v1::Plan>(plan.name()));
  if (plan.owner_node() == node || (old.has_value() && old->value.owner_node() == node)) return false;
  if (old.has_value() && DUBAN_BUG("plan.withdrawal_stays_above")) return true;
  const std::string heard_name = StrCat(kHeardFrom, plan.name());
  DUBAN_ASSIGN_OR_RETURN(const auto heard, transaction.GetLocal<storage::v1::HeardFrom>(heard_name));
  if (old.has_value()) {
    const bool same_source = heard.has_value() && heard->node() == source;
    const bool older = AgeOf(plan) < AgeOf(old->value);
    if (older && !same_source && !DUBAN_BUG("plan.older_revision_taken")) return true;
    if (plan.revision() > old->value.revision()) FileRevision(transaction, old->value);
  }
  if (!heard.has_value() || heard->node() != source) {
    storage::v1::HeardFrom now;
    now.set_node(std::string(source));
    transaction.PutLocal(heard_name, now);
  }
  DUBAN_RETURN_IF_ERROR(WritePlan(transaction, node, std::nullopt, &plan).status());
  return true;
}

absl::StatusOr<TakenBack> TakeBackPlan(Transaction& transaction, std::string_view node, v1::Plan plan) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> old, transaction.Get<v1::Plan>(plan.name()));
  if (old.has_value()) {
    plan.clear_etag();
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome, CompareVersions(plan.name(), AgeOf(plan), AgeOf(old->value),
                                                                    MessageDifferencer::Equals(plan, old->value)));
    if (outcome != TakenBack::kTaken) return outcome;
    if (plan.revision() > old->value.revision()) FileRevision(transaction, old->value);
  }
  DUBAN_RETURN_IF_ERROR(WritePlan(transaction, node, std::nullopt, &plan).status());
  return TakenBack::kTaken;
}

absl::StatusOr<bool> DropTakenPlan(Transaction& transaction, std::string_view node, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> old, transaction.Get<v1::Plan>(name));
  if (!old.has_value()) {
    DUBAN_RETURN_IF_ERROR(transaction.PassOnWithdrawal(name, {std::string(kDownstreamAudience)}));
    return true;
  }
  if (old->value.owner_node() == node) return false;
  DropRows(transaction, old->value);
  DUBAN_RETURN_IF_ERROR(DropWords(transaction, old->value));
  transaction.DeleteLocal(StrCat(kHeardFrom, name));
  DUBAN_RETURN_IF_ERROR(DropRevisions(transaction, name));
  DUBAN_RETURN_IF_ERROR(transaction.Delete(name));
  return true;
}

absl::Status RefreshAudiences(Transaction& transaction, std::string_view node, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> plan, transaction.Get<v1::Plan>(name));
  if (!plan.has_value() || !IsPublic(plan->value)) return absl::OkStatus();
  DirectoryView directory(transaction, PublishDay(plan->value));
  DUBAN_ASSIGN_OR_RETURN(Audiences audiences, AudiencesOf(directory, node, plan->value));
  DUBAN_ASSIGN_OR_RETURN(int64_t sequence, transaction.Put(name, plan->value, audiences));
  if (sequence != plan->sequence) PutRows(transaction, plan->value, sequence);
  return absl::OkStatus();
}

v1::Plan HeadOf(const v1::Plan& plan) {
  v1::Plan head;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  plan.GetReflection()->ListFields(plan, &fields);
  std::set<std::string> kept;
  for (const auto* field : fields) {
    const int number = field->number();
    const bool long_one = number == v1::Plan::kTasksFieldNumber || number == v1::Plan::kFindingsFieldNumber ||
                          number == v1::Plan::kRetiredTasksFieldNumber;
    if (!long_one) kept.insert(field->name());
  }
  CopyFields(plan, kept, &head);
  return head;
}

absl::Status PlanRows(const ReadView& view, IndexRowSink sink) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::WordsState words, ReadWordsState(view));
  return view.Scan<v1::Plan>("plans/", {}, [&](std::string_view name, const Stored<v1::Plan>& plan) {
    RowsOf(plan.value, plan.sequence, sink);
    if (HasWords(words, name)) GiveWords(plan.value, sink);
    return true;
  });
}

absl::Status ScanPlans(const ReadView& view, std::string_view after_key,
                       absl::FunctionRef<bool(std::string_view key, v1::Plan head)> visit) {
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(
      kPlanByTime, {},
      [&](const std::vector<std::string_view>& rest, std::string_view value) {
        v1::Plan head;
        if (rest.size() != 2 || !head.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          parsed = BrokenRecord("list of plans");
          return false;
        }
        return visit(IndexKey(kPlanByTime, {rest[0], rest[1]}), std::move(head));
      },
      after_key));
  return parsed;
}

}  // namespace duban
