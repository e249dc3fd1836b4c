// What waits for an issuer over all its plans: kept with every act, listed in pages, counted anew in a store from
// before.

#include "services/assignment/issuer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using ::testing::SizeIs;
using testing::TestOffice;
using Wait = v1::ListIssuerItemsRequest;

// A city that issues two plans to units of its own, and one of another unit's.
class IssuerListTest : public ::testing::Test {
 protected:
  IssuerListTest() : office_("city", &clock_) {
    for (const char* unit : {"office", "other", "a", "b"}) office_.Tell(MakeUnit(unit));
    for (const char* plan : {"p1", "p2"}) office_.Tell(PlanOf(plan));
    v1::Plan other = PlanOf("p3");
    other.set_issuer("units/other");
    office_.Tell(other);
    Ok(office_.FollowPlans());
    for (const char* unit : {"units/a", "units/b"}) office_.SignAll(unit);
  }
  void TearDown() override { office_.ExpectKeptRowsAreTrue(); }

  static v1::Plan PlanOf(const std::string& id) {
    v1::Plan plan = MakePlan(id, "city", "2024-03-04");
    for (int i = 0; i < 2; ++i) {
      v1::Task* task = AddTask(plan, "2024-09-30");
      for (const char* unit : {"units/a", "units/b"}) Address(task, unit);
    }
    return plan;
  }
  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  static std::string Of(const std::string& plan, int task, const std::string& unit) {
    return StrCat("plans/", plan, "/tasks/body-", task, "/assignments/", unit);
  }

  void Decline(const std::string& name) {
    v1::DeclineAssignmentRequest request;
    request.set_request_id(office_.NextRequest());
    request.set_name(name);
    request.mutable_decline()->set_reason("不属于本单位职责");
    request.mutable_decline()->set_decliner("王一");
    v1::Assignment done;
    Ok(office_.core().DeclineAssignment(Anybody(), request, &done));
  }
  void AskForTime(const std::string& name) {
    v1::RequestExtensionRequest request;
    request.set_request_id(office_.NextRequest());
    request.set_name(name);
    request.mutable_extension()->set_reason("招标延后");
    request.mutable_extension()->set_proposed_due("2024-10-31");
    request.mutable_extension()->set_requester("王一");
    v1::Assignment done;
    Ok(office_.core().RequestExtension(Anybody(), request, &done));
  }
  void MarkRead(const std::string& name) {
    v1::MarkReportsReadRequest request;
    request.set_request_id(office_.NextRequest());
    request.set_name(name);
    request.set_reader("李二");
    v1::Assignment done;
    Ok(office_.core().MarkReportsRead(Anybody(), request, &done));
  }

  v1::ListIssuerItemsResponse Page(const std::string& issuer, std::vector<Wait::Wait> waits = {}, int size = 0,
                                   const std::string& token = "") {
    v1::ListIssuerItemsRequest request;
    request.set_issuer(issuer);
    for (const Wait::Wait wait : waits) request.add_waits(wait);
    request.set_page_size(size);
    request.set_page_token(token);
    v1::ListIssuerItemsResponse response;
    Ok(office_.core().ListIssuerItems(Anybody(), request, &response));
    return response;
  }
  // Each with what it waits for, by number.
  static std::vector<std::string> Said(const v1::ListIssuerItemsResponse& page) {
    std::vector<std::string> said;
    for (const auto& item : page.items()) {
      std::string one = item.assignment().name().substr(6);
      for (const int wait : item.waits()) StrAppend(&one, " ", wait);
      said.push_back(one);
    }
    return said;
  }

  FakeClock clock_;
  TestOffice office_;
};

TEST_F(IssuerListTest, HasWhatWaitsOverAllPlansOfTheIssuerAndNothingElse) {
  EXPECT_THAT(Said(Page("units/office")), IsEmpty());
  office_.Submit(Of("p1", 1, "a"));
  Decline(Of("p2", 1, "b"));
  AskForTime(Of("p2", 2, "a"));
  office_.Report(Of("p1", 2, "b"));
  office_.Submit(Of("p3", 1, "a"));
  EXPECT_THAT(Said(Page("units/office")),
              ElementsAre("p1/tasks/body-1/assignments/a 1", "p1/tasks/body-2/assignments/b 4",
                          "p2/tasks/body-2/assignments/a 3", "p2/tasks/body-1/assignments/b 2"));
  EXPECT_THAT(Said(Page("units/other")), ElementsAre("p3/tasks/body-1/assignments/a 1"));
  EXPECT_THAT(Said(Page("units/a")), IsEmpty());
  EXPECT_THAT(Said(Page("units/office", {Wait::RULING, Wait::READING})),
              ElementsAre("p1/tasks/body-2/assignments/b 4", "p2/tasks/body-1/assignments/b 2"));
}

