#include "common/feed/rebuild.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "duban/v1/unit.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace duban {
namespace {

using storage::v1::RebuildProgress;
using storage::v1::RebuildState;
using v1::RebuildReport;

constexpr char kStateRow[] = "rebuild/state";
constexpr char kProgressRows[] = "rebuild/with/";

std::string ProgressRow(std::string_view neighbour) {
  return StrCat(kProgressRows, neighbour);
}

const std::string& ServiceOf(const Store& store) {
  return store.options().service;
}

// The state of the rebuild of this very store; one from before a restore says nothing.
absl::StatusOr<std::optional<RebuildState>> StateOf(const ReadView& view, const Store& store) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<RebuildState> state, view.GetLocal<RebuildState>(kStateRow));
  if (state.has_value() && state->epoch() != store.epoch()) return std::optional<RebuildState>();
  return state;
}

// How a store without a state is found: its last commit is the one that made it, or it has been used.
absl::StatusOr<RebuildReport::StoreState> FoundAs(const Snapshot& snapshot) {
  const int64_t head = snapshot.head().sequence();
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, snapshot.GetRow(CommitKey(head)));
  storage::v1::CommitRecord commit;
  if (!row.has_value() || !commit.ParseFromString(*row)) return BrokenRecord("last commit");
  if (!commit.epoch().empty()) return RebuildReport::RESTORED;
  return head == 1 ? RebuildReport::EMPTY : RebuildReport::KEPT;
}

// The collection it stands in, `plans/p/deliveries/n` in `deliveries`; of what stands in none, such as `plans/p/order`,
// the plural of what it is.
std::string KindOf(std::string_view entity) {
  const size_t last = entity.rfind('/');
  if (std::count(entity.begin(), entity.end(), '/') % 2 == 0) return StrCat(entity.substr(last + 1), "s");
  const std::string_view collection = entity.substr(0, last);
  return std::string(collection.substr(collection.rfind('/') + 1));
}

RebuildReport::Count& CountOf(RebuildProgress& progress, const std::string& kind) {
  for (RebuildReport::Count& count : *progress.mutable_counts()) {
    if (count.kind() == kind) return count;
  }
  progress.add_counts()->set_kind(kind);
  return *progress.mutable_counts()->rbegin();
}

void Count(RebuildProgress& progress, const std::string& kind, TakenBack outcome) {
  RebuildReport::Count& count = CountOf(progress, kind);
  switch (outcome) {
    case TakenBack::kTaken:
      return count.set_taken(count.taken() + 1);
    case TakenBack::kSame:
      return count.set_same(count.same() + 1);
    case TakenBack::kOlder:
      return count.set_older(count.older() + 1);
    case TakenBack::kRefused:
      return count.set_refused(count.refused() + 1);
  }
}

// The latest instant in a message, of those not after `until`.
absl::Time LatestTime(const google::protobuf::Message& message, absl::Time until) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    google::protobuf::Timestamp timestamp;
    timestamp.CopyFrom(message);
    const absl::Time time = FromProto(timestamp);
    return time <= until ? time : absl::InfinitePast();
  }
  const google::protobuf::Reflection* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  absl::Time latest = absl::InfinitePast();
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const auto& part = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                              : reflection->GetMessage(message, field);
      latest = std::max(latest, LatestTime(part, until));
    }
  }
  return latest;
}

absl::Time LatestTime(const google::protobuf::Any& payload, absl::Time until) {
  const std::string name = payload.type_url().substr(payload.type_url().rfind('/') + 1);
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return absl::InfinitePast();
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  return message->ParseFromString(payload.value()) ? LatestTime(*message, until) : absl::InfinitePast();
}

absl::Status WrongState(std::string_view english, std::string_view chinese, std::string_view state) {
  return Error(v1::WRONG_STATE, english, chinese, {{"state", std::string(state)}});
}

// What no neighbour holds of any store.
const std::vector<OnlyHere>& OnlyInEveryStore() {
  static const auto* const kinds = new std::vector<OnlyHere>{
      {"requests", "已办请求的编号记录；同一编号再次提交会被当作新请求",
       "the memory of request ids; the same id is a new request"},
      {"audit", "操作记录", "the record of who asked for what"},
      {"not_sent_yet", "丢失前尚未送达任何相邻节点的最后改动", "the last changes that had not reached a neighbour yet"},
  };
  return *kinds;
}

}  // namespace

