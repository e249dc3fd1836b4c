// The log in etcd: what is in it, what certainly is not, and what nobody knows.

#include "common/replication/etcd_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>

#include "tests/replication/log_fixture.h"
#include "tests/support/patience.h"

namespace duban::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What cannot be compressed.
std::string Noise(size_t bytes) {
  std::mt19937 random(1);
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

class Append : public LogTest {};

TEST_F(Append, DurableIsReadByWhoeverFollows) {
  LogPosition end = TakeOver(log_);
  EXPECT_EQ(end, Beginning());
  const LoggedCommit commit = CommitBehind(end, "one", 3);
  EXPECT_EQ(log_.Append(commit).outcome, Appended::kDurable);
  EXPECT_EQ(AppendTo(log_, commit.end(), "two").sequence, 14);
  const auto read = other_.Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ((*read)[0], commit);
  EXPECT_EQ(other_.Head()->sequence, 14);
}

TEST_F(Append, WhoDoesNotLeadIsRefusedWithoutAsking) {
  const int64_t before = fake_.txns();
  const AppendResult result = log_.Append(CommitBehind(Beginning(), "one"));
  EXPECT_EQ(result.outcome, Appended::kRefused);
  EXPECT_EQ(fake_.txns(), before);
}

TEST_F(Append, WhoToldItselfToFollowIsRefused) {
  const LogPosition end = TakeOver(log_);
  log_.Follow();
  EXPECT_EQ(log_.Append(CommitBehind(end, "one")).outcome, Appended::kRefused);
  EXPECT_THAT(RowsInLog(), IsEmpty());
}

TEST_F(Append, WhatDoesNotGoOnFromTheLogIsRefused) {
  const LogPosition end = TakeOver(log_);
  EXPECT_EQ(log_.Append(CommitBehind({end.sequence + 1, end.hash}, "one")).outcome, Appended::kRefused);
  EXPECT_EQ(log_.Append(CommitBehind({end.sequence, "another"}, "one")).outcome, Appended::kRefused);
  EXPECT_EQ(log_.Append(CommitBehind(end, "one", 0)).outcome, Appended::kRefused);
  EXPECT_THAT(RowsInLog(), IsEmpty());
}

TEST_F(Append, ALeaderWhoseLeaseEndedIsRefused) {
  const LogPosition end = TakeOver(log_);
  fake_.EndLeases();
  const AppendResult result = log_.Append(CommitBehind(end, "one"));
  EXPECT_EQ(result.outcome, Appended::kRefused);
  EXPECT_THAT(RowsInLog(), IsEmpty());
  // And leads no more.
  const int64_t before = fake_.txns();
  EXPECT_EQ(log_.Append(CommitBehind(end, "one")).outcome, Appended::kRefused);
  EXPECT_EQ(fake_.txns(), before);
}

TEST_F(Append, AnEarlierLeaderIsRefused) {
  const LogPosition end = TakeOver(log_);
  TakeOver(other_);
  EXPECT_EQ(log_.Append(CommitBehind(end, "stale")).outcome, Appended::kRefused);
  AppendTo(other_, end, "new");
  EXPECT_THAT(RowsInLog(), ElementsAre("new"));
}

TEST_F(Append, BehindAHeadThatMovedItIsRefused) {
  const LogPosition end = TakeOver(log_);
  const std::string leader = *fake_.Key(node_keys_.Leader());
  TakeOver(other_);
  AppendTo(other_, end, "first");
  // As a process that was copied would have it: the leader is right, the head is not.
  fake_.SetKey(node_keys_.Leader(), leader);
  const AppendResult result = log_.Append(CommitBehind(end, "second"));
  EXPECT_EQ(result.outcome, Appended::kRefused);
  EXPECT_THAT(std::string(result.cause.message()), HasSubstr("another leader has appended"));
  EXPECT_THAT(RowsInLog(), ElementsAre("first"));
}

TEST_F(Append, AnEtcdWithTooMuchToDoIsAskedAgain) {
  const LogPosition end = TakeOver(log_);
  fake_.NextTxns({Fate::kTooBusy, Fate::kTooBusy});
  AppendTo(log_, end, "one");
  EXPECT_THAT(RowsInLog(), ElementsAre("one"));
}

TEST_F(Append, ARepeatAfterALostAnswerFindsItsOwnEntry) {
  const LogPosition end = TakeOver(log_);
  fake_.NextTxns({Fate::kAppliedAnswerLost});
  const int64_t before = fake_.txns();
  const LogPosition next = AppendTo(log_, end, "one");
  EXPECT_EQ(fake_.txns(), before + 2);
  AppendTo(log_, next, "two");
  EXPECT_THAT(RowsInLog(), ElementsAre("one", "two"));
}

TEST_F(Append, ARepeatAfterALostRequestPutsIt) {
  const LogPosition end = TakeOver(log_);
  fake_.NextTxns({Fate::kLost, Fate::kLost});
  AppendTo(log_, end, "one");
  EXPECT_THAT(RowsInLog(), ElementsAre("one"));
}

TEST_F(Append, AnAttemptThatComesLateChangesNothing) {
  const LogPosition end = TakeOver(log_);
  fake_.NextTxns({Fate::kLate, Fate::kAnswered});
  const LogPosition one = AppendTo(log_, end, "one");
  const LogPosition two = AppendTo(log_, one, "two");
  fake_.ApplyLate();
  EXPECT_THAT(RowsInLog(), ElementsAre("one", "two"));
  EXPECT_EQ(*log_.Head(), two);
}

TEST_F(Append, WhatIsRefusedNeverComesLater) {
  const LogPosition end = TakeOver(log_);
  fake_.EndLeases();
  fake_.NextTxns({Fate::kLate, Fate::kAnswered});
  EXPECT_EQ(log_.Append(CommitBehind(end, "one")).outcome, Appended::kRefused);
  fake_.ApplyLate();
  EXPECT_THAT(RowsInLog(), IsEmpty());
}

// An append that has no time to wait for.
class ShortAppend : public LogTest {
 protected:
  static EtcdLogOptions Options(Etcd* etcd) {
    EtcdLogOptions options = LogOptions(etcd);
    options.append = kShortPatience;
    return options;
  }
  EtcdLog short_{Options(etcd_.get())};
};

TEST_F(ShortAppend, WithoutAnAnswerItIsUnknownAndLeadingEnds) {
  const LogPosition end = TakeOver(short_);
  fake_.AllTxns(Fate::kLost);
  EXPECT_EQ(short_.Append(CommitBehind(end, "one")).outcome, Appended::kUnknown);
  fake_.AllTxns(Fate::kAnswered);
  const int64_t before = fake_.txns();
  EXPECT_EQ(short_.Append(CommitBehind(end, "two")).outcome, Appended::kRefused);
  EXPECT_EQ(fake_.txns(), before);
}

TEST_F(ShortAppend, UnknownMayComeToBeThere) {
  const LogPosition end = TakeOver(short_);
  fake_.AllTxns(Fate::kLate);
  EXPECT_EQ(short_.Append(CommitBehind(end, "one")).outcome, Appended::kUnknown);
  EXPECT_THAT(RowsInLog(), IsEmpty());
  fake_.ApplyLate();
  EXPECT_THAT(RowsInLog(), ElementsAre("one"));
}

TEST_F(ShortAppend, WhenTheLogIsCutOffBehindItNobodyKnows) {
  const LogPosition end = TakeOver(short_);
  LogPosition at = TakeOver(other_);
  for (const char* rows : {"a", "b", "c"}) at = AppendTo(other_, at, rows);
  ASSERT_EQ(other_.Register("r1", at.sequence), absl::OkStatus());
  ASSERT_EQ(other_.Trim(end.sequence + 2), absl::OkStatus());
  EXPECT_EQ(short_.Append(CommitBehind(end, "a")).outcome, Appended::kUnknown);
}

TEST_F(ShortAppend, WithoutRoomItIsRefusedAndLeadingGoesOn) {
  const LogPosition end = TakeOver(short_);
  fake_.SetFull(true);
  const AppendResult result = short_.Append(CommitBehind(end, "one"));
  EXPECT_EQ(result.outcome, Appended::kNoRoom) << result.cause;
  fake_.SetFull(false);
  AppendTo(short_, end, "two");
  EXPECT_THAT(RowsInLog(), ElementsAre("two"));
}

TEST_F(ShortAppend, WithoutRoomAfterAnUnknownAttemptItStaysUnknown) {
  const LogPosition end = TakeOver(short_);
  fake_.SetFull(true);
  fake_.NextTxns({Fate::kLate});
  EXPECT_EQ(short_.Append(CommitBehind(end, "one")).outcome, Appended::kUnknown);
}

TEST_F(ShortAppend, AnEtcdThatAlwaysHasTooMuchToDoIsNotFull) {
  const LogPosition end = TakeOver(short_);
  fake_.AllTxns(Fate::kTooBusy);
  const AppendResult result = short_.Append(CommitBehind(end, "one"));
  EXPECT_EQ(result.outcome, Appended::kRefused) << result.cause;
  // And leading has ended.
  fake_.AllTxns(Fate::kAnswered);
  EXPECT_EQ(short_.Append(CommitBehind(end, "one")).outcome, Appended::kRefused);
}

TEST_F(ShortAppend, WhatIsTooLargeIsRefusedAndLeadingGoesOn) {
  const LogPosition end = TakeOver(short_);
  fake_.NextTxns({Fate::kTooLarge});
  EXPECT_EQ(short_.Append(CommitBehind(end, "one")).outcome, Appended::kTooLarge);
  AppendTo(short_, end, "two");
  EXPECT_THAT(RowsInLog(), ElementsAre("two"));
}

TEST_F(ShortAppend, OneTenureLeadsOnce) {
  Elector elector(ElectorAt("127.0.0.1:1"));
  const auto tenure = elector.Campaign({{"plan", Beginning()}});
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  ASSERT_TRUE(short_.Lead(*tenure).ok());
  EXPECT_EQ(short_.Lead(*tenure).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ShortAppend, WhoseAnswerWasLostLeadsAllTheSame) {
  fake_.EndLeases();
  Elector elector(ElectorAt("127.0.0.1:1"));
  const auto tenure = elector.Campaign({{"plan", Beginning()}});
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  fake_.NextTxns({Fate::kAppliedAnswerLost});
  const auto led = short_.Lead(*tenure);
  ASSERT_TRUE(led.ok()) << led.status();
  AppendTo(short_, *led, "one");
}

class Parts : public ShortAppend {};

TEST_F(Parts, OfAnEntryThatComesLateAreNotRemovedByLeadingAgain) {
  Elector elector(ElectorAt("127.0.0.1:1"));
  const auto tenure = elector.Campaign({{"plan", Beginning()}});
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  const LogPosition end = *short_.Lead(*tenure);
  fake_.NextTxns({Fate::kAnswered, Fate::kAnswered, Fate::kAnswered, Fate::kAnswered});
  fake_.AllTxns(Fate::kLate);
  const LoggedCommit large = CommitBehind(end, Noise((3 << 20) + 1));
  ASSERT_EQ(short_.Append(large).outcome, Appended::kUnknown);
  fake_.AllTxns(Fate::kAnswered);
  short_.Lead(*tenure).status().IgnoreError();
  fake_.ApplyLate();
  const auto read = other_.Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre(large));
}

TEST_F(Parts, AreNotRemovedByALateAttemptToLead) {
  Elector elector(ElectorAt("127.0.0.1:1"));
  const auto tenure = elector.Campaign({{"plan", Beginning()}});
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  fake_.NextTxns({Fate::kLate, Fate::kAnswered});
  const LogPosition end = *short_.Lead(*tenure);
  // Four parts, then the entry.
  fake_.NextTxns({Fate::kAnswered, Fate::kAnswered, Fate::kAnswered, Fate::kAnswered, Fate::kBehindLate});
  const LoggedCommit large = CommitBehind(end, Noise((3 << 20) + 1));
  ASSERT_EQ(short_.Append(large).outcome, Appended::kDurable);
  const auto read = other_.Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre(large));
}