TEST_F(IssuerListTest, AnActOfTheIssuerTakesItAway) {
  const std::string one = Of("p1", 1, "a");
  office_.Report(one);
  office_.Submit(one);
  EXPECT_THAT(Said(Page("units/office")), ElementsAre("p1/tasks/body-1/assignments/a 1 4"));
  office_.Review(one, v1::Review::RETURNED);
  EXPECT_THAT(Said(Page("units/office")), ElementsAre("p1/tasks/body-1/assignments/a 4"));
  MarkRead(one);
  EXPECT_THAT(Said(Page("units/office")), IsEmpty());
  office_.Report(one);
  EXPECT_THAT(Said(Page("units/office")), ElementsAre("p1/tasks/body-1/assignments/a 4")) << "a report that is new";
}

TEST_F(IssuerListTest, WhatIsDoneWaitsForNobody) {
  const std::string one = Of("p1", 1, "a");
  office_.Report(one);
  office_.Submit(one);
  office_.Review(one, v1::Review::ACCEPTED);
  EXPECT_THAT(Said(Page("units/office")), IsEmpty());
}

TEST_F(IssuerListTest, PagesGoOnWhereTheLastEndedAndBelongToTheirList) {
  for (const char* plan : {"p1", "p2"}) {
    for (int task = 1; task <= 2; ++task) {
      for (const char* unit : {"a", "b"}) office_.Submit(Of(plan, task, unit));
    }
  }
  const std::vector<std::string> whole = Said(Page("units/office"));
  ASSERT_THAT(whole, SizeIs(8));
  for (int size = 1; size <= 8; ++size) {
    std::vector<std::string> all;
    std::string token;
    do {
      const v1::ListIssuerItemsResponse page = Page("units/office", {}, size, token);
      EXPECT_LE(page.items_size(), size);
      for (std::string& one : Said(page)) all.push_back(std::move(one));
      token = page.next_page_token();
    } while (!token.empty());
    EXPECT_EQ(all, whole) << size;
  }
  v1::ListIssuerItemsRequest other;
  other.set_issuer("units/other");
  other.set_page_token(Page("units/office", {}, 1).next_page_token());
  v1::ListIssuerItemsResponse response;
  const absl::Status refused = office_.core().ListIssuerItems(Anybody(), other, &response);
  EXPECT_EQ(ReasonOf(refused), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(refused)["field"], "page_token");
}

// As it was written before what waits for issuers was kept: rows without the sign of it, and no list.
TEST_F(IssuerListTest, AStoreFromBeforeIsCountedFromItsNextStartOn) {
  office_.Submit(Of("p1", 1, "a"));
  Decline(Of("p2", 1, "b"));
  office_.Report(Of("p1", 2, "b"));
  const std::vector<std::string> whole = Said(Page("units/office"));
  ASSERT_THAT(whole, SizeIs(3));
  Ok(office_.store()->Run({"test", ""}, [&](Transaction& transaction) -> absl::Status {
    std::vector<std::pair<std::string, std::string>> rows;
    DUBAN_RETURN_IF_ERROR(transaction.ScanIndex(kDesk, {}, [&](const auto& rest, std::string_view) {
      rows.emplace_back(rest[0], rest[1]);
      return true;
    }));
    for (const auto& [plan, unit] : rows) {
      DUBAN_ASSIGN_OR_RETURN(storage::v1::DeskRow row, ReadDeskRow(transaction, plan, unit));
      row.clear_issuer_waits();
      for (uint32_t& stored : *row.mutable_stored()) stored &= ~kReportUnread;
      transaction.PutIndex(kDesk, {plan, unit}, row.SerializeAsString());
      transaction.DeleteIndex(kIssuerWaiting, {"units/office", plan, unit});
    }
    transaction.DeleteLocal("issuer_waits_kept");
    return absl::OkStatus();
  }));
  EXPECT_THAT(Said(Page("units/office")), IsEmpty());
  EXPECT_TRUE(Page("units/office").still_counting()) << "who sees nothing knows that it is not all";
  office_.Restart();
  office_.ExpectKeptRowsAreTrue();
  EXPECT_TRUE(Page("units/office").still_counting());
  while (office_.Restand()) {
  }
  EXPECT_EQ(Said(Page("units/office")), whole);
  EXPECT_FALSE(Page("units/office").still_counting());
  EXPECT_TRUE(*KeepsIssuerWaits(*office_.store()->TakeSnapshot()));
}

