// What is kept of calls: the entries of a store's audit, refusals told and counted, and the proof that an export gives.

#include "common/store/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "common/access/audit_chain.h"
#include "common/access/refusal_book.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TestStore;

Caller CallerNamed(const std::string& path) {
  Caller caller = CallerOf(*ParseIdentityPath("office.example", path), "city");
  caller.address = "10.1.2.3";
  return caller;
}

// A store in which people and the node itself do things.
class AuditTest : public ::testing::Test {
 protected:
  void Create(const Caller& caller, const std::string& unit) {
    v1::CreateUnitRequest request;
    request.set_request_id(StrCat("r-", ++requests_));
    v1::Unit response;
    ASSERT_EQ(store_->Request(
                  {caller, "duban.v1.DirectoryService/CreateUnit", request}, &response,
                  [&](Transaction& transaction) { return transaction.Put(unit, response, {"downstream"}).status(); }),
              absl::OkStatus());
  }
  void Refuse(const Caller& caller, const std::string& about, int64_t times = 1) {
    ASSERT_EQ(store_->Run({.method = "duban.v1.PlanService/GetPlan",
                           .request_id = "",
                           .caller = caller.label(),
                           .address = caller.address,
                           .refused = v1::NOT_ALLOWED,
                           .about = about,
                           .times = times},
                          [](Transaction&) { return absl::OkStatus(); }),
              absl::OkStatus());
  }

  // All that a filter takes, by pages of `most`.
  std::vector<v1::AuditEntry> Read(const v1::ListAuditEntriesRequest::Filter& filter, int most) {
    const auto snapshot = store_->TakeSnapshot();
    AuditQuery query{.filter = filter, .before = {snapshot->head().sequence() + 1, 0}, .most = most};
    std::vector<v1::AuditEntry> all;
    for (;;) {
      absl::StatusOr<AuditPage> page = ReadAudit(*snapshot, query);
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->entries.size(), static_cast<size_t>(most));
      all.insert(all.end(), page->entries.begin(), page->entries.end());
      if (!page->next) return all;
      query.before = *page->next;
    }
  }
  std::vector<std::string> About(const v1::ListAuditEntriesRequest::Filter& filter, int most = 100) {
    std::vector<std::string> about;
    for (const v1::AuditEntry& entry : Read(filter, most)) {
      about.push_back(entry.entities().empty() ? entry.method() : entry.entities(0));
    }
    return about;
  }

  // An export in parts of `bytes`.
  std::vector<v1::AuditExport> Export(int64_t bytes = 300) {
    std::vector<v1::AuditExport> parts;
    const auto snapshot = store_->TakeSnapshot();
    int64_t after = 0;
    while (after < snapshot->head().sequence()) {
      absl::StatusOr<v1::AuditExport> part = ExportAudit(*store_.get(), *snapshot, after, bytes);
      EXPECT_TRUE(part.ok()) << part.status();
      after = part->commits().rbegin()->sequence();
      parts.push_back(*std::move(part));
    }
    return parts;
  }

  FakeClock clock_;
  TestStore store_{"plan", "city", &clock_};
  int requests_ = 0;
};

// What an export says of itself, and the last hash that somebody has seen.
absl::Status Check(const std::vector<v1::AuditExport>& parts, AuditChain* chain) {
  for (const v1::AuditExport& part : parts) DUBAN_RETURN_IF_ERROR(chain->Add(part));
  return chain->CheckEnd();
}

