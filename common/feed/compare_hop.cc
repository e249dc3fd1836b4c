// Comparing the two ends of a hop without taking anything in: what a source has for a follower with what the follower
// holds, and what was offered to a node above with what that holds.

#include <xxhash.h>

#include <map>
#include <set>
#include <string>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"

namespace duban {
namespace {

constexpr size_t kMostNamed = 10;

uint64_t HashOf(const std::string& name, const google::protobuf::Any& payload) {
  return XXH3_64bits_withSeed(payload.value().data(), payload.value().size(), XXH3_64bits(name.data(), name.size()));
}

// The number in a message's field `version`; 0 where it has none.
int64_t VersionOf(const google::protobuf::Any& any) {
  const std::string type = any.type_url().substr(any.type_url().rfind('/') + 1);
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  const auto* field = descriptor == nullptr ? nullptr : descriptor->FindFieldByName("version");
  if (field == nullptr || field->is_repeated()) return 0;
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
  const std::unique_ptr<google::protobuf::Message> message(prototype->New());
  if (!message->ParseFromString(any.value())) return 0;
  using Field = google::protobuf::FieldDescriptor;
  if (field->cpp_type() == Field::CPPTYPE_INT32) return message->GetReflection()->GetInt32(*message, field);
  return field->cpp_type() == Field::CPPTYPE_INT64 ? message->GetReflection()->GetInt64(*message, field) : 0;
}

v1::NodeCheck CheckOf(const Store& store, v1::NodeCheck::What what, const std::string& hop) {
  v1::NodeCheck check;
  check.set_service(store.options().service);
  check.set_what(what);
  check.set_hop(hop);
  check.set_result(v1::NodeCheck::GOOD);
  return check;
}

// What came of comparing entities one by one.
struct Comparison {
  int64_t count = 0;
  uint64_t source_digest = 0;
  uint64_t held_digest = 0;
  std::set<std::string> differing;
  // Those of `differing` that one of the two ends does not have at all.
  int64_t missing = 0;
};

void Note(const Comparison& found, std::string_view where, v1::NodeCheck& check) {
  check.set_count(found.count);
  check.set_source_digest(found.source_digest);
  check.set_held_digest(found.held_digest);
  for (const std::string& name : found.differing) {
    if (static_cast<size_t>(check.entities_size()) < kMostNamed) check.add_entities(name);
  }
  if (found.differing.empty()) return;
  check.set_result(v1::NodeCheck::BAD);
  check.set_finding(StrCat(found.differing.size(), " entities are other here than at ", where, ", ", found.missing,
                           " of them are only on one side"));
}

v1::NodeCheck NotKnown(v1::NodeCheck check, const absl::Status& status) {
  check.set_result(v1::NodeCheck::UNKNOWN);
  check.set_finding(std::string(ToStd(status.message())));
  return check;
}

// One pass through the source's feed.
struct Pass {
  // What the source has of what was followed already; what changed since is not looked at, nor what is about to be done
  // here about what came.
  std::map<std::string, uint64_t> hashes;
  std::set<std::string> changing;
  // What is here in a later version.
  std::set<std::string> later;
  std::set<std::string> differing;
  int64_t entries = 0;
};

// Applies an entry of what was followed already.
absl::Status TakeEntry(Transaction& transaction, const FollowSpec& spec, const EntrySource& source,
                       const v1::FeedEntry& entry, Pass& pass) {
  ++pass.entries;
  if (!entry.withdrawn()) {
    pass.hashes[entry.entity()] = HashOf(entry.entity(), entry.payload());
    DUBAN_ASSIGN_OR_RETURN(auto held, transaction.GetRecord(entry.entity()));
    const google::protobuf::Any here = held.has_value() ? PayloadOf(*std::move(held)) : google::protobuf::Any();
    const bool same_type = here.type_url() == entry.payload().type_url();
    if (same_type && VersionOf(here) > VersionOf(entry.payload())) pass.later.insert(entry.entity());
  }
  const auto aside = ApplyOrSetAside(transaction, spec.apply, entry, source, Undoing::kEachEntry);
  if (!aside.ok() || aside->has_value()) pass.differing.insert(entry.entity());
  return absl::OkStatus();
}

// Whether a row that would be written only says that something is gone. Where nothing is known of that any more, it is
// no difference: such marks are let go of here and at the source at different times.
bool OnlySaysGone(const std::optional<std::string>& value) {
  storage::v1::EntityRecord record;
  return value.has_value() && record.ParseFromString(*value) && record.deleted();
}

// Names of what would be other than it is.
absl::Status CollectChanges(const Transaction& transaction, const Snapshot& snapshot, std::set<std::string>& names) {
  if (DUBAN_BUG("verify.difference_overlooked")) return absl::OkStatus();
  for (const auto& [key, value] : transaction.writes()) {
    const auto kind = static_cast<KeyKind>(key[0]);
    if (kind != KeyKind::kEntity && kind != KeyKind::kLocal) continue;
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, snapshot.GetRow(key));
    if (row == value) continue;
    const bool gone = kind == KeyKind::kEntity && !row.has_value() && OnlySaysGone(value);
    if (!gone) names.insert(key.substr(1));
  }
  return absl::OkStatus();
}

// Does what waits for the head, one step of it: as much as the hop itself writes at once. Returns whether that was all.
absl::StatusOr<bool> Finish(Transaction& transaction, const FollowSpec& spec, const EntrySource& source) {
  if (!spec.finish_page) return true;
  return spec.finish_page(transaction, true, source);
}

}  // namespace

