// Who leads, and who must not.

#include "common/replication/elector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/replication/log_fixture.h"
#include "tests/support/fake_clock.h"

namespace duban::testing {
namespace {

using ::testing::HasSubstr;

class Electing : public LogTest {
 protected:
  ElectorOptions At(const std::string& address) {
    ElectorOptions options = ElectorAt(address);
    options.clock = &clock_;
    return options;
  }

  FakeClock clock_;
  const CopyEnds copies_ = {{"plan", Beginning()}};
};

TEST_F(Electing, OneLeadsAndOthersAreToldWho) {
  Elector first(At("a:1")), second(At("b:1"));
  const auto tenure = first.Campaign(copies_);
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  EXPECT_EQ(tenure->term, 1);
  EXPECT_TRUE(first.leads());
  EXPECT_EQ(second.Campaign(copies_).status().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(second.leads());
  EXPECT_EQ((*second.Leader())->address(), "a:1");
  EXPECT_TRUE(first.leads());
}

TEST_F(Electing, NobodyLeadsAtFirst) {
  EXPECT_EQ(*Elector(At("a:1")).Leader(), std::nullopt);
}

TEST_F(Electing, WhoseAnswerWasLostLeadsAllTheSame) {
  // The pause before the second attempt is of the machine's clock.
  Elector elector(ElectorAt("a:1"));
  fake_.NextTxns({Fate::kAppliedAnswerLost});
  const auto tenure = elector.Campaign(copies_);
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), tenure->leader);
}

TEST_F(Electing, TheNextOneHasAHigherTerm) {
  Elector first(At("a:1")), second(At("b:1"));
  ASSERT_TRUE(first.Campaign(copies_).ok());
  ASSERT_EQ(first.Resign(), absl::OkStatus());
  EXPECT_FALSE(first.leads());
  const auto tenure = second.Campaign(copies_);
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  EXPECT_EQ(tenure->term, 2);
}

TEST_F(Electing, AnEmptyCopyNeverLeads) {
  Elector elector(At("a:1"));
  const auto tenure = elector.Campaign({{"plan", LogPosition()}});
  EXPECT_EQ(tenure.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(tenure.status().message()),
              HasSubstr("ends at sequence 0, and the log goes back to 10 only"));
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), std::nullopt);
}