Rebuild::Rebuild(std::vector<Part> parts, std::vector<Neighbour> neighbours, Clock* clock, int max_page_bytes)
    : parts_(std::move(parts)),
      neighbours_(std::move(neighbours)),
      clock_(clock),
      max_page_bytes_(max_page_bytes),
      instance_(parts_.front().store->options().ids->NextId("i-")) {}

absl::Status Rebuild::CheckNeighbours() const {
  std::set<std::string> seen = {parts_.front().store->options().node};
  for (const Neighbour& neighbour : neighbours_) {
    if (!IsResourceId(neighbour.node)) {
      return InvalidField("neighbour", StrCat("`", neighbour.node, "` is no id of a node"),
                          StrCat("“", neighbour.node, "”不是节点编号"));
    }
    if (seen.insert(neighbour.node).second) continue;
    return InvalidField("neighbour", StrCat("`", neighbour.node, "` is named twice, or is the node itself"),
                        StrCat("“", neighbour.node, "”重复，或就是本节点"));
  }
  return absl::OkStatus();
}

absl::Status Rebuild::Begin() {
  DUBAN_RETURN_IF_ERROR(CheckNeighbours());
  active_.clear();
  bool finished = false;
  for (const Part& part : parts_) {
    const std::unique_ptr<Snapshot> snapshot = part.store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(const std::optional<RebuildState> state, StateOf(*snapshot, *part.store));
    if (state.has_value() && state->has_finish_time()) {
      finished = true;
      continue;
    }
    DUBAN_ASSIGN_OR_RETURN(const RebuildReport::StoreState found, FoundAs(*snapshot));
    if (state.has_value() || found != RebuildReport::KEPT) active_.push_back(&part);
  }
  if (active_.empty() && finished) {
    return WrongState("the node is rebuilt already; start it", "本节点已经重建完成，直接启动即可", "FINISHED");
  }
  if (active_.empty()) {
    return WrongState(
        "the stores of this folder are in use and were not made from a backup just now: what is in them would be mixed "
        "with what the neighbours hold. If the node was started on an empty disk by mistake, move the folder away and "
        "rebuild into an empty one; else there is nothing to rebuild",
        "该目录中的存储正在使用，也不是刚从备份恢复的，重建会把两份数据混在一起。"
        "如果是误在空盘上启动过，请先移走该目录，再重建到空目录；否则无需重建",
        "IN_USE");
  }
  for (const Part* part : active_) DUBAN_RETURN_IF_ERROR(Mark(*part));
  return PlanTasks();
}

