#include "tests/simulation/chaos.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/store/keys.h"

namespace duban::simulation {
namespace {

// What `liar` could say about an assignment of `node` that it has nothing to do with: as a feed entry, but for its
// sequence. Empty where there is no such assignment.
v1::FeedEntry ForgedAbout(SimNode& node, const std::string& liar, int what) {
  v1::FeedEntry entry;
  v1::ListAssignmentsRequest request;
  request.set_page_size(500);
  v1::ListAssignmentsResponse page;
  if (!node.assignments().ListAssignments(Anybody(), request, &page).ok()) return entry;
  const auto& all = page.assignments();
  const auto found = std::find_if(all.begin(), all.end(), [&](const v1::Assignment& assignment) {
    return assignment.unit_node() != liar && assignment.issuer_node() == node.id();
  });
  if (found == all.end()) return entry;
  const auto pack = [&](const std::string& name, const google::protobuf::Message& message) {
    entry.set_entity(name);
    entry.mutable_payload()->PackFrom(message);
  };
  if (what == 0) {
    v1::Execution execution = found->execution();
    execution.set_assignment(found->name());
    execution.set_node(liar);
    execution.set_version(execution.version() + 1);
    execution.mutable_receipt()->set_signer("冒名");
    pack(ExecutionName(found->name()), execution);
  } else if (what == 1) {
    v1::Decomposition made = found->decomposition();
    made.set_assignment(found->name());
    made.set_node(liar);
    made.set_version(made.version() + 1);
    made.add_plan_titles("冒名");
    pack(DecompositionName(found->name()), made);
  } else if (what == 2) {
    v1::Oversight oversight = found->oversight();
    oversight.set_assignment(found->name());
    oversight.set_node(node.id());
    oversight.set_version(oversight.version() + 1);
    oversight.add_reviews()->set_reviewer("冒名");
    pack(OversightName(found->name()), oversight);
  } else {
    v1::Delivery delivery;
    delivery.set_plan(std::string(ParseName(found->name()).plan));
    delivery.set_node(found->unit_node());
    *delivery.mutable_delivery_time() = ToProto(node.clock().Now() - absl::Hours(1));
    pack(DeliveryName(delivery.plan(), delivery.node()), delivery);
  }
  return entry;
}

// A certificate that is not of `whose`, nor of the node that is called: of another node, of a unit or a job of one, or
// of a node that nobody knows.
Identity StrangerFrom(Dice& dice, SimNode& other, const std::string& whose, const std::string& called) {
  Identity caller = CertificateOf(other.id());
  const int kind = dice.Below(4);
  if (kind == 0 || other.id() == whose || other.id() == called) caller.node = "stranger";
  if (kind == 1) caller.part = Identity::Part::kUnit;
  if (kind == 2) caller.part = Identity::Part::kJob;
  if (kind == 1 || kind == 2) caller.name = whose;
  return caller;
}

// Fetches as a node or a service, offers, or asks back, under the name `whose`; what comes of it.
absl::Status CallAs(SimNode& node, const Identity& caller, int what, const char* feed, const std::string& whose) {
  absl::Status said = absl::UnknownError("there was no answer");
  const auto note = [&](const auto& answer) { said = answer.ok() ? absl::OkStatus() : answer.status(); };
  if (what == 0 || what == 1) {
    v1::FetchRequest request;
    request.set_feed(feed);
    request.set_downstream(what == 0);
    request.set_follower(what == 0 ? whose : "notification");
    node.ServeFetch(caller, request, note);
  } else if (what == 2) {
    v1::OfferRequest request;
    request.set_feed(feed);
    request.set_node(whose);
    node.ServeOffer(caller, request, note);
  } else {
    v1::GiveBackRequest request;
    request.set_feed(feed);
    request.set_node(whose);
    node.ServeGiveBack(caller, request, note);
  }
  return said;
}

}  // namespace

Chaos::Chaos(const Surroundings& around, std::vector<SimNode*> nodes, Replacements* replacements,
             std::function<void(SimNode*)> start)
    : around_(around),
      world_(*around.world),
      nodes_(std::move(nodes)),
      replacements_(*replacements),
      start_(std::move(start)) {}

void Chaos::Begin() {
  Every("crash", absl::Minutes(5), [this](Dice& dice) { Crash(dice); });
  Every("power_cut", absl::Minutes(5), [this](Dice& dice) { PowerCut(dice); });
  Every("stop", absl::Minutes(6), [this](Dice& dice) { Stop(dice); });
  Every("disk_error", absl::Minutes(5), [this](Dice& dice) { FailDisk(dice); });
  Every("cut", absl::Minutes(5), [this](Dice& dice) { Cut(dice, true); });
  Every("one_way_cut", absl::Minutes(5), [this](Dice& dice) { Cut(dice, false); });
  Every("partition", absl::Minutes(8), [this](Dice& dice) { Partition(dice); });
  Every("slow_peer", absl::Minutes(6), [this](Dice& dice) { Slow(dice); });
  Every("clock_step", absl::Minutes(10), [this](Dice& dice) { Step(dice); });
  Every("forged", absl::Minutes(3), [this](Dice& dice) { Forge(dice); });
  Every("impostor", absl::Minutes(2), [this](Dice& dice) { Pretend(dice); });
  Every("old_position", absl::Minutes(3), [this](Dice& dice) { PresentOldPosition(dice); });
  Every("replaced_empty", absl::Minutes(12), [this](Dice& dice) { ReplaceEmpty(dice); });
  for (const char* kind : {"old_backup", "short_history"}) {
    Every(kind, absl::Minutes(5), [this](Dice& dice) { BackUp(dice); });
  }
  Every("old_backup", absl::Minutes(25), [this](Dice& dice) { ReplaceOld(dice); });
  if (!around_.drawn->faults.contains("drift")) return;
  Dice& dice = world_.dice("fault/drift");
  for (SimNode* node : nodes_) {
    world_.Count("fault.drift");
    node->clock().Drift((dice.Below(1001) - 500) * 1e-6);
  }
}

void Chaos::Every(const std::string& kind, absl::Duration mean, const std::function<void(Dice&)>& fault) {
  if (!around_.drawn->faults.contains(kind)) return;
  Dice& dice = world_.dice(StrCat("fault/", kind));
  world_.After(dice.Between(mean / 4, mean * 7 / 4), [this, kind, mean, fault, &dice] {
    if (over_) return;
    fault(dice);
    Every(kind, mean, fault);
  });
}

void Chaos::StartLater(SimNode* node, absl::Duration delay) {
  world_.After(delay, [this, node] {
    if (!node->up()) start_(node);
  });
}

void Chaos::Crash(Dice& dice) {
  SimNode* node = Any(dice);
  const absl::Duration down = dice.Between(absl::Milliseconds(100), absl::Minutes(8));
  if (!node->up()) return;
  world_.Count("fault.crash");
  node->Crash();
  StartLater(node, down);
}

void Chaos::PowerCut(Dice& dice) {
  SimNode* node = Any(dice);
  const absl::Duration down = dice.Between(absl::Seconds(10), absl::Minutes(5));
  const uint64_t luck = dice.Below(2) == 0 ? 0 : dice.Next();
  if (!node->up()) return;
  world_.Count("fault.power_cut");
  node->PowerCut(luck);
  StartLater(node, down);
}

void Chaos::Stop(Dice& dice) {
  SimNode* node = Any(dice);
  const absl::Duration down = dice.Between(absl::Milliseconds(100), absl::Minutes(2));
  if (!node->up()) return;
  world_.Count("fault.stop");
  node->Stop();
  StartLater(node, down);
}

// The failure strikes one of the next commits, whoever makes it.
void Chaos::FailDisk(Dice& dice) {
  SimNode* node = Any(dice);
  const auto failure = static_cast<Disk::Failure>(dice.Below(3));
  const int nth = 1 + dice.Below(6);
  const bool mark = dice.Below(3) == 0;
  if (node->up()) node->disk().FailCommit(failure, nth, mark);
}

void Chaos::Revive(SimNode* node) {
  Dice& dice = world_.dice("fault/disk_error");
  world_.Count("fault.disk_error");
  world_.Trace(StrCat(node->id(), " has failed"));
  const int how = dice.Below(3);
  const uint64_t luck = dice.Next();
  if (how == 0) {
    node->Crash();
  } else {
    node->PowerCut(how == 1 ? 0 : luck);
  }
  StartLater(node, dice.Between(absl::Milliseconds(100), absl::Seconds(30)));
}

void Chaos::Cut(Dice& dice, bool both) {
  SimNode* node = Any(dice);
  const bool down = dice.Below(2) == 0;
  const absl::Duration length = dice.Between(absl::Seconds(5), absl::Minutes(15));
  if (node->upstreams().empty()) return;
  const std::string above = dice.Pick(node->upstreams());
  const std::string from = down ? above : node->id(), to = down ? node->id() : above;
  world_.Trace(StrCat("cut ", from, " to ", to));
  world_.Count(both ? "fault.cut" : "fault.one_way_cut");
  Network* const network = around_.network;
  network->Cut(from, to);
  if (both) network->Cut(to, from);
  world_.After(length, [network, from, to, both] {
    network->Mend(from, to);
    if (both) network->Mend(to, from);
  });
}

void Chaos::Partition(Dice& dice) {
  std::vector<std::string> group, others;
  for (SimNode* node : nodes_) (dice.Below(2) == 0 ? group : others).push_back(node->id());
  const absl::Duration length = dice.Between(absl::Seconds(10), absl::Minutes(10));
  world_.Trace(StrCat("partition of ", group.size(), " nodes"));
  world_.Count("fault.partition");
  Network* const network = around_.network;
  for (const std::string& a : group) {
    for (const std::string& b : others) {
      network->Cut(a, b);
      network->Cut(b, a);
    }
  }
  world_.After(length, [network, group, others] {
    for (const std::string& a : group) {
      for (const std::string& b : others) {
        network->Mend(a, b);
        network->Mend(b, a);
      }
    }
  });
}

void Chaos::Slow(Dice& dice) {
  const std::string node = Any(dice)->id();
  world_.Trace(StrCat("slow ", node));
  around_.network->Slow(node);
  world_.After(dice.Between(absl::Minutes(1), absl::Minutes(10)),
               [network = around_.network, node] { network->Hasten(node); });
}

void Chaos::Step(Dice& dice) {
  static constexpr int64_t kSteps[] = {-86400, -3600, -60, -1, 1, 60, 3600, 86400};
  SimNode* node = Any(dice);
  const int64_t by = kSteps[dice.Below(8)];
  world_.Trace(StrCat("step ", node->id(), " by ", by, " s"));
  world_.Count("fault.clock_step");
  node->clock().Step(absl::Seconds(by));
}

// A node below offers what another one has to say; it fits in every other way.
void Chaos::Forge(Dice& dice) {
  SimNode* liar = Any(dice);
  const int what = dice.Below(4);
  if (liar->upstreams().empty()) return;
  SimNode* node = around_.find(dice.Pick(liar->upstreams()));
  if (!node->up() || node->failed()) return;
  const Store& store = *node->store("assignment");
  v1::OfferRequest request;
  request.set_feed("assignment");
  request.set_node(liar->id());
  v1::FeedPage& page = *request.mutable_page();
  *page.mutable_from() =
      store.TakeSnapshot()->GetPosition(StrCat("offered_by_", liar->id())).value_or(v1::FeedPosition());
  *page.mutable_to() = page.from();
  page.mutable_to()->set_sequence(page.from().sequence() + 1);
  if (page.to().epoch().empty()) page.mutable_to()->set_epoch("forged");
  v1::FeedEntry& entry = *page.add_entries();
  entry = ForgedAbout(*node, liar->id(), what);
  if (entry.entity().empty()) return;
  entry.set_sequence(page.to().sequence());
  request.set_instance(liar->up() ? liar->node().part("assignment")->instance : "i-liar");
  const auto row = [&] { return store.TakeSnapshot()->GetRow(EntityKey(entry.entity())).value_or(std::nullopt); };
  const std::optional<std::string> before = row();
  world_.Count("fault.forged");
  around_.forged->insert({node->id(), StrCat("offered_by_", liar->id()), entry.entity()});
  node->ServeOffer(CertificateOf(liar->id()), request, [&](const absl::StatusOr<v1::OfferResponse>&) {
    world_.Check("F8", row() == before, [&] {
      return StrCat(node->id(), " took ", entry.entity(), " from ", liar->id(), ", which does not own it");
    });
  });
}

void Chaos::ReplaceEmpty(Dice& dice) {
  SimNode* node = Any(dice);
  const absl::Duration delay = dice.Between(absl::Seconds(10), absl::Minutes(3));
  if (!node->up() || replacements_.busy()) return;
  world_.Count("fault.replaced_empty");
  replacements_.Replace(node, Replacements::How::kEmptyAndRebuilt, delay);
}

void Chaos::BackUp(Dice& dice) {
  SimNode* node = Any(dice);
  if (node->up() && !node->failed()) replacements_.BackUp(node, dice);
}

void Chaos::ReplaceOld(Dice& dice) {
  // Whoever has a backup, beginning with a random one.
  const int first = dice.Below(static_cast<int>(nodes_.size()));
  const bool rebuilt = dice.Below(2) == 0;
  const absl::Duration delay = dice.Between(absl::Seconds(10), absl::Minutes(3));
  if (replacements_.busy()) return;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    SimNode* node = nodes_[(static_cast<size_t>(first) + i) % nodes_.size()];
    if (!node->up() || !replacements_.HasBackup(node)) continue;
    world_.Count("fault.old_backup");
    world_.Count(rebuilt ? "work.restored_and_rebuilt" : "work.restored");
    using How = Replacements::How;
    return replacements_.Replace(node, rebuilt ? How::kRestoredAndRebuilt : How::kRestored, delay);
  }
}

