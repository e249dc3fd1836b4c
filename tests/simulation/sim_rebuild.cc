// Machines that are lost and replaced: copies of stores, and the rebuild of a node out of what its neighbours hold.

#include <algorithm>
#include <utility>

#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/store/backup.h"
#include "tests/simulation/sim_call.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {
namespace {

// How long people take to run a rebuild again that is not over.
constexpr absl::Duration kSoonestAgain = absl::Seconds(20);
constexpr absl::Duration kLatestAgain = absl::Seconds(60);
// How often a rebuild is broken off behind an answer: the machine ends once more.
constexpr double kBrokenOff = 0.01;

std::string CopyFolder(const std::string& service) {
  return StrCat("/copy-", service);
}

}  // namespace

StoreOptions SimNode::OptionsOf(const std::string& service) {
  StoreOptions options;
  options.path = StrCat("/", service);
  options.service = service;
  options.node = id_;
  options.clock = &clock_;
  options.ids = &ids_;
  options.env = disk_->env();
  options.threaded = false;
  options.memtable_bytes = knobs_.memtable_bytes;
  return options;
}

void SimNode::LoseMachine() {
  world_.Trace(StrCat("lose ", id_));
  End();
  around_.network->Lose(id_);
  disk_ = std::make_unique<Disk>();
  shown_.clear();
  brought_.clear();
  touched_.clear();
}

bool SimNode::Copy(const std::string& service, NodeCopy* copy) {
  const std::string folder = CopyFolder(service);
  const absl::StatusOr<StoreCopy> made = CopyStore(*store(service), folder);
  disk_->Quiesce();
  if (made.ok()) {
    copy->stores[service] = disk_->TakeFiles(folder);
    copy->heads[service] = made->head;
    for (const auto& hop : running_->hops) {
      const FollowHop* follow = hop->driver->follow();
      if (follow != nullptr && hop->store == store(service)) copy->brought.emplace(follow->name(), BroughtBy(*follow));
    }
  }
  disk_->Clear(folder);
  world_.Trace(StrCat("copy ", id_, " ", service, made.ok() ? "" : " failed"));
  return made.ok();
}

void SimNode::NoteBackup(const NodeCopy& copy) {
  for (const auto& [service, head] : copy.heads) {
    Store& noted = *store(service);
    // One that is not noted is made in vain, no more.
    if (noted.epoch() == head.epoch()) noted.NoteBackup(head).IgnoreError();
  }
}

void SimNode::Restore(const NodeCopy& copy) {
  world_.Trace(StrCat("restore ", id_));
  for (const auto& [service, files] : copy.stores) {
    const std::string folder = CopyFolder(service);
    disk_->PutFiles(folder, files);
    const absl::StatusOr<RestoredStore> restored = RestoreStore(OptionsOf(service), folder);
    world_.Check("S5", restored.ok(), [&, name = service] {
      return StrCat(id_, " cannot restore its ", name, " store: ", ToStd(restored.status().message()));
    });
    disk_->Quiesce();
    disk_->Clear(folder);
  }
  brought_ = copy.brought;
}

void SimNode::RebuildFromNeighbours(Rebuilt done) {
  rebuild_done_ = std::move(done);
  RunRebuild();
}

void SimNode::BreakOffRebuild(const absl::Status& why) {
  world_.Trace(StrCat("rebuild of ", id_, " broken off"));
  const v1::ErrorReason reason = ReasonOf(why);
  world_.Check("F13", why.ok() || failed_ || reason == v1::NOT_SERVING || reason == v1::OUTCOME_UNKNOWN,
               [&] { return StrCat(id_, " cannot be rebuilt: ", ToStd(why.message())); });
  End();
  disk_->Quiesce();
  Later(dice_.Between(kSoonestAgain, kLatestAgain), [this] { RunRebuild(); });
}

void SimNode::RunRebuild() {
  ++incarnation_;
  disk_->Heal();
  rebuilding_ = Build(true);
  if (rebuilding_ == nullptr) return;
  std::vector<Rebuild::Part> parts;
  for (const auto& part : rebuilding_->node->parts()) {
    parts.push_back({part->store.get(), part->hops});
    part->store->OnFailure([this](const absl::Status&) { failed_ = true; });
    rebuilding_->listeners.push_back(part->store->OnCommit([this](const Audiences&) { disk_->Quiesce(); }));
  }
  std::vector<Rebuild::Neighbour> neighbours;
  for (const std::string& upstream : upstreams_) neighbours.push_back({upstream, true});
  for (const std::string& below : around_.below(id_)) neighbours.push_back({below, false});
  rebuild_ = std::make_unique<Rebuild>(std::move(parts), std::move(neighbours), &clock_, knobs_.page_bytes);
  world_.Trace(StrCat("rebuild ", id_));
  if (const absl::Status begun = rebuild_->Begin(); !begun.ok()) return BreakOffRebuild(begun);
  AskToRebuild();
}