TEST_F(Parts, HaveNoMoreTimeThanTheirEntry) {
  const LogPosition end = TakeOver(short_);
  fake_.AllTxns(Fate::kLost);
  const absl::Duration begun = RealClock().Steady();
  EXPECT_EQ(short_.Append(CommitBehind(end, Noise(3 << 20))).outcome, Appended::kRefused);
  EXPECT_LT(RealClock().Steady() - begun, absl::Seconds(5));
}

TEST_F(Parts, ALargeCommitIsReadAsItWas) {
  const LogPosition end = TakeOver(log_);
  const LoggedCommit large = CommitBehind(end, Noise(3 << 20));
  EXPECT_EQ(log_.Append(large).outcome, Appended::kDurable);
  AppendTo(log_, large.end(), "small");
  const auto read = other_.Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ((*read)[0], large);
}

TEST_F(Parts, OfAnEarlierLeaderAreNotPut) {
  const LogPosition end = TakeOver(log_);
  TakeOver(other_);
  EXPECT_EQ(log_.Append(CommitBehind(end, Noise(3 << 20))).outcome, Appended::kRefused);
  EXPECT_THAT(fake_.KeysBegin(keys_.PartsFrom(end.sequence + 1)), IsEmpty());
}

TEST_F(Parts, ThatCannotBePutLeaveNothingInTheLog) {
  const LogPosition end = TakeOver(log_);
  fake_.SetFull(true);
  EXPECT_EQ(log_.Append(CommitBehind(end, Noise(3 << 20))).outcome, Appended::kNoRoom);
  fake_.SetFull(false);
  AppendTo(log_, end, "small");
  EXPECT_THAT(RowsInLog(), ElementsAre("small"));
}