TEST_F(AuditTest, AnEntrySaysWhoDidWhatFromWhere) {
  clock_.Advance(absl::Hours(5));
  Create(CallerNamed("node/city/unit/tax"), "units/a");
  const std::vector<v1::AuditEntry> entries = Read({}, 10);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].caller(), "node/city/unit/tax");
  EXPECT_EQ(entries[0].address(), "10.1.2.3");
  EXPECT_EQ(entries[0].method(), "duban.v1.DirectoryService/CreateUnit");
  EXPECT_EQ(entries[0].request_id(), "r-1");
  EXPECT_THAT(entries[0].entities(), ElementsAre("units/a"));
  EXPECT_EQ(entries[0].outcome(), v1::AuditEntry::DONE);
  EXPECT_EQ(entries[0].commit_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(AuditTest, ARefusalIsThereThoughNothingWasChanged) {
  const int64_t head = store_->head().sequence();
  Refuse(CallerNamed("node/city/unit/tax"), "plans/p1", 7);
  EXPECT_GT(store_->head().sequence(), head);
  const std::vector<v1::AuditEntry> entries = Read({}, 10);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].outcome(), v1::AuditEntry::REFUSED);
  EXPECT_EQ(entries[0].reason(), v1::NOT_ALLOWED);
  EXPECT_EQ(entries[0].times(), 7);
  EXPECT_THAT(entries[0].entities(), ElementsAre("plans/p1"));
  store_.Restart();
  EXPECT_THAT(Read({}, 10), SizeIs(1));
}

TEST_F(AuditTest, EachFilterTakesWhatItSays) {
  const Caller tax = CallerNamed("node/city/unit/tax"), water = CallerNamed("node/city/unit/water");
  Create(tax, "plans/p1/tasks/t1");
  Create(water, "plans/p10");
  clock_.Advance(absl::Hours(48));
  Refuse(water, "plans/p1");
  Create(tax, "units/a");
  v1::ListAuditEntriesRequest::Filter filter;
  EXPECT_THAT(About(filter), ElementsAre("units/a", "plans/p1", "plans/p10", "plans/p1/tasks/t1"));
  filter.set_caller("node/city/unit/tax");
  EXPECT_THAT(About(filter), ElementsAre("units/a", "plans/p1/tasks/t1"));
  filter.Clear();
  filter.set_entity("plans/p1");
  EXPECT_THAT(About(filter), ElementsAre("plans/p1", "plans/p1/tasks/t1")) << "p10 is not in p1";
  filter.Clear();
  filter.set_outcome(v1::AuditEntry::REFUSED);
  EXPECT_THAT(About(filter), ElementsAre("plans/p1"));
  filter.set_outcome(v1::AuditEntry::DONE);
  EXPECT_THAT(About(filter), SizeIs(3));
  filter.Clear();
  filter.set_method("duban.v1.PlanService/GetPlan");
  EXPECT_THAT(About(filter), ElementsAre("plans/p1"));
  filter.Clear();
  filter.mutable_begin_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  EXPECT_THAT(About(filter), ElementsAre("units/a", "plans/p1"));
  filter.mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  EXPECT_THAT(About(filter), IsEmpty());
}

TEST_F(AuditTest, PagesOfEverySizeListEachEntryOnce) {
  const Caller tax = CallerNamed("node/city/unit/tax");
  for (int i = 0; i < 23; ++i) i % 3 == 0 ? Refuse(tax, StrCat("plans/p", i)) : Create(tax, StrCat("units/u", i));
  const std::vector<std::string> all = About({});
  ASSERT_THAT(all, SizeIs(23));
  EXPECT_EQ(all.front(), "units/u22");
  for (const int most : {1, 2, 3, 5, 22, 23, 24}) EXPECT_EQ(About({}, most), all) << most;
}

// A page looks at so much and no more, whatever it finds: what lies further back is on the next.
TEST_F(AuditTest, APageLooksAtABoundedNumberOfSequences) {
  Create(CallerNamed("node/city/unit/tax"), "units/a");
  const int64_t found_at = store_->head().sequence();
  v1::ListAuditEntriesRequest::Filter filter;
  filter.set_caller("node/city/unit/tax");
  const auto page = [&] {
    const auto snapshot = store_->TakeSnapshot();
    return ReadAudit(*snapshot, {.filter = filter, .before = {snapshot->head().sequence() + 1, 0}, .most = 1});
  };
  // Puts the head so far behind what is to be found.
  const auto go_on_to = [&](int64_t distance) {
    ASSERT_EQ(store_->Run({"test", ""},
                          [&](Transaction& transaction) {
                            absl::Status put;
                            const int64_t more = found_at + distance - 1 - store_->head().sequence();
                            for (int64_t i = 0; put.ok() && i < more; ++i) {
                              put = transaction.Put(StrCat("units/n", distance, "-", i), v1::Unit(), {}).status();
                            }
                            return put;
                          }),
              absl::OkStatus());
    ASSERT_EQ(store_->head().sequence(), found_at + distance);
  };
  go_on_to(kMaxSequencesLookedAt - 1);
  EXPECT_THAT(page()->entries, SizeIs(1));
  go_on_to(kMaxSequencesLookedAt + 1);
  const absl::StatusOr<AuditPage> empty = page();
  EXPECT_THAT(empty->entries, IsEmpty());
  ASSERT_TRUE(empty->next.has_value());
  EXPECT_THAT(Read(filter, 1), SizeIs(1));
}

