#include "common/node/node.h"

#include <filesystem>
#include <utility>

#include "absl/strings/cord.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/rebuild.h"
#include "common/store/kept_files.h"

namespace duban {

absl::StatusOr<std::unique_ptr<Node>> Node::Open(const NodeOptions& options, const NodePorts& ports,
                                                 const std::vector<LogicFactory>& services) {
  // With none at once a hop would never come to its end.
  if (ports.issue_step < 1) return absl::InvalidArgumentError("issue_step is 0, must be at least 1");
  std::unique_ptr<Node> node(new Node(options, ports));
  for (const LogicFactory& service : services) DUBAN_RETURN_IF_ERROR(node->OpenStore(service));
  for (size_t i = 0; i < services.size(); ++i) node->Build(*node->parts_[i], services[i]);
  for (const auto& part : node->parts_) node->PlanHops(*part);
  return node;
}

Node::~Node() {
  // What uses a store goes before it; the services of a node use each other's feeds.
  follows_.clear();
  offers_.clear();
  for (const auto& part : parts_) {
    part->feeds.clear();
    part->hops = {};
    part->logic.reset();
  }
  for (const auto& part : parts_) part->store.reset();
}

absl::Status StoreFailure(const StoreOptions& store, const absl::Status& cause) {
  absl::Status status(cause.code(), StrCat("cannot open the store ", store.path, ": ", ToStd(cause.message())));
  status.SetPayload(kStoreFailureUrl, absl::Cord(store.service));
  return status;
}

StoreOptions StoreOptionsOf(const NodeOptions& node, std::string_view service, Clock* clock, IdSource* ids) {
  StoreOptions store = node.store;
  store.path = (std::filesystem::path(node.data_dir) / service).string();
  store.service = std::string(service);
  store.node = node.node;
  store.clock = clock;
  store.ids = ids;
  return store;
}

absl::Status Node::OpenStore(const LogicFactory& service) {
  const StoreOptions store = StoreOptionsOf(options_, service.service, ports_.clock, ports_.ids);
  absl::StatusOr<std::shared_ptr<Store>> opened = ports_.open_store ? ports_.open_store(store) : Store::Open(store);
  if (opened.ok() && !options_.rebuilding) {
    if (absl::Status checked = CheckNotRebuilding(**opened); !checked.ok()) opened = std::move(checked);
  }
  if (!opened.ok()) return StoreFailure(store, opened.status());
  auto part = std::make_unique<Part>();
  part->service = service.service;
  part->store = *std::move(opened);
  part->instance = ports_.ids->NextId("i-");
  Log(LogLevel::kInfo, "store.opened",
      {{"service", part->service}, {"path", store.path}, {"sequence", StrCat(part->store->head().sequence())}});
  parts_.push_back(std::move(part));
  return absl::OkStatus();
}

void Node::Build(Part& part, const LogicFactory& service) {
  Ports ports;
  ports.store = part.store.get();
  ports.clock = ports_.clock;
  ports.ids = ports_.ids;
  ports.node = options_.node;
  ports.reminder_log = ports_.reminder_log;
  ports.channels_file = ports_.channels_file;
  ports.page_key = ports_.page_key;
  ports.tokens = ports_.tokens;
  ports.sealer = ports_.sealer;
  ports.id_tokens = ports_.id_tokens;
  ports.first_officer = ports_.first_officer;
  ports.issue_step = ports_.issue_step;
  ports.evidence_above = ports_.evidence_above;
  // Files lie on the machine's disk; a store that does not has none.
  // Nor has a replica any: they would be on one machine alone, and gone with it.
  const bool has_files = options_.store.env == nullptr && ports_.open_store == nullptr;
  if (has_files) ports.files_dir = FilesFolder(part.store->options().path);
  part.logic = service.make(ports);
  part.hops = part.logic->hops();
  for (const FeedSpec& spec : part.hops.feeds) {
    part.feeds.push_back(std::make_unique<FeedServer>(spec, ports_.clock));
  }
}

void Node::PlanHops(const Part& part) {
  const auto follow = [&](const std::string& name, const std::string& source, const FollowSpec& spec) {
    auto hop = std::make_unique<FollowHop>(name, source, spec, part.store.get(), ports_.clock, part.instance);
    follows_.push_back({std::move(hop), source, part.service});
  };
  for (const FollowSpec& spec : part.hops.follows) {
    if (!spec.from_upstream) {
      follow(StrCat(spec.feed, "_to_", part.service), options_.node, spec);
      continue;
    }
    for (const std::string& upstream : options_.upstreams) follow(FollowedFrom(upstream, spec.feed), upstream, spec);
  }
  for (const OfferSpec& spec : part.hops.offers) {
    for (const std::string& upstream : options_.upstreams) {
      auto hop = std::make_unique<OfferHop>(spec.feed, options_.node, upstream, part.store.get(), spec.held_above,
                                            part.instance);
      offers_.push_back({std::move(hop), spec.feed, upstream, part.store.get()});
    }
  }
}

Node::Part* Node::part(std::string_view service) const {
  for (const auto& part : parts_) {
    if (part->service == service) return part.get();
  }
  return nullptr;
}

Store* Node::store(std::string_view service) const {
  const Part* found = part(service);
  return found == nullptr ? nullptr : found->store.get();
}

FeedServer* Node::feed(std::string_view feed) const {
  for (const auto& part : parts_) {
    for (const auto& server : part->feeds) {
      if (server->feed() == feed) return server.get();
    }
  }
  return nullptr;
}

void Node::Begin() {
  for (const auto& part : parts_) part->logic->Begin();
}

namespace {

// Keeping house reads whole stores, and took a third of the processor from jobs that leased reminders meanwhile.
constexpr int kHouseNice = 15;

}  // namespace

std::vector<Chore> Node::chores() {
  std::vector<Chore> all;
  for (const auto& part : parts_) {
    for (Chore& chore : part->logic->chores()) all.push_back(std::move(chore));
  }
  all.push_back({"keep_house", options_.housekeeping, [this] { return KeepHouse(); }, kHouseNice});
  all.push_back({"note_followers", kNoteFollowersEvery, [this] { return NoteFollowers(); }});
  all.push_back({"merge_feeds", kMergeEvery, [this] { return MergeFeeds(); }, kHouseNice});
  all.push_back({"verify_files", kVerifyEvery, [this] { return VerifyFiles(); }, kHouseNice});
  return all;
}

namespace {

// Whether a step of a chore says that there is more to do. One that failed is logged and done again after the pause.
bool HasMore(const absl::StatusOr<bool>& step, std::string_view event, const std::string& service) {
  if (step.ok()) return *step;
  Log(LogLevel::kWarning, event, {{"service", service}, {"cause", std::string(ToStd(step.status().message()))}});
  return false;
}

}  // namespace

bool Node::KeepHouse() {
  // Whoever was heard of is noted before anything goes that it may still need.
  bool more = NoteFollowers();
  const absl::Time now = ports_.clock->Now();
  // Those of an upstream that this node had once are not waited for.
  std::vector<std::string> offers;
  for (const std::string& upstream : options_.upstreams) offers.push_back(OfferedTo(upstream));
  for (const auto& part : parts_) {
    more |= HasMore(part->store->ExpireMemos(now - options_.memo_lifetime, kMemosAtOnce), "store.expire_failed",
                    part->service);
    more |= HasMore(part->store->Trim(now - options_.history_kept, offers), "store.trim_failed", part->service);
  }
  return more;
}

bool Node::MergeFeeds() {
  bool more = false;
  for (const auto& part : parts_) {
    more |= HasMore(part->store->MergeFeeds(&part->merge_at), "store.merge_failed", part->service);
  }
  return more;
}

bool Node::NoteFollowers() {
  bool more = false;
  for (const auto& part : parts_) {
    for (const auto& feed : part->feeds) {
      more |= HasMore(feed->NoteFollowers(options_.history_kept / kNotesInHistory), "feed.note_failed", part->service);
    }
  }
  return more;
}

bool Node::VerifyFiles() {
  for (const auto& part : parts_) {
    const absl::Status found = part->store->VerifyFiles();
    // Damage stops the store, which says so itself; a read that fails otherwise may succeed the next time.
    if (!found.ok()) {
      Log(LogLevel::kWarning, "store.verify_failed",
          {{"service", part->service}, {"cause", std::string(ToStd(found.message()))}});
    }
  }
  return false;
}

absl::Status Node::serving() const {
  for (const auto& part : parts_) {
    if (absl::Status serving = part->store->serving(); !serving.ok()) {
      return absl::UnavailableError(StrCat(part->service, ": ", ToStd(serving.message()), "; restart the process"));
    }
  }
  return absl::OkStatus();
}

}  // namespace duban