TEST_F(Parts, ThatNoEntryCameToNameGoWithTheNextLeader) {
  const LogPosition end = TakeOver(short_);
  const LoggedCommit kept = CommitBehind(end, Noise(2 << 20));
  ASSERT_EQ(short_.Append(kept).outcome, Appended::kDurable);
  const size_t named = fake_.KeysBegin(keys_.PartsFrom(kept.first_sequence)).size();
  const LoggedCommit lost = CommitBehind(kept.end(), Noise(2 << 20));
  // Three parts arrive, their entry does not.
  fake_.NextTxns({Fate::kAnswered, Fate::kAnswered, Fate::kAnswered});
  fake_.AllTxns(Fate::kLost);
  ASSERT_EQ(short_.Append(lost).outcome, Appended::kUnknown);
  fake_.AllTxns(Fate::kAnswered);
  ASSERT_THAT(fake_.KeysBegin(keys_.PartsFrom(lost.first_sequence)), SizeIs(3));
  TakeOver(other_);
  EXPECT_THAT(fake_.KeysBegin(keys_.PartsFrom(lost.first_sequence)), IsEmpty());
  EXPECT_THAT(fake_.KeysBegin(keys_.PartsFrom(kept.first_sequence)), SizeIs(named));
}

TEST_F(Parts, ThatAreNotThereAreAskedForAgain) {
  const LogPosition end = TakeOver(log_);
  const LoggedCommit large = CommitBehind(end, Noise(2 << 20));
  ASSERT_EQ(log_.Append(large).outcome, Appended::kDurable);
  fake_.RemoveKey(keys_.Part(large.first_sequence, large.hash, 1));
  EXPECT_EQ(other_.Read(end).status().code(), absl::StatusCode::kUnavailable);
}