// Somebody with a certificate of their own calls themselves by another's name, or asks for what only others get. What
// they hear is the same whether there is anybody of that name.
void Chaos::Pretend(Dice& dice) {
  SimNode* node = Any(dice);
  const std::string whose = Any(dice)->id();
  const Identity caller = StrangerFrom(dice, *Any(dice), whose, node->id());
  const int what = dice.Below(4);
  const char* feed = dice.Below(2) == 0 ? "plan" : "assignment";
  if (!node->up() || node->failed()) return;
  world_.Count("fault.impostor");
  std::vector<v1::FeedPosition> before;
  for (const auto& part : node->node().parts()) before.push_back(part->store->head());
  const absl::Status said = CallAs(*node, caller, what, feed, whose);
  const absl::Status of_nobody = CallAs(*node, caller, what, feed, "nobody-at-all");
  world_.Check("U2", ReasonOf(said) == v1::NOT_ALLOWED, [&] {
    return StrCat(node->id(), " lets ", caller.path(), " call itself ", whose, ": ", said.ToString());
  });
  const bool same = said.code() == of_nobody.code() && said.message() == of_nobody.message() &&
                    MetadataOf(said) == MetadataOf(of_nobody);
  world_.Check("U3", same, [&] {
    return StrCat(node->id(), " tells ", caller.path(), " whether there is a ", whose, ": ", said.ToString());
  });
  size_t at = 0;
  for (const auto& part : node->node().parts()) {
    world_.Check("U2", SamePosition(part->store->head(), before[at++]),
                 [&] { return StrCat(node->id(), " writes into its ", part->service, " store for ", caller.path()); });
  }
}

void Chaos::PresentOldPosition(Dice& dice) {
  SimNode* node = Any(dice);
  const int how = dice.Below(4);
  const int back = dice.Below(50);
  if (!node->up()) return;
  const char* feed = dice.Below(2) == 0 ? "plan" : "assignment";
  v1::FetchRequest request;
  request.set_feed(feed);
  request.set_follower(node->id() == "n0" ? "n1" : "n0");
  request.set_downstream(true);
  v1::FeedPosition& position = *request.mutable_position();
  position = node->store(feed)->head();
  switch (how) {
    case 0:
      position.set_epoch("e-another");
      break;
    case 1:
      position.set_sequence(position.sequence() + 1 + back);
      break;
    case 2:
      position.mutable_hash()->back() ^= 1;
      break;
    default:
      // Of this epoch, with the hash of another commit.
      if (position.sequence() <= 2 + back) return;
      position.set_sequence(position.sequence() - 1 - back);
  }
  world_.Count("fault.old_position");
  node->ServeFetch(CertificateOf(request.follower()), request, [](const absl::StatusOr<v1::FetchResponse>&) {});
}

}  // namespace duban::simulation