TEST_F(Electing, ACopyThatEndsBeforeTheLogNeverLeads) {
  Elector elector(At("a:1"));
  EXPECT_EQ(elector.Campaign({{"plan", {9, "old"}}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(elector.Campaign(copies_).ok());
}

TEST_F(Electing, ALogThatWasCutOffMeanwhileIsSeenWhateverAnOldViewShows) {
  LogPosition end = TakeOver(log_);
  for (int i = 0; i < 3; ++i) end = AppendTo(log_, end, "rows");
  ASSERT_EQ(log_.Register("r1", 13), absl::OkStatus());
  fake_.EndLeases();
  fake_.Freeze();
  TakeOver(other_);
  ASSERT_EQ(other_.Trim(12), absl::OkStatus());
  fake_.EndLeases();
  // The old view has the log from its beginning on.
  Elector elector(At("a:1"));
  EXPECT_EQ(elector.Campaign(copies_).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), std::nullopt);
  fake_.Thaw();
  EXPECT_EQ(elector.Campaign(copies_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Electing, WithoutACopyNobodyLeads) {
  Elector elector(At("a:1"));
  EXPECT_EQ(elector.Campaign({}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), std::nullopt);
}

TEST_F(Electing, ACopyThatCannotFollowNeverLeadsWhateverIsWrittenDown) {
  LogPosition end = TakeOver(log_);
  for (int i = 0; i < 3; ++i) end = AppendTo(log_, end, "rows");
  ASSERT_EQ(log_.Register("r1", 13), absl::OkStatus());
  // Without room, how far the log is cut off is not written down.
  fake_.SetFull(true);
  ASSERT_EQ(log_.Trim(12), absl::OkStatus());
  fake_.SetFull(false);
  fake_.EndLeases();
  Elector elector(At("a:1"));
  const auto tenure = elector.Campaign(copies_);
  EXPECT_EQ(tenure.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(tenure.status().message()), HasSubstr("the log was cut off behind that"));
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), std::nullopt);
  EXPECT_TRUE(elector.Campaign({{"plan", end}}).ok());
}

TEST_F(Electing, ACopyOfAnotherHistoryNeverLeads) {
  Elector elector(At("a:1"));
  for (const LogPosition& end : {LogPosition{10, "another"}, LogPosition{12, "ahead"}}) {
    const auto tenure = elector.Campaign({{"plan", end}});
    EXPECT_EQ(tenure.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(tenure.status().message()), HasSubstr("put back to an earlier state"));
  }
  EXPECT_EQ(fake_.Key(node_keys_.Leader()), std::nullopt);
}

TEST_F(Electing, AnOldViewHindersNobody) {
  LogPosition end = TakeOver(log_);
  fake_.Freeze();
  end = AppendTo(log_, end, "rows");
  fake_.EndLeases();
  Elector elector(At("a:1"));
  const auto tenure = elector.Campaign({{"plan", end}});
  EXPECT_TRUE(tenure.ok()) << tenure.status();
}

// Of which time passes with every look at it.
class HurryingClock : public FakeClock {
 public:
  absl::Duration Steady() override {
    Advance(absl::Milliseconds(200));
    return FakeClock::Steady();
  }
};

TEST_F(Electing, WhoIsAnsweredAfterItsLeaseEndedDoesNotLead) {
  HurryingClock clock;
  ElectorOptions options = ElectorAt("a:1");
  options.clock = &clock;
  options.ttl = absl::Seconds(1);
  Elector elector(options);
  EXPECT_FALSE(elector.Campaign(copies_).ok());
  EXPECT_FALSE(elector.leads());
}

TEST_F(Electing, WithoutALogNobodyLeads) {
  Elector elector(At("a:1"));
  EXPECT_EQ(elector.Campaign({{"assignment", {5, "h"}}}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Electing, AllStoresOfANodeHaveToBeFit) {
  EtcdLogOptions options = LogOptions(etcd_.get());
  options.service = "assignment";
  ASSERT_EQ(EtcdLog(options).Begin({20, "h"}), absl::OkStatus());
  Elector elector(At("a:1"));
  EXPECT_EQ(elector.Campaign({{"plan", Beginning()}, {"assignment", {19, "g"}}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(elector.Campaign({{"plan", Beginning()}, {"assignment", {20, "h"}}}).ok());
}

TEST_F(Electing, LeadingEndsWithTheLeaseByTheSteadyClock) {
  Elector elector(At("a:1"));
  ASSERT_TRUE(elector.Campaign(copies_).ok());
  clock_.Step(absl::Hours(1));
  EXPECT_TRUE(elector.leads());
  clock_.Advance(absl::Milliseconds(2999));
  EXPECT_TRUE(elector.leads());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(elector.leads());
}

TEST_F(Electing, AKeepAliveGoesOnLeading) {
  Elector elector(At("a:1"));
  ASSERT_TRUE(elector.Campaign(copies_).ok());
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(1));
    EXPECT_TRUE(elector.KeepAlive());
  }
  EXPECT_TRUE(elector.leads());
}

TEST_F(Electing, ALeaseThatEndedEarlyIsHeardOf) {
  Elector elector(At("a:1"));
  ASSERT_TRUE(elector.Campaign(copies_).ok());
  fake_.EndLeases();
  EXPECT_FALSE(elector.KeepAlive());
  EXPECT_FALSE(elector.leads());
}

TEST_F(Electing, WithoutAnAnswerItLeadsUntilTheLeaseEnds) {
  auto fake = std::make_unique<FakeEtcd>();
  const std::unique_ptr<Etcd> etcd = Connect({fake->address()});
  ASSERT_EQ(EtcdLog(LogOptions(etcd.get())).Begin(Beginning()), absl::OkStatus());
  ElectorOptions options = At("a:1");
  options.etcd = etcd.get();
  Elector elector(options);
  ASSERT_TRUE(elector.Campaign(copies_).ok());
  fake.reset();
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(elector.KeepAlive());
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(elector.KeepAlive());
}

}  // namespace
}  // namespace duban::testing