class Following : public LogTest {};

TEST_F(Following, ManyEntriesComePageByPage) {
  LogPosition end = TakeOver(log_);
  std::vector<std::string> rows;
  for (int i = 0; i < 40; ++i) {
    rows.push_back(StrCat("rows ", i));
    end = AppendTo(log_, end, rows.back());
  }
  EXPECT_LT(other_.Read(Beginning())->size(), rows.size());
  EXPECT_EQ(RowsInLog(), rows);
}

TEST_F(Following, AnOldViewShowsLessAndNoError) {
  LogPosition end = AppendTo(log_, TakeOver(log_), "one");
  fake_.Freeze();
  end = AppendTo(log_, end, "two");
  EXPECT_THAT(RowsInLog(), ElementsAre("one"));
  EXPECT_THAT(*other_.Read(end), IsEmpty());
  fake_.Thaw();
  EXPECT_THAT(RowsInLog(), ElementsAre("one", "two"));
}

TEST_F(Following, AGapStopsLoudly) {
  const LogPosition one = AppendTo(log_, TakeOver(log_), "one");
  AppendTo(log_, AppendTo(log_, one, "two"), "three");
  fake_.RemoveKey(keys_.Entry(one.sequence + 1));
  const auto read = other_.Read(one);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("behind sequence 11: it goes on at sequence 13"));
}

