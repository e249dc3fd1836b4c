// Whole nodes of several levels in a test: their stores in memory, their real logic and hops, turned by hand instead of
// by threads and gRPC. A disk can be lost, and put back from a backup.

#ifndef DUBAN_TESTS_SUPPORT_TEST_LEVELS_H_
#define DUBAN_TESTS_SUPPORT_TEST_LEVELS_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/strings.h"
#include "common/feed/rebuild.h"
#include "common/node/node.h"
#include "common/store/backup.h"
#include "common/store/verification.h"
#include "services/assignment/assignment_logic.h"
#include "services/notification/notification_logic.h"
#include "services/plan/plan_logic.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/memory_file_system.h"

namespace duban::testing {

// One node. Not thread-safe; the clock outlives it.
class TestLevel {
 public:
  TestLevel(std::string id, std::vector<std::string> upstreams, FakeClock* clock)
      : id_(std::move(id)), upstreams_(std::move(upstreams)), clock_(clock), env_(MakeMemoryEnv()) {}

  const std::string& id() const { return id_; }
  const std::vector<std::string>& upstreams() const { return upstreams_; }
  bool up() const { return node_ != nullptr; }
  Node& node() { return *node_; }
  Store* store(std::string_view service) { return node_->store(service); }
  std::vector<Node::Follow>& follows() { return follows_; }
  std::vector<Node::Offer>& offers() { return offers_; }

  PlanCore& plans() { return static_cast<PlanLogic&>(*node_->part("plan")->logic).plans(); }
  DirectoryCore& directory() { return static_cast<PlanLogic&>(*node_->part("plan")->logic).directory(); }
  AssignmentCore& assignments() { return static_cast<AssignmentLogic&>(*node_->part("assignment")->logic).core(); }
  NotificationCore& notifications() {
    return static_cast<NotificationLogic&>(*node_->part("notification")->logic).core();
  }

  // Opens the node to serve, or only to be rebuilt.
  absl::Status Open(bool rebuilding = false) {
    NodeOptions options;
    options.node = id_;
    options.data_dir = root_;
    options.upstreams = upstreams_;
    options.rebuilding = rebuilding;
    options.store.env = env_.get();
    options.store.threaded = false;
    NodePorts ports;
    ports.clock = clock_;
    ports.ids = &ids_;
    const auto make = [](auto* type) {
      using Logic = std::remove_pointer_t<decltype(type)>;
      return [](const Ports& handed) -> std::unique_ptr<ServiceLogic> { return std::make_unique<Logic>(handed); };
    };
    DUBAN_ASSIGN_OR_RETURN(node_, Node::Open(options, ports,
                                             {{"plan", make(static_cast<PlanLogic*>(nullptr))},
                                              {"assignment", make(static_cast<AssignmentLogic*>(nullptr))},
                                              {"notification", make(static_cast<NotificationLogic*>(nullptr))}}));
    if (rebuilding) return absl::OkStatus();
    node_->Begin();
    follows_ = node_->TakeFollows();
    offers_ = node_->TakeOffers();
    return absl::OkStatus();
  }
  void Close() {
    follows_.clear();
    offers_.clear();
    node_.reset();
  }
  // An empty disk in place of the old one. REQUIRES: closed.
  void LoseDisk() { root_ = StrCat("/disk", ++disks_); }

  // Copies the stores to another place. REQUIRES: open.
  void BackUp() {
    ++backups_;
    for (const char* service : kServices) {
      const auto copy = CopyStore(*store(service), BackupOf(service));
      ASSERT_TRUE(copy.ok()) << copy.status();
    }
  }
  // An empty disk, and on it the stores as they were at the last backup. REQUIRES: closed.
  void Restore() {
    LoseDisk();
    for (const char* service : kServices) {
      StoreOptions options;
      options.path = StrCat(root_, "/", service);
      options.service = service;
      options.node = id_;
      options.clock = clock_;
      options.ids = &ids_;
      options.env = env_.get();
      options.threaded = false;
      const auto restored = RestoreStore(options, BackupOf(service));
      ASSERT_TRUE(restored.ok()) << restored.status();
    }
  }

