// Comparing what a source has for a follower with what the follower holds, without taking anything in.

#include <xxhash.h>

#include <map>
#include <set>
#include <string>

#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/follow_hop.h"

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

// One pass through the source's feed.
struct Pass {
  // What the source has of what was followed already; what changed since is not looked at.
  std::map<std::string, uint64_t> hashes;
  std::set<std::string> changing;
  std::set<std::string> differing;
  int64_t entries = 0;
};

absl::Status TakeEntry(Transaction& transaction, const FollowSpec& spec, const EntrySource& source, int64_t followed,
                       const v1::FeedEntry& entry, Pass& pass) {
  if (entry.sequence() > followed) {
    pass.changing.insert(entry.entity());
    return absl::OkStatus();
  }
  ++pass.entries;
  if (!entry.withdrawn()) {
    pass.hashes[entry.entity()] = HashOf(entry.entity(), entry.payload());
    DUBAN_ASSIGN_OR_RETURN(auto held, transaction.GetRecord(entry.entity()));
    const bool same_type = held.has_value() && held->payload().type_url() == entry.payload().type_url();
    // A source that was restored from a backup, and was not given back what it had lost.
    if (same_type && VersionOf(held->payload()) > VersionOf(entry.payload())) pass.differing.insert(entry.entity());
  }
  if (!spec.apply(transaction, entry, source).ok()) pass.differing.insert(entry.entity());
  return absl::OkStatus();
}

// Names of what would be other than it is.
absl::Status CollectChanges(const Transaction& transaction, const Snapshot& snapshot, std::set<std::string>& names) {
  for (const auto& [key, value] : transaction.writes()) {
    const auto kind = static_cast<KeyKind>(key[0]);
    if (kind != KeyKind::kEntity && kind != KeyKind::kLocal) continue;
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, snapshot.GetRow(key));
    if (row != value) names.insert(key.substr(1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FollowHop::DoCompare(FeedPeer& peer, v1::NodeCheck& check) const {
  const std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition followed, snapshot->GetPosition(name_));
  const EntrySource source{source_node_, name_, clock_->Now()};
  const WriteSet nothing;
  const int64_t head = snapshot->head().sequence();
  // Following from the beginning again, as a command that is never committed: it must change nothing.
  Transaction transaction(snapshot.get(), &nothing, head, head + 1);
  Pass pass;
  v1::FeedPosition at;
  at.set_epoch(followed.epoch());
  for (bool more = true; more;) {
    DUBAN_ASSIGN_OR_RETURN(const v1::FetchResponse answer, peer.Fetch(RequestAfter(at)));
    DUBAN_RETURN_IF_ERROR(CheckPage(answer.page(), at));
    for (const v1::FeedEntry& entry : answer.page().entries()) {
      DUBAN_RETURN_IF_ERROR(TakeEntry(transaction, spec_, source, followed.sequence(), entry, pass));
    }
    at = answer.page().to();
    more = !answer.page().at_head();
  }
  std::set<std::string> left;
  if (spec_.held) {
    DUBAN_RETURN_IF_ERROR(spec_.held(*snapshot, source, [&](std::string_view view) {
      const std::string name(view);
      if (!pass.hashes.contains(name) && !pass.changing.contains(name)) left.insert(name);
      return true;
    }));
  }
  if (spec_.finish_page) DUBAN_RETURN_IF_ERROR(spec_.finish_page(transaction, true, source));
  DUBAN_RETURN_IF_ERROR(CollectChanges(transaction, *snapshot, pass.differing));
  check.set_count(pass.entries);
  uint64_t theirs = 0;
  uint64_t ours = 0;
  for (const auto& [name, hash] : pass.hashes) {
    theirs ^= hash;
    if (!pass.differing.contains(name)) ours ^= hash;
  }
  for (const std::string& name : left) ours ^= HashOf(name, {});
  check.set_source_digest(theirs);
  check.set_held_digest(ours);
  pass.differing.insert(left.begin(), left.end());
  for (const std::string& name : pass.differing) {
    if (static_cast<size_t>(check.entities_size()) < kMostNamed) check.add_entities(name);
  }
  if (pass.differing.empty()) return absl::OkStatus();
  check.set_result(v1::NodeCheck::BAD);
  check.set_finding(StrCat(pass.differing.size(), " entities are other here than at the source, ", left.size(),
                           " of them are not there"));
  return absl::OkStatus();
}

v1::NodeCheck FollowHop::Compare(FeedPeer& peer) const {
  v1::NodeCheck check;
  check.set_service(store_->options().service);
  check.set_what(v1::NodeCheck::NEIGHBOUR);
  check.set_hop(name_);
  check.set_result(v1::NodeCheck::GOOD);
  const absl::Status status = DoCompare(peer, check);
  if (!status.ok()) {
    check.set_result(v1::NodeCheck::UNKNOWN);
    check.set_finding(std::string(ToStd(status.message())));
  }
  return check;
}

}  // namespace duban