TEST_F(Following, AnotherHistoryStopsLoudly) {
  const LogPosition one = AppendTo(log_, TakeOver(log_), "one");
  AppendTo(log_, one, "two");
  const auto read = other_.Read({one.sequence, "another"});
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("another history than this copy behind sequence 11"));
}

TEST_F(Following, AnotherHistoryStopsLoudlyWhereNothingIsBehindIt) {
  LogPosition end = TakeOver(log_);
  const LoggedCommit last = CommitBehind(end, "one", 3);
  ASSERT_EQ(log_.Append(last).outcome, Appended::kDurable);
  end = last.end();
  // Another end, one within the last commit, and one behind the log.
  for (const int64_t sequence : {end.sequence, end.sequence - 1, end.sequence + 5}) {
    const auto read = other_.Read({sequence, "another"});
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << sequence;
    EXPECT_THAT(std::string(read.status().message()),
                HasSubstr(StrCat("ends at sequence 13 and this copy at ", sequence, ", with another history")));
  }
  EXPECT_THAT(*other_.Read(end), IsEmpty());
}

TEST_F(Following, LargeEntriesComeOneByOne) {
  LogPosition end = TakeOver(log_);
  for (int i = 0; i < 3; ++i) end = AppendTo(log_, end, std::string(10 << 20, static_cast<char>('a' + i)));
  EXPECT_THAT(*other_.Read(Beginning()), SizeIs(1));
  EXPECT_THAT(RowsInLog(), SizeIs(3));
}