  // Every entity by service and name, as its bytes.
  std::map<std::string, std::string> Entities() {
    std::map<std::string, std::string> all;
    for (const char* service : kServices) {
      const std::string begin = EntityKey("");
      const absl::Status scanned = store(service)->TakeSnapshot()->ScanRows(
          begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
            storage::v1::EntityRecord record;
            EXPECT_TRUE(record.ParseFromArray(value.data(), static_cast<int>(value.size())));
            if (!record.deleted()) all[StrCat(service, " ", key.substr(1))] = record.payload();
            return true;
          });
      EXPECT_TRUE(scanned.ok()) << scanned;
    }
    return all;
  }

  static constexpr const char* kServices[] = {"plan", "assignment", "notification"};

 private:
  std::string BackupOf(std::string_view service) const { return StrCat("/backup", backups_, "/", service); }

  const std::string id_;
  const std::vector<std::string> upstreams_;
  FakeClock* const clock_;
  FakeIds ids_;
  // Holds every disk, and the backups.
  const decltype(MakeMemoryEnv()) env_;
  int backups_ = 0;
  int disks_ = 0;
  std::string root_ = "/disk0";
  std::unique_ptr<Node> node_;
  std::vector<Node::Follow> follows_;
  std::vector<Node::Offer> offers_;
};

// Calls a node in the same process, once. The node outlives it.
class LevelPeer final : public FeedPeer {
 public:
  explicit LevelPeer(TestLevel* level) : level_(*level) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckUp());
    return level_.node().feed(request.feed())->TryFetch(request);
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckUp());
    v1::OfferResponse response;
    DUBAN_RETURN_IF_ERROR(level_.node().feed(request.feed())->Offer(request, &response));
    return response;
  }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckUp());
    v1::GiveBackResponse response;
    DUBAN_RETURN_IF_ERROR(level_.node().feed(request.feed())->GiveBack(request, &response));
    return response;
  }
  void Cancel() override {}

 private:
  absl::Status CheckUp() const {
    return level_.up() ? absl::OkStatus() : Error(v1::NOT_SERVING, "the node is down", "节点已停");
  }

  TestLevel& level_;
};

// Nodes that reach each other while they are up. Not thread-safe.
class TestLevels {
 public:
  FakeClock& clock() { return clock_; }
  TestLevel& Add(const std::string& id, const std::vector<std::string>& upstreams) {
    auto& level = levels_.emplace(id, std::make_unique<TestLevel>(id, upstreams, &clock_)).first->second;
    const absl::Status opened = level->Open();
    EXPECT_TRUE(opened.ok()) << opened;
    return *level;
  }
  TestLevel& at(const std::string& id) { return *levels_.at(id); }

  // Turns every hop of every node that is up, and does what its services do of themselves, until nothing moves any
  // more.
  void Settle() {
    for (int round = 0; round < 200; ++round) {
      bool moved = false;
      for (auto& [id, level] : levels_) {
        if (!level->up()) continue;
        for (Node::Follow& follow : level->follows()) moved |= Turn(follow);
        for (Node::Offer& offer : level->offers()) moved |= Turn(*level, offer);
        for (const auto& part : level->node().parts()) {
          for (const Chore& chore : part->logic->chores()) {
            while (chore.step()) moved = true;
          }
        }
      }
      if (!moved) return;
    }
    ADD_FAILURE() << "the levels do not come to rest";
  }