TEST_F(AuditTest, AnExportThatIsWholeHolds) {
  for (int i = 0; i < 9; ++i) Create(CallerNamed("node/city/unit/tax"), StrCat("units/u", i));
  const std::vector<v1::AuditExport> parts = Export();
  ASSERT_GT(parts.size(), 2u);
  AuditChain chain;
  EXPECT_EQ(Check(parts, &chain), absl::OkStatus());
  EXPECT_EQ(chain.end(), store_->head().sequence());
  EXPECT_EQ(chain.entries(), 9);
  EXPECT_TRUE(chain.IsOfThis(store_->head()));
  EXPECT_EQ(chain.Compare(store_->head()), absl::OkStatus());
}

// Whatever is done to one place of an export, wherever that is, is found.
TEST_F(AuditTest, EveryChangeOfAnExportIsFound) {
  for (int i = 0; i < 9; ++i) Create(CallerNamed("node/city/unit/tax"), StrCat("units/u", i));
  const std::vector<v1::AuditExport> parts = Export();
  using Change = std::function<void(std::vector<v1::AuditExport>&, size_t, int)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"altered",
       [](auto& all, size_t part, int at) {
         storage::v1::CommitRecord record;
         auto& commit = *all[part].mutable_commits(at);
         ASSERT_TRUE(record.ParseFromString(commit.record()));
         record.mutable_commit_time()->set_seconds(1);
         commit.set_record(record.SerializeAsString());
       }},
      {"altered and sealed anew",
       [](auto& all, size_t part, int at) {
         storage::v1::CommitRecord record;
         auto& commit = *all[part].mutable_commits(at);
         ASSERT_TRUE(record.ParseFromString(commit.record()));
         record.mutable_commit_time()->set_seconds(1);
         record.set_hash(CommitHash(record, commit.sequence()));
         commit.set_record(record.SerializeAsString());
       }},
      {"missing", [](auto& all, size_t part, int at) { all[part].mutable_commits()->DeleteSubrange(at, 1); }},
      {"doubled", [](auto& all, size_t part, int at) { *all[part].add_commits() = all[part].commits(at); }},
      {"numbered anew",
       [](auto& all, size_t part, int at) {
         all[part].mutable_commits(at)->set_sequence(all[part].commits(at).sequence() + 1);
       }},
      {"part missing", [](auto& all, size_t part, int) { all.erase(all.begin() + static_cast<int>(part)); }},
      {"part doubled",
       [](auto& all, size_t part, int) { all.insert(all.begin() + static_cast<int>(part), all[part]); }},
      {"cut off",
       [](auto& all, size_t part, int at) {
         all.resize(part + 1);
         all[part].mutable_commits()->DeleteSubrange(at, all[part].commits_size() - at);
       }},
  };
  AuditChain whole;
  ASSERT_EQ(Check(parts, &whole), absl::OkStatus());
  for (const auto& [what, change] : changes) {
    for (size_t part = 0; part < parts.size(); ++part) {
      for (int at = 0; at < parts[part].commits_size(); ++at) {
        std::vector<v1::AuditExport> changed = parts;
        change(changed, part, at);
        AuditChain chain;
        absl::Status found = Check(changed, &chain);
        // Of a whole export the head that a neighbour has seen is the last word.
        if (found.ok()) found = chain.Compare(store_->head());
        EXPECT_EQ(ReasonOf(found), v1::WRONG_STATE) << what << " in part " << part << " at " << at;
      }
    }
  }
}