TEST_F(Following, AnEntryAtAnothersKeyIsDamage) {
  const LogPosition one = AppendTo(log_, TakeOver(log_), "one");
  fake_.SetKey(keys_.Entry(one.sequence + 1), *fake_.Key(keys_.Entry(one.sequence)));
  EXPECT_EQ(other_.Read(one).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(Following, WithoutALogThereIsNoHead) {
  EtcdLogOptions options = LogOptions(etcd_.get());
  options.service = "assignment";
  EXPECT_EQ(EtcdLog(options).Head().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(EtcdLog(options).Read(Beginning()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Following, TheBellRingsWhenTheLogGoesOn) {
  EtcdLogOptions options = LogOptions(etcd_.get());
  options.poll = absl::Hours(1);
  EtcdLog log(options);
  const LogPosition end = TakeOver(log_);
  std::atomic<int> rung = 0;
  const auto bell = log.OnChange([&] { ++rung; });
  // At the start, and when the watch begins.
  ASSERT_TRUE(Eventually([&] { return rung >= 2; }));
  const int before = rung;
  AppendTo(log_, end, "one");
  EXPECT_TRUE(Eventually([&] { return rung > before; }));
}

TEST_F(Following, TheBellRingsNowAndThenWithoutAWord) {
  const std::unique_ptr<Etcd> nobody = Connect({"127.0.0.1:9"});
  EtcdLogOptions options = LogOptions(nobody.get());
  options.poll = absl::Milliseconds(1);
  EtcdLog log(options);
  std::atomic<int> rung = 0;
  const auto bell = log.OnChange([&] { ++rung; });
  EXPECT_TRUE(Eventually([&] { return rung >= 5; }));
}

class Beginnings : public LogTest {};

TEST_F(Beginnings, ALogIsBegunOnce) {
  EXPECT_EQ(other_.Begin(Beginning()), absl::OkStatus());
  EXPECT_EQ(other_.Begin({5, "another"}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*log_.Head(), Beginning());
}

TEST_F(Beginnings, WhoLeadsGetsTheHeadOfNowWhateverAnOldViewShows) {
  const LogPosition end = TakeOver(log_);
  fake_.Freeze();
  const LogPosition one = AppendTo(log_, end, "one");
  fake_.EndLeases();
  Elector elector(ElectorAt("127.0.0.1:2"));
  const auto tenure = elector.Campaign({{"plan", Beginning()}});
  ASSERT_TRUE(tenure.ok()) << tenure.status();
  const auto led = other_.Lead(*tenure);
  ASSERT_TRUE(led.ok()) << led.status();
  EXPECT_EQ(*led, one);
}

class Trims : public LogTest {
 protected:
  // Five commits, of sequences 11 to 15, by a leader that is the first of three replicas.
  Trims() {
    LogPosition end = TakeOver(log_);
    for (int i = 0; i < 5; ++i) end = AppendTo(log_, end, "rows");
    EXPECT_EQ(log_.Register("r1", 15), absl::OkStatus());
    EXPECT_EQ(log_.Register("r2", 13), absl::OkStatus());
    EXPECT_EQ(log_.Register("r3", 10), absl::OkStatus());
  }
  size_t Entries() { return fake_.KeysBegin("/duban/district/plan/log/").size(); }
};

TEST_F(Trims, UpToWhatAMajorityHolds) {
  EXPECT_EQ(log_.Trim(13), absl::OkStatus());
  EXPECT_EQ(Entries(), 2u);
  storage::v1::LogTrimmed trimmed;
  ASSERT_TRUE(trimmed.ParseFromString(*fake_.Key(keys_.Trimmed())));
  EXPECT_EQ(trimmed.sequence(), 13);
  EXPECT_EQ(other_.Read(Beginning()).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(Trims, AndNotOneCommitFurther) {
  const absl::Status trimmed = log_.Trim(14);
  EXPECT_EQ(trimmed.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(trimmed.message()), HasSubstr("only 1 of 3 replicas hold everything"));
  EXPECT_EQ(Entries(), 5u);
  EXPECT_EQ(log_.NoteSynced("r3", 14), absl::OkStatus());
  EXPECT_EQ(log_.Trim(14), absl::OkStatus());
}

TEST_F(Trims, WhatAnOldViewSaysOfACopyDoesNotCount) {
  fake_.Freeze();
  // Made anew meanwhile.
  fake_.SetKey(keys_.Synced("r2"), NumberValue(11));
  EXPECT_EQ(log_.Trim(13).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Entries(), 5u);
}

TEST_F(Trims, WhoCameMeanwhileCounts) {
  fake_.Freeze();
  fake_.SetKey(node_keys_.Members(), "another list");
  EXPECT_EQ(log_.Trim(13).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Entries(), 5u);
}

TEST_F(Trims, OnlyBetweenCommitsAndNeverTheLast) {
  ASSERT_EQ(log_.NoteSynced("r2", 15), absl::OkStatus());
  EXPECT_EQ(log_.Trim(15).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Entries(), 5u);
  EXPECT_EQ(log_.Trim(14), absl::OkStatus());
}

TEST_F(Trims, OnlyByWhoLeads) {
  EXPECT_EQ(other_.Trim(13).code(), absl::StatusCode::kFailedPrecondition);
  TakeOver(other_);
  EXPECT_EQ(log_.Trim(13).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Entries(), 5u);
  EXPECT_EQ(other_.Trim(13), absl::OkStatus());
}

TEST_F(Trims, WithoutRoomWhatMakesRoomGoesAllTheSame) {
  fake_.SetFull(true);
  EXPECT_EQ(log_.Trim(13), absl::OkStatus());
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(Trims, WhoWasForgottenHoldsNothingUpAndIsTold) {
  EXPECT_EQ(log_.Forget("r3"), absl::OkStatus());
  EXPECT_EQ(log_.NoteSynced("r3", 15).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_.Forget("r2"), absl::OkStatus());
  EXPECT_EQ(log_.Trim(14), absl::OkStatus());
}

TEST_F(Trims, WhoIsRegisteredTwiceCountsOnce) {
  EXPECT_EQ(log_.Register("r1", 15), absl::OkStatus());
  EXPECT_EQ(log_.Trim(14).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace duban::testing