absl::Status FollowHop::DoCompare(FeedPeer& peer, v1::NodeCheck& check) const {
  const std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition followed, snapshot->GetPosition(name_));
  const EntrySource source{source_node_, name_, clock_->Now()};
  const WriteSet nothing;
  const int64_t head = snapshot->head().sequence();
  // Following from the beginning again, as a command that is never committed: it must change nothing.
  Transaction transaction(snapshot.get(), &nothing, head);
  Pass pass;
  DUBAN_ASSIGN_OR_RETURN(const bool finished, Finish(transaction, spec_, source));
  if (!finished) {
    return absl::UnavailableError("what came from the source is still being worked on here; compare again later");
  }
  DUBAN_RETURN_IF_ERROR(CollectChanges(transaction, *snapshot, pass.changing));
  v1::FeedPosition at;
  at.set_epoch(followed.epoch());
  for (bool more = true; more;) {
    DUBAN_ASSIGN_OR_RETURN(const v1::FetchResponse answer, peer.Fetch(RequestAfter(at)));
    DUBAN_RETURN_IF_ERROR(CheckPage(answer.page(), at));
    for (const v1::FeedEntry& entry : answer.page().entries()) {
      if (entry.sequence() > followed.sequence()) {
        pass.changing.insert(entry.entity());
        continue;
      }
      DUBAN_RETURN_IF_ERROR(TakeEntry(transaction, spec_, source, entry, pass));
    }
    at = answer.page().to();
    more = !answer.page().at_head();
  }
  std::set<std::string> left;
  if (spec_.held) {
    DUBAN_RETURN_IF_ERROR(spec_.held(*snapshot, source, [&](std::string_view view) {
      const std::string name(view);
      if (!pass.hashes.contains(name) && !pass.changing.contains(name)) left.insert(name);
      // A source that was restored from a backup, and was not given back what it had lost. What did not come from it
      // may well be later here.
      if (pass.later.contains(name)) pass.differing.insert(name);
      return true;
    }));
  }
  DUBAN_ASSIGN_OR_RETURN(const bool all, Finish(transaction, spec_, source));
  DUBAN_RETURN_IF_ERROR(CollectChanges(transaction, *snapshot, pass.differing));
  for (const std::string& name : pass.changing) pass.differing.erase(name);
  // Where that was not all there is to do, it is mostly different enough.
  if (!all && pass.differing.empty()) {
    return absl::UnavailableError("the source has more than is compared at once, and what was compared is the same");
  }
  Comparison found;
  found.count = pass.entries;
  found.missing = static_cast<int64_t>(left.size());
  for (const auto& [name, hash] : pass.hashes) {
    found.source_digest ^= hash;
    if (!pass.differing.contains(name)) found.held_digest ^= hash;
  }
  for (const std::string& name : left) found.held_digest ^= HashOf(name, {});
  found.differing = std::move(pass.differing);
  found.differing.merge(left);
  Note(found, "the source", check);
  return absl::OkStatus();
}