void SimNode::AskToRebuild() {
  const absl::StatusOr<std::optional<Rebuild::Call>> call = rebuild_->Prepare();
  if (!call.ok()) return BreakOffRebuild(call.status());
  if (call->has_value()) {
    // One service of a neighbour is asked as the others are: by one call at a time.
    const auto serve = [from = CertificateOf(id_), request = (*call)->request](SimNode* other, auto reply) {
      if (const auto* fetch = std::get_if<v1::FetchRequest>(&request)) {
        return other->ServeFetch(from, *fetch, [reply](absl::StatusOr<v1::FetchResponse> page) {
          reply(page.ok() ? absl::StatusOr<Rebuild::Answer>(*std::move(page)) : page.status());
        });
      }
      other->ServeGiveBack(from, std::get<v1::GiveBackRequest>(request), [reply](auto page) {
        reply(page.ok() ? absl::StatusOr<Rebuild::Answer>(*std::move(page)) : page.status());
      });
    };
    return CallNode<absl::StatusOr<Rebuild::Answer>>(
        (*call)->neighbour, serve,
        [this, asked = **call](const absl::StatusOr<Rebuild::Answer>& answer) { RebuildAnswered(asked, answer); });
  }
  const absl::StatusOr<std::vector<std::string>> missing = rebuild_->Missing();
  if (!missing.ok() || !missing->empty()) return BreakOffRebuild(missing.status());
  if (const absl::Status finished = rebuild_->Finish(); !finished.ok()) return BreakOffRebuild(finished);
  const absl::StatusOr<v1::RebuildReport> report = rebuild_->Report();
  if (!report.ok()) return BreakOffRebuild(report.status());
  world_.Check("F13", report->finished() && report->not_asked().empty(),
               [&] { return StrCat(id_, " is not whole after its rebuild: ", report->ShortDebugString()); });
  End();
  disk_->Quiesce();
  std::exchange(rebuild_done_, nullptr)(*report);
}

void SimNode::RebuildAnswered(const Rebuild::Call& call, const absl::StatusOr<Rebuild::Answer>& answer) {
  const absl::Status taken = rebuild_->Deliver(answer);
  world_.Trace(
      StrCat("rebuild ", id_, " ", call.neighbour, " ", call.feed, " ", answer.ok() && taken.ok() ? "" : "failed"));
  NoteRebuilt(call, answer, taken);
  if (!taken.ok()) return BreakOffRebuild(taken);
  if (dice_.Chance(kBrokenOff)) {
    world_.Count("fault.rebuild_broken_off");
    disk_->CutPower();
    const uint64_t luck = dice_.Next();
    End();
    disk_->PowerBack(luck);
    return BreakOffRebuild(absl::OkStatus());
  }
  AskToRebuild();
}

void SimNode::NoteRebuilt(const Rebuild::Call& call, const absl::StatusOr<Rebuild::Answer>& answer,
                          const absl::Status& taken) {
  // Nodes below are followed only while it lasts.
  const bool above = std::count(upstreams_.begin(), upstreams_.end(), call.neighbour) > 0;
  if (!above || !std::holds_alternative<v1::FetchRequest>(call.request)) return;
  const std::string hop = FollowedFrom(call.neighbour, call.feed);
  Brought& brought =
      brought_.try_emplace(hop, Brought{FeedFold(&world_, StrCat(id_, " ", hop)), std::nullopt}).first->second;
  if (!answer.ok()) {
    if (taken.ok() && ReasonOf(answer.status()) == v1::FEED_MISMATCH)
      brought.fold.StartOver(MetadataOf(answer.status())["epoch"]);
    return;
  }
  const v1::FeedPage& page = std::get<v1::FetchResponse>(*answer).page();
  if (!taken.ok()) {
    brought.unknown = page;
    return;
  }
  const std::unique_ptr<Snapshot> snapshot = rebuilding_->node->store(call.feed)->TakeSnapshot();
  const v1::FeedPosition stored = snapshot->GetPosition(hop).value_or(v1::FeedPosition());
  if (SamePosition(stored, page.to()) && !SamePosition(stored, brought.fold.position())) brought.fold.Take(page);
}

void SimNode::ServeGiveBack(const Identity& from, const v1::GiveBackRequest& request, const GiveBackReply& reply) {
  if (absl::Status admitted = Admit(from, "GiveBack", request); !admitted.ok()) return reply(std::move(admitted));
  const FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  v1::GiveBackResponse response;
  const absl::Status status = feed->GiveBack(request, &response);
  if (around_.gave_back) around_.gave_back(this, request.node());
  reply(status.ok() ? absl::StatusOr<v1::GiveBackResponse>(response) : status);
}

}  // namespace duban::simulation