TEST_F(AuditTest, AHistoryThatWasTakenBackOrWrittenAnewIsFoundByWhatANeighbourSaw) {
  for (int i = 0; i < 3; ++i) Create(CallerNamed("node/city/unit/tax"), StrCat("units/u", i));
  const v1::FeedPosition seen_early = store_->head();
  AuditChain early;
  ASSERT_EQ(Check(Export(), &early), absl::OkStatus());
  for (int i = 3; i < 5; ++i) Create(CallerNamed("node/city/unit/tax"), StrCat("units/u", i));
  const v1::FeedPosition seen = store_->head();
  EXPECT_EQ(early.Compare(seen_early), absl::OkStatus());
  EXPECT_EQ(ReasonOf(early.Compare(seen)), v1::WRONG_STATE) << "the disk of an earlier day";

  v1::FeedPosition other = seen_early;
  other.mutable_hash()->back() ^= 1;
  AuditChain whole;
  ASSERT_EQ(Check(Export(), &whole), absl::OkStatus());
  EXPECT_EQ(whole.Compare(seen_early), absl::OkStatus());
  EXPECT_EQ(ReasonOf(whole.Compare(other)), v1::WRONG_STATE) << "another history of the same length";
}

TEST_F(AuditTest, AnExportBeginsWhereACommitEnds) {
  Create(CallerNamed("node/city/unit/tax"), "units/a");
  const auto snapshot = store_->TakeSnapshot();
  const absl::Status beyond = ExportAudit(*store_.get(), *snapshot, snapshot->head().sequence() + 5, 100).status();
  EXPECT_EQ(ReasonOf(beyond), v1::WRONG_STATE) << beyond;
  const absl::StatusOr<v1::AuditExport> end = ExportAudit(*store_.get(), *snapshot, snapshot->head().sequence(), 100);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_THAT(end->commits(), IsEmpty());
}

class RefusalBookTest : public ::testing::Test {
 protected:
  void Note(const std::string& caller, int times = 1) {
    for (int i = 0; i < times; ++i) {
      book_.Note({.caller = CallerNamed(caller),
                  .method = "m",
                  .request_id = "",
                  .about = StrCat("plans/p", ++noted_),
                  .reason = v1::NOT_ALLOWED},
                 now_);
    }
  }
  // How many each that is handed out speaks for.
  std::vector<int64_t> Times(bool all = false) {
    std::vector<int64_t> times;
    for (const RefusedCall& call : book_.Take(now_, all)) times.push_back(call.times);
    return times;
  }

  RefusalBook book_;
  absl::Duration now_;
  int noted_ = 0;
};

TEST_F(RefusalBookTest, TenAreToldAndTheRestOfTheMinuteIsCounted) {
  Note("node/city/unit/tax", 1000);
  EXPECT_THAT(Times(), SizeIs(kToldOneByOne));
  EXPECT_THAT(Times(), IsEmpty()) << "each is handed out once";
  now_ += absl::Seconds(59);
  Note("node/city/unit/tax");
  EXPECT_THAT(Times(), IsEmpty());
  now_ += absl::Seconds(1);
  EXPECT_THAT(Times(), ElementsAre(1000 - kToldOneByOne + 1));
  Note("node/city/unit/tax");
  EXPECT_THAT(Times(), ElementsAre(1)) << "a new minute";
}

TEST_F(RefusalBookTest, ANewMinuteHandsOutTheCountOfTheOldOne) {
  Note("node/city/unit/tax", 15);
  EXPECT_THAT(Times(), SizeIs(10));
  now_ += absl::Minutes(3);
  Note("node/city/unit/tax");
  EXPECT_THAT(Times(), ElementsAre(5, 1));
}

TEST_F(RefusalBookTest, CallersAreCountedApartUpToALimit) {
  for (size_t i = 0; i < kMostRefusedCallers; ++i) Note(StrCat("node/city/unit/u", i));
  EXPECT_THAT(Times(), SizeIs(kMostRefusedCallers));
  for (int i = 0; i < 50; ++i) Note(StrCat("node/city/unit/new", i));
  EXPECT_THAT(Times(), SizeIs(kToldOneByOne)) << "those beyond count as one";
  EXPECT_THAT(Times(true), ElementsAre(50 - kToldOneByOne)) << "at the end nothing is left untold";
}

}  // namespace
}  // namespace duban