v1::NodeCheck FollowHop::Compare(FeedPeer& peer) const {
  v1::NodeCheck check = CheckOf(*store_, v1::NodeCheck::NEIGHBOUR, name_);
  const absl::Status status = DoCompare(peer, check);
  return status.ok() ? check : NotKnown(std::move(check), status);
}

namespace {

using Entities = std::map<std::string, google::protobuf::Any>;

// Everything that the node above holds of this node's own.
absl::StatusOr<Entities> AllHeldAbove(FeedPeer& peer, const std::string& feed, const std::string& node) {
  Entities held;
  v1::GiveBackRequest request;
  request.set_feed(feed);
  request.set_node(node);
  for (bool more = true; more;) {
    DUBAN_ASSIGN_OR_RETURN(v1::GiveBackResponse page, peer.GiveBack(request));
    if (!page.complete() && page.after() <= request.after()) {
      return InvariantBroken("the pages that the node above gives back lead nowhere");
    }
    for (v1::HeldEntity& entity : *page.mutable_entities()) {
      held.insert_or_assign(entity.entity(), std::move(*entity.mutable_payload()));
    }
    request.set_after(page.after());
    more = !page.complete();
  }
  return held;
}

// What was offered up to a position, and nothing newer.
absl::StatusOr<Entities> OfferedUpTo(const Snapshot& snapshot, const std::string& audience,
                                     const v1::FeedPosition& offered) {
  Entities entities;
  v1::FeedPosition at;
  for (bool more = true; more;) {
    DUBAN_ASSIGN_OR_RETURN(v1::FeedPage page, ReadFeedPage(snapshot, {audience}, at));
    for (v1::FeedEntry& entry : *page.mutable_entries()) {
      if (entry.withdrawn() || entry.sequence() > offered.sequence()) continue;
      entities.insert_or_assign(entry.entity(), std::move(*entry.mutable_payload()));
    }
    at = page.to();
    more = !page.at_head();
  }
  return entities;
}

}  // namespace

absl::Status OfferHop::DoCompare(FeedPeer& peer, v1::NodeCheck& check) const {
  const std::unique_ptr<Snapshot> before = store_->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition offered, before->GetPosition(name_));
  Entities ours;
  if (offered.epoch() == store_->epoch()) {
    DUBAN_ASSIGN_OR_RETURN(ours, OfferedUpTo(*before, audience_, offered));
  }
  DUBAN_ASSIGN_OR_RETURN(const Entities theirs, AllHeldAbove(peer, feed_, node_));
  const std::unique_ptr<Snapshot> after = store_->TakeSnapshot();
  const auto sequence = [](const absl::StatusOr<std::optional<storage::v1::EntityRecord>>& record) {
    return record.ok() && record->has_value() ? (*record)->sequence() : 0;
  };
  std::set<std::string> names;
  for (const auto& [name, payload] : ours) names.insert(name);
  for (const auto& [name, payload] : theirs) names.insert(name);
  Comparison found;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(const auto record, before->GetRecord(name));
    // What changed meanwhile may have been offered meanwhile.
    if (sequence(record) != sequence(after->GetRecord(name))) continue;
    const auto own = ours.find(name);
    const auto held = theirs.find(name);
    if (held == theirs.end()) {
      bool kept = true;
      if (held_above_) {
        DUBAN_ASSIGN_OR_RETURN(kept, held_above_(*after, name));
      }
      if (!kept) continue;
    } else if (own == ours.end() && record.has_value() && VersionOf(PayloadOf(*record)) >= VersionOf(held->second)) {
      // Not offered yet.
      continue;
    }
    ++found.count;
    if (own != ours.end()) found.source_digest ^= HashOf(name, own->second);
    if (held != theirs.end()) found.held_digest ^= HashOf(name, held->second);
    const bool both = own != ours.end() && held != theirs.end();
    if (both && own->second.value() == held->second.value()) continue;
    found.differing.insert(name);
    found.missing += both ? 0 : 1;
  }
  Note(found, "the node above", check);
  return absl::OkStatus();
}

v1::NodeCheck OfferHop::Compare(FeedPeer& peer) const {
  v1::NodeCheck check = CheckOf(*store_, v1::NodeCheck::OFFERED, name_);
  const absl::Status status = DoCompare(peer, check);
  return status.ok() ? check : NotKnown(std::move(check), status);
}

}  // namespace duban