absl::Status Rebuild::Mark(const Part& part) {
  Store& store = *part.store;
  DUBAN_ASSIGN_OR_RETURN(const RebuildReport::StoreState found, FoundAs(*store.TakeSnapshot()));
  return store.Run({"rebuild/begin", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(std::optional<RebuildState> state, StateOf(transaction, store));
    if (!state.has_value()) {
      state.emplace().set_epoch(store.epoch());
      state->set_found(found);
      *state->mutable_begin_time() = ToProto(clock_->Now());
      transaction.PutLocal(kStateRow, *state);
    }
    if (part.hops.rebuild.feed.empty()) return absl::OkStatus();
    for (const Neighbour& neighbour : neighbours_) {
      DUBAN_ASSIGN_OR_RETURN(RebuildProgress progress, ProgressOf(transaction, part, neighbour));
      // Whoever is named again and not given up again is asked again.
      progress.set_given_up(false);
      transaction.PutLocal(ProgressRow(neighbour.node), progress);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<RebuildProgress> Rebuild::ProgressOf(const ReadView& view, const Part& part,
                                                    const Neighbour& neighbour) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<RebuildProgress> progress,
                         view.GetLocal<RebuildProgress>(ProgressRow(neighbour.node)));
  if (progress.has_value() && progress->epoch() == part.store->epoch()) return *std::move(progress);
  RebuildProgress fresh;
  fresh.set_epoch(part.store->epoch());
  fresh.set_upstream(neighbour.upstream);
  return fresh;
}

absl::Status Rebuild::PlanTasks() {
  tasks_.clear();
  for (const Stage stage : {Stage::kGive, Stage::kBelow, Stage::kAbove}) {
    for (const Part* part : active_) {
      if (part->hops.rebuild.feed.empty()) continue;
      const std::unique_ptr<Snapshot> snapshot = part->store->TakeSnapshot();
      for (const Neighbour& neighbour : neighbours_) {
        DUBAN_ASSIGN_OR_RETURN(const RebuildProgress progress, ProgressOf(*snapshot, *part, neighbour));
        AddTask(*part, neighbour, stage, progress);
      }
    }
  }
  return absl::OkStatus();
}

void Rebuild::AddTask(const Part& part, const Neighbour& neighbour, Stage stage, const RebuildProgress& progress) {
  const bool over = progress.complete() || progress.given_up();
  Task task{&part, &neighbour, stage, nullptr, over || (stage == Stage::kGive && progress.given())};
  if (stage == Stage::kGive) return tasks_.push_back(std::move(task));
  if (neighbour.upstream != (stage == Stage::kAbove)) return;
  if (stage == Stage::kBelow && !part.hops.rebuild.take_below) return;
  tasks_.push_back(std::move(task));
}

void Rebuild::AddHop(Task& task, std::string name, FollowSpec spec, std::string kind) {
  spec.apply = [&task, apply = std::move(spec.apply)](Transaction& transaction, const v1::FeedEntry& entry,
                                                      const EntrySource& source) {
    ++task.entries;
    return apply(transaction, entry, source);
  };
  spec.finish_page = [this, &task, kind = std::move(kind), finish = std::move(spec.finish_page)](
                         Transaction& transaction, bool at_head, const EntrySource& source) -> absl::StatusOr<bool> {
    bool finished = true;
    if (finish) {
      DUBAN_ASSIGN_OR_RETURN(finished, finish(transaction, at_head, source));
    }
    DUBAN_ASSIGN_OR_RETURN(RebuildProgress progress, ProgressOf(transaction, *task.part, *task.neighbour));
    RebuildReport::Count& count = CountOf(progress, kind);
    count.set_taken(count.taken() + task.entries);
    progress.set_complete(at_head && finished);
    transaction.PutLocal(ProgressRow(task.neighbour->node), progress);
    return finished;
  };
  task.hop = std::make_unique<FollowHop>(std::move(name), task.neighbour->node, std::move(spec), task.part->store,
                                         clock_, instance_);
}

bool Rebuild::Silent(const Task& task) const {
  return silent_.contains({task.neighbour->node, ServiceOf(*task.part->store)});
}

absl::StatusOr<std::optional<Rebuild::Call>> Rebuild::Prepare() {
  asked_ = nullptr;
  std::optional<Stage> waiting;
  for (Task& task : tasks_) {
    // A stage begins when the one before is over for all.
    if (waiting.has_value() && task.stage != *waiting) break;
    if (task.done) continue;
    waiting = task.stage;
    if (Silent(task)) continue;
    asked_ = &task;
    break;
  }
  if (asked_ == nullptr) return std::nullopt;
  const HopSpecs& hops = asked_->part->hops;
  Call call{asked_->neighbour->node, hops.rebuild.feed, {}};
  const std::string& node = asked_->part->store->options().node;
  if (asked_->stage == Stage::kGive) {
    v1::GiveBackRequest request;
    request.set_feed(call.feed);
    request.set_node(node);
    DUBAN_ASSIGN_OR_RETURN(const RebuildProgress progress,
                           ProgressOf(*asked_->part->store->TakeSnapshot(), *asked_->part, *asked_->neighbour));
    request.set_after(progress.after());
    request.set_max_bytes(max_page_bytes_);
    call.request = std::move(request);
    return call;
  }
  if (asked_->hop == nullptr && asked_->stage == Stage::kBelow) {
    FollowSpec spec;
    spec.feed = call.feed;
    spec.from_upstream = true;
    spec.follower = node;
    spec.apply = hops.rebuild.take_below;
    AddHop(*asked_, OfferedBy(call.neighbour), std::move(spec), "below");
  }
  if (asked_->hop == nullptr) {
    const auto spec = std::find_if(hops.follows.begin(), hops.follows.end(),
                                   [](const FollowSpec& follow) { return follow.from_upstream; });
    if (spec == hops.follows.end()) return InvariantBroken(StrCat("nothing of ", call.feed, " is followed from above"));
    AddHop(*asked_, FollowedFrom(call.neighbour, spec->feed), *spec, "followed");
  }
  DUBAN_ASSIGN_OR_RETURN(v1::FetchRequest request, asked_->hop->Prepare(absl::ZeroDuration()));
  request.set_max_bytes(max_page_bytes_);
  call.request = std::move(request);
  return call;
}

absl::Status Rebuild::Deliver(const absl::StatusOr<Answer>& answer) {
  if (asked_ == nullptr) return InvariantBroken("an answer to no call of a rebuild");
  Task& task = *std::exchange(asked_, nullptr);
  if (!answer.ok() && ReasonOf(answer.status()) != v1::FEED_MISMATCH) {
    Log(LogLevel::kWarning, "rebuild.no_answer",
        {{"neighbour", task.neighbour->node},
         {"service", ServiceOf(*task.part->store)},
         {"error", std::string(ToStd(answer.status().message()))}});
    silent_.emplace(std::make_pair(task.neighbour->node, ServiceOf(*task.part->store)),
                    std::string(ToStd(answer.status().message())));
    return absl::OkStatus();
  }
  if (task.stage == Stage::kGive) {
    if (!answer.ok() || !std::holds_alternative<v1::GiveBackResponse>(*answer)) {
      return InvariantBroken("a neighbour answered something that was not asked");
    }
    return TakeBack(task, std::get<v1::GiveBackResponse>(*answer));
  }
  task.entries = 0;
  using Fetched = absl::StatusOr<v1::FetchResponse>;
  const Fetched fetched = answer.ok() ? Fetched(std::get<v1::FetchResponse>(*answer)) : Fetched(answer.status());
  DUBAN_RETURN_IF_ERROR(task.hop->Deliver(fetched).status());
  task.done = task.hop->at_head();
  return absl::OkStatus();
}

absl::Status Rebuild::TakePage(Transaction& transaction, const Task& task, const v1::GiveBackResponse& page,
                               RebuildProgress& progress) const {
  const EntrySource source{task.neighbour->node, StrCat("rebuild_with_", task.neighbour->node), clock_->Now()};
  std::string last = progress.after();
  absl::Time latest = FromProto(progress.latest_time());
  for (const v1::HeldEntity& held : page.entities()) {
    if (held.entity() <= last || held.entity() > page.after()) {
      return InvariantBroken(
          StrCat("`", held.entity(), "` of a page that ", source.node, " gave back is out of order"));
    }
    last = held.entity();
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome, task.part->hops.rebuild.take_back(transaction, held, source));
    Count(progress, KindOf(held.entity()), outcome);
    if (outcome == TakenBack::kRefused) {
      Log(LogLevel::kWarning, "rebuild.refused", {{"neighbour", source.node}, {"entity", held.entity()}});
      continue;
    }
    latest = std::max(latest, LatestTime(held.payload(), source.now));
  }
  if (latest > absl::UnixEpoch()) *progress.mutable_latest_time() = ToProto(latest);
  progress.set_after(page.after());
  progress.set_given(page.complete());
  const bool more = task.neighbour->upstream || task.part->hops.rebuild.take_below;
  progress.set_complete(page.complete() && !more);
  return absl::OkStatus();
}

absl::Status Rebuild::TakeBack(Task& task, const v1::GiveBackResponse& page) {
  Store& store = *task.part->store;
  DUBAN_FAILPOINT("rebuild.before_commit");
  DUBAN_RETURN_IF_ERROR(
      store.Run({StrCat("rebuild/", task.neighbour->node), ""}, [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(RebuildProgress progress, ProgressOf(transaction, *task.part, *task.neighbour));
        if (page.after() < progress.after() || (!page.complete() && page.after() == progress.after())) {
          return InvariantBroken(StrCat("the pages that ", task.neighbour->node, " gives back lead nowhere"));
        }
        DUBAN_RETURN_IF_ERROR(TakePage(transaction, task, page, progress));
        transaction.PutLocal(ProgressRow(task.neighbour->node), progress);
        return absl::OkStatus();
      }));
  DUBAN_FAILPOINT("rebuild.after_commit");
  task.done = page.complete();
  return absl::OkStatus();
}

absl::Status Rebuild::GiveUp(std::string_view node) {
  for (const Part* part : active_) {
    if (part->hops.rebuild.feed.empty()) continue;
    DUBAN_RETURN_IF_ERROR(part->store->Run({"rebuild/give_up", ""}, [&](Transaction& transaction) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(std::optional<RebuildProgress> progress,
                             transaction.GetLocal<RebuildProgress>(ProgressRow(node)));
      if (!progress.has_value() || progress->epoch() != part->store->epoch()) {
        progress.emplace().set_epoch(part->store->epoch());
      }
      progress->set_given_up(!progress->complete());
      transaction.PutLocal(ProgressRow(node), *progress);
      return absl::OkStatus();
    }));
  }
  for (Task& task : tasks_) task.done |= task.neighbour->node == node;
  return absl::OkStatus();
}