  // Looks a node over, as the server does: each store by itself, and both ends of each hop.
  std::vector<v1::NodeCheck> Verify(const std::string& id) {
    TestLevel& level = at(id);
    std::vector<v1::NodeCheck> checks;
    for (const auto& part : level.node().parts()) {
      for (v1::NodeCheck& check : VerifyStore(*part->store, part->logic->index_rows()))
        checks.push_back(std::move(check));
    }
    for (const Node::Follow& follow : level.follows()) {
      LevelPeer peer(&at(follow.source));
      checks.push_back(follow.hop->Compare(peer));
    }
    for (const Node::Offer& offer : level.offers()) {
      LevelPeer peer(&at(offer.upstream));
      checks.push_back(offer.hop->Compare(peer));
    }
    return checks;
  }

  // One rebuild of a node that is down, as one run of the program; ends in the middle, as if killed, after
  // `most_calls`. Returns what it says at its end. `finish`: where everything is back.
  absl::StatusOr<v1::RebuildReport> RunRebuild(const std::string& id, const std::vector<Rebuild::Neighbour>& neighbours,
                                               int most_calls = 1 << 20, int page_bytes = 0,
                                               const std::vector<std::string>& given_up = {}) {
    TestLevel& level = at(id);
    DUBAN_RETURN_IF_ERROR(level.Open(true));
    absl::StatusOr<v1::RebuildReport> report = RebuildOpened(level, neighbours, most_calls, page_bytes, given_up);
    level.Close();
    return report;
  }

 private:
  absl::StatusOr<v1::RebuildReport> RebuildOpened(TestLevel& level, const std::vector<Rebuild::Neighbour>& neighbours,
                                                  int most_calls, int page_bytes,
                                                  const std::vector<std::string>& given_up) {
    std::vector<Rebuild::Part> parts;
    for (const auto& part : level.node().parts()) parts.push_back({part->store.get(), part->hops});
    Rebuild rebuild(std::move(parts), neighbours, &clock_, page_bytes);
    DUBAN_RETURN_IF_ERROR(rebuild.Begin());
    for (const std::string& node : given_up) DUBAN_RETURN_IF_ERROR(rebuild.GiveUp(node));
    for (int calls = 0; calls < most_calls; ++calls) {
      DUBAN_ASSIGN_OR_RETURN(const std::optional<Rebuild::Call> call, rebuild.Prepare());
      if (!call.has_value()) {
        DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> missing, rebuild.Missing());
        if (missing.empty()) DUBAN_RETURN_IF_ERROR(rebuild.Finish());
        break;
      }
      DUBAN_RETURN_IF_ERROR(rebuild.Deliver(Ask(*call)));
    }
    return rebuild.Report();
  }

  absl::StatusOr<Rebuild::Answer> Ask(const Rebuild::Call& call) {
    const auto found = levels_.find(call.neighbour);
    if (found == levels_.end()) return Error(v1::NOT_SERVING, "there is no such node", "没有该节点");
    LevelPeer peer(found->second.get());
    return AskNeighbour(peer, call);
  }

  bool Turn(Node::Follow& follow) {
    TestLevel& source = at(follow.source);
    if (!source.up()) return false;
    const auto request = follow.hop->Prepare(absl::ZeroDuration());
    EXPECT_TRUE(request.ok()) << request.status();
    const auto moved = follow.hop->Deliver(source.node().feed(follow.hop->spec().feed)->TryFetch(*request));
    EXPECT_TRUE(moved.ok()) << follow.hop->name() << ": " << moved.status();
    return moved.value_or(false);
  }
  bool Turn(TestLevel& level, Node::Offer& offer) {
    TestLevel& upstream = at(offer.upstream);
    if (!upstream.up()) return false;
    const auto request = offer.hop->Prepare();
    EXPECT_TRUE(request.ok()) << request.status();
    if (!request.ok() || !request->has_value()) return false;
    v1::OfferResponse response;
    const absl::Status status = upstream.node().feed(offer.feed)->Offer(**request, &response);
    EXPECT_TRUE(status.ok()) << level.id() << " to " << offer.upstream << ": " << status;
    EXPECT_TRUE(offer.hop->Deliver(response).ok());
    return true;
  }

  FakeClock clock_;
  std::map<std::string, std::unique_ptr<TestLevel>> levels_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_LEVELS_H_