// What a calendar changes, lights, has nothing to do with what waits.
TEST_F(IssuerListTest, WhatIsLookedAtAgainForACalendarIsNoneOfItsCounting) {
  EXPECT_FALSE(Page("units/office").still_counting());
  Ok(office_.store()->Run({"test", ""}, [](Transaction& transaction) { return BeginRestanding(transaction); }));
  EXPECT_FALSE(Page("units/office").still_counting());
  while (office_.Restand()) {
  }
}

TEST_F(IssuerListTest, APageHasAHundredOrAsManyAsAreAskedForUpToFiveHundred) {
  v1::Plan plan = MakePlan("p4", "city", "2024-03-04");
  for (int i = 0; i < 501; ++i) Address(AddTask(plan, "2024-09-30"), "units/a");
  office_.Tell(plan);
  Ok(office_.FollowPlans());
  for (int i = 1; i <= 501; ++i) Decline(Of("p4", i, "a"));
  EXPECT_THAT(Page("units/office", {}, 0).items(), SizeIs(100));
  EXPECT_THAT(Page("units/office", {}, 499).items(), SizeIs(499));
  EXPECT_THAT(Page("units/office", {}, 500).items(), SizeIs(500));
  const v1::ListIssuerItemsResponse page = Page("units/office", {}, 501);
  EXPECT_THAT(page.items(), SizeIs(500));
  EXPECT_THAT(Page("units/office", {}, 501, page.next_page_token()).items(), SizeIs(1));
}

// A page that looked at as many rows as one may ends behind a row, whatever it showed of it.
TEST_F(IssuerListTest, APageBehindARowBeginsWithTheNext) {
  for (const char* unit : {"a", "b"}) {
    for (const char* plan : {"p1", "p2"}) office_.Submit(Of(plan, 1, unit));
  }
  const auto behind = [&](const char* plan, const char* unit) {
    const Listing listing = {office_.ports().page_key, Anybody().label(), "ListIssuerItems/units/office/30"};
    const ListCursor cursor = {StrCat("plans/", plan), StrCat("units/", unit), ""};
    return Said(Page("units/office", {}, 0, MakePageToken(listing, EncodeCursor(cursor))));
  };
  EXPECT_THAT(behind("p1", "a"), ElementsAre("p1/tasks/body-1/assignments/b 1", "p2/tasks/body-1/assignments/a 1",
                                             "p2/tasks/body-1/assignments/b 1"));
  EXPECT_THAT(behind("p1", "b"), SizeIs(2));
  EXPECT_THAT(behind("p2", "b"), IsEmpty());
}

TEST(PageWalk, EndsBehindFiveThousandRows) {
  PageWalk walk(10, {});
  for (int i = 0; i < 4999; ++i) walk.EndRow("plans/p", StrCat("units/u", i));
  EXPECT_FALSE(walk.ended());
  EXPECT_FALSE(walk.end().has_value());
  walk.EndRow("plans/p", "units/x");
  ASSERT_TRUE(walk.ended());
  EXPECT_EQ(walk.end()->unit, "units/x");
  EXPECT_EQ(walk.end()->place, "") << "all of the row was looked at";
  const PageWalk next(10, *walk.end());
  EXPECT_TRUE(next.Passed("plans/p", "units/x"));
  EXPECT_FALSE(next.Passed("plans/p", "units/y"));
  EXPECT_FALSE(next.Passed("plans/q", "units/a"));
}

TEST(PageWalk, IsFullAtAMebibyteButHasOneAtLeast) {
  PageWalk walk(10, {});
  EXPECT_TRUE(walk.Take(2 << 20, {"plans/p", "units/u", "1"}));
  EXPECT_FALSE(walk.Take(1, {"plans/p", "units/u", "2"}));
  EXPECT_EQ(walk.end()->place, "1");
  PageWalk exact(10, {});
  EXPECT_TRUE(exact.Take(1 << 19, {"plans/p", "units/u", "1"}));
  EXPECT_TRUE(exact.Take(1 << 19, {"plans/p", "units/u", "2"}));
  EXPECT_FALSE(exact.Take(1, {"plans/p", "units/u", "3"}));
}

}  // namespace
}  // namespace duban