namespace {

// Visits the progress with each neighbour that a store's rebuild knows, by name.
absl::Status VisitProgress(const Store& store,
                           absl::FunctionRef<void(std::string_view node, const RebuildProgress&)> visit) {
  const std::string begin = LocalKey(kProgressRows);
  absl::Status parsed;
  const auto row = [&](std::string_view key, std::string_view value) {
    RebuildProgress progress;
    if (!progress.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    if (progress.epoch() == store.epoch()) visit(key.substr(begin.size()), progress);
    return true;
  };
  DUBAN_RETURN_IF_ERROR(store.TakeSnapshot()->ScanRows(begin, PrefixEnd(begin), row));
  return parsed;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Rebuild::Missing() const {
  std::set<std::string> missing;
  for (const Part* part : active_) {
    DUBAN_RETURN_IF_ERROR(VisitProgress(*part->store, [&](std::string_view node, const RebuildProgress& progress) {
      if (!progress.complete() && !progress.given_up()) missing.emplace(node);
    }));
  }
  return std::vector<std::string>(missing.begin(), missing.end());
}

absl::StatusOr<std::optional<absl::Time>> Rebuild::LastSignOfLife() const {
  std::optional<absl::Time> latest;
  for (const Part& part : parts_) {
    DUBAN_RETURN_IF_ERROR(VisitProgress(*part.store, [&](std::string_view, const RebuildProgress& progress) {
      if (!progress.has_latest_time()) return;
      const absl::Time time = FromProto(progress.latest_time());
      latest = latest.has_value() ? std::max(*latest, time) : time;
    }));
  }
  return latest;
}

absl::Status Rebuild::Finish() {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> missing, Missing());
  if (!missing.empty()) {
    std::string names;
    for (const std::string& name : missing) StrAppend(&names, names.empty() ? "" : ", ", name);
    return WrongState(StrCat("not everything is back from ", names, "; run it again, or give them up by name"),
                      StrCat("尚未取回全部数据：", names, "；请再次运行，或指明放弃这些节点"), "MISSING");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<absl::Time> alive_until, LastSignOfLife());
  for (const Part* part : active_) {
    DUBAN_FAILPOINT("rebuild.before_finish");
    const RebuildEnd end{clock_->Now(), alive_until};
    DUBAN_RETURN_IF_ERROR(part->store->Run({"rebuild/finish", ""}, [&](Transaction& transaction) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(std::optional<RebuildState> state, StateOf(transaction, *part->store));
      if (!state.has_value()) return BrokenRecord(kStateRow);
      if (state->has_finish_time()) return absl::OkStatus();
      if (part->hops.rebuild.finish) DUBAN_RETURN_IF_ERROR(part->hops.rebuild.finish(transaction, end));
      *state->mutable_finish_time() = ToProto(end.now);
      transaction.PutLocal(kStateRow, *state);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status Rebuild::ReportNeighbours(const Part& part, RebuildReport& report) const {
  return VisitProgress(*part.store, [&](std::string_view node, const RebuildProgress& progress) {
    RebuildReport::Neighbour& neighbour = *report.add_neighbours();
    neighbour.set_node(std::string(node));
    neighbour.set_service(ServiceOf(*part.store));
    neighbour.set_upstream(progress.upstream());
    neighbour.set_complete(progress.complete());
    neighbour.set_given_up(progress.given_up());
    const auto silent = silent_.find({neighbour.node(), neighbour.service()});
    if (silent != silent_.end()) neighbour.set_error(silent->second);
    *neighbour.mutable_counts() = progress.counts();
  });
}

absl::Status Rebuild::ReportNotAsked(RebuildReport& report) const {
  const std::string& node = parts_.front().store->options().node;
  std::set<std::string> asked = {node};
  for (const Neighbour& neighbour : neighbours_) asked.insert(neighbour.node);
  for (const RebuildReport::Neighbour& neighbour : report.neighbours()) asked.insert(neighbour.node());
  std::set<std::string> others;
  for (const Part& part : parts_) {
    if (part.hops.rebuild.nodes_below == nullptr) continue;
    DUBAN_RETURN_IF_ERROR(part.hops.rebuild.nodes_below(*part.store->TakeSnapshot(),
                                                        [&](const std::string& below) { others.insert(below); }));
  }
  for (const std::string& other : others) {
    if (!asked.contains(other)) report.add_not_asked(other);
  }
  return absl::OkStatus();
}

void Rebuild::ReportLost(std::string_view service, const std::vector<OnlyHere>& kinds, RebuildReport& report) {
  for (const OnlyHere& kind : kinds) {
    RebuildReport::Lost& lost = *report.add_lost();
    lost.set_kind(kind.kind);
    lost.set_service(std::string(service));
    lost.set_text_zh(kind.chinese);
    lost.set_text_en(kind.english);
  }
}

absl::StatusOr<RebuildReport> Rebuild::Report() const {
  RebuildReport report;
  report.set_node(parts_.front().store->options().node);
  report.set_finished(true);
  bool any = false;
  for (const Part& part : parts_) {
    const std::unique_ptr<Snapshot> snapshot = part.store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(const std::optional<RebuildState> state, StateOf(*snapshot, *part.store));
    RebuildReport::Store& store = *report.add_stores();
    store.set_service(ServiceOf(*part.store));
    store.set_state(state.has_value() ? state->found() : RebuildReport::KEPT);
    store.set_finished(!state.has_value() || state->has_finish_time());
    if (!store.finished()) report.set_finished(false);
    if (!state.has_value()) continue;
    any = true;
    ReportLost(store.service(), part.hops.rebuild.only_here, report);
    DUBAN_RETURN_IF_ERROR(ReportNeighbours(part, report));
  }
  if (any) ReportLost("", OnlyInEveryStore(), report);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<absl::Time> alive_until, LastSignOfLife());
  if (alive_until.has_value()) *report.mutable_last_sign_of_life() = ToProto(*alive_until);
  DUBAN_RETURN_IF_ERROR(ReportNotAsked(report));
  return report;
}

absl::StatusOr<Rebuild::Answer> AskNeighbour(FeedPeer& peer, const Rebuild::Call& call) {
  if (const auto* give_back = std::get_if<v1::GiveBackRequest>(&call.request)) {
    DUBAN_ASSIGN_OR_RETURN(v1::GiveBackResponse response, peer.GiveBack(*give_back));
    return response;
  }
  DUBAN_ASSIGN_OR_RETURN(v1::FetchResponse response, peer.Fetch(std::get<v1::FetchRequest>(call.request)));
  return response;
}

absl::Status CheckNotRebuilding(const Store& store) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<RebuildState> state, StateOf(*store.TakeSnapshot(), store));
  if (!state.has_value() || state->has_finish_time()) return absl::OkStatus();
  return WrongState(
      "the rebuild of this store from its neighbours is not over; run `duban node rebuild` again until it "
      "says that the node may start",
      "该存储从相邻节点的重建尚未完成；请再次运行 duban node rebuild，直到提示可以启动", "REBUILDING");
}

}  // namespace duban
