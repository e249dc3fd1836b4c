// What is kept for lists, boards and pulls is what a count of the records gives, after every command of whatever
// history; and an order and its views say the same.

#include "services/assignment/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "common/base/strings.h"
#include "common/contract/duty.h"
#include "common/contract/names.h"
#include "services/assignment/change.h"
#include "services/assignment/indexes.h"
#include "services/assignment/restand.h"
#include "services/assignment/tally.h"
#include "tests/support/board_by_hand.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using storage::v1::DeskLeases;
using storage::v1::DeskRow;
using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using A = v1::Assignment;
using Request = v1::GetBoardRequest;

v1::Order OrderAt(const std::string& table, int number, const std::string& task) {
  v1::Order order;
  order.set_task(StrCat("plans/p/tasks/", task));
  order.set_table(table);
  order.set_number(number);
  return order;
}

TEST(DeskTest, OrdersAreSortedByTableNumberAndTask) {
  // Annexes whose names say no number stand behind those that say one, and whatever else there is behind those.
  const std::vector<v1::Order> sorted = {
      OrderAt("body", 2, "z"),   OrderAt("body", 10, "a"),    OrderAt("body", 10, "b"),   OrderAt("附件1", 1, "a"),
      OrderAt("附件2", 1, "a"),  OrderAt("附件10", 1, "a"),   OrderAt("附件997", 1, "a"), OrderAt("附件998", 1, "a"),
      OrderAt("附件甲", 1, "a"), OrderAt("问题清单", 1, "a"),
  };
  for (size_t i = 0; i + 1 < sorted.size(); ++i) EXPECT_LT(SortText(sorted[i]), SortText(sorted[i + 1])) << i;
}

TEST(DeskTest, TheHeadingThatCountsIsTheInnermost) {
  v1::Order order;
  EXPECT_EQ(HeadingOf(order), "");
  order.add_headings("一");
  order.add_headings("（一）");
  EXPECT_EQ(HeadingOf(order), "（一）");
}

TEST(PlanBookTest, NumbersAreGivenOnceAndWhatChangesIsFoundUnderThem) {
  PlanBook book;
  EXPECT_EQ(book.Stamp(), "");
  EXPECT_EQ(book.OrdinalOf("plans/p/tasks/t2"), std::nullopt);
  v1::Order first = OrderAt("body", 2, "t2");
  first.add_headings("一");
  first.set_plan_title("要点");
  book.Put(first, 7);
  book.Put(OrderAt("body", 3, "t3"), 8);
  EXPECT_TRUE(book.in_order());
  book.Put(OrderAt("body", 1, "t1"), 9);
  EXPECT_FALSE(book.in_order());
  first.set_headings(0, "二");
  const std::string stamp = book.Stamp();
  book.Put(first, 12);
  EXPECT_NE(book.Stamp(), stamp);
  const PlanBook read(book.row());
  for (const PlanBook* one : std::initializer_list<const PlanBook*>{&book, &read}) {
    EXPECT_EQ(one->OrdinalOf("plans/p/tasks/t2"), 0u);
    EXPECT_EQ(one->OrdinalOf("t3"), 1u);
    EXPECT_EQ(one->OrdinalOf("plans/p/tasks/t1"), 2u);
    EXPECT_EQ(one->order(0).sequence(), 12);
    EXPECT_EQ(one->heading(one->order(0)), "二");
    EXPECT_EQ(one->heading(one->order(1)), "");
    EXPECT_FALSE(one->in_order());
    EXPECT_EQ(one->Stamp(), book.Stamp());
  }
}

TEST(PlanBookTest, TheOrderOfListsIsKnownWhateverIsPut) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    PlanBook book;
    std::vector<std::string> tasks;
    for (int step = 0; step < 6; ++step) {
      const bool again = !tasks.empty() && random() % 3 == 0;
      const std::string task = again ? tasks[random() % tasks.size()] : StrCat("t", step);
      if (!again) tasks.push_back(task);
      book.Put(OrderAt("body", static_cast<int>(random() % 2) + step, task), step);
    }
    bool sorted = true;
    for (uint32_t i = 1; i < tasks.size(); ++i) sorted = sorted && book.order(i - 1).place() < book.order(i).place();
    // After a move it may be taken for out of order until it is read again; never the other way round.
    EXPECT_LE(book.in_order(), sorted);
    EXPECT_EQ(PlanBook(book.row()).in_order(), sorted);
  }
}

TEST(DeskTest, OfSeveralLeasesTheLatestCountsWhileItRuns) {
  DeskLeases leases;
  const absl::Time now = absl::FromUnixSeconds(1000);
  const auto add = [&](const std::string& token, int seconds, std::vector<uint32_t> ordinals) {
    DeskLeases::Lease& lease = *leases.add_leases();
    lease.set_token(token);
    *lease.mutable_expire_time() = ToProto(now + absl::Seconds(seconds));
    lease.mutable_ordinals()->Assign(ordinals.begin(), ordinals.end());
  };
  EXPECT_EQ(LeaseOf(leases, 1, now), nullptr);
  add("first", 20, {1, 2});
  add("second", 10, {2, 3});
  EXPECT_EQ(LeaseOf(leases, 1, now)->token(), "first");
  EXPECT_EQ(LeaseOf(leases, 2, now)->token(), "second");
  EXPECT_EQ(LeaseOf(leases, 4, now), nullptr);
  // An earlier one does not come to life again when the latest runs out.
  EXPECT_NE(LeaseOf(leases, 2, now + absl::Seconds(9)), nullptr);
  EXPECT_EQ(LeaseOf(leases, 2, now + absl::Seconds(10)), nullptr);
}

TEST(DeskTest, AnOrdinalIsFoundAtItsPlaceOrNot) {
  DeskRow row;
  EXPECT_EQ(PlaceOf(row, 0), -1);
  for (const uint32_t ordinal : {0, 3, 7}) row.add_ordinals(ordinal);
  EXPECT_EQ(PlaceOf(row, 0), 0);
  EXPECT_EQ(PlaceOf(row, 3), 1);
  EXPECT_EQ(PlaceOf(row, 7), 2);
  EXPECT_EQ(PlaceOf(row, 4), -1);
  EXPECT_EQ(PlaceOf(row, 8), -1);
}

// A view shows a plan as it was then, whatever came since and in whatever order views are read; and what a command put
// that was never committed is shown to nobody.
TEST(DeskTest, APlanIsReadAsTheViewHasIt) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a"}) office.Tell(MakeUnit(unit));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  Address(AddTask(plan, "2024-09-30"), "units/a");
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  const AssignmentRecords records("city");
  const auto read = [&](const ReadView& view) {
    const auto book = records.Book(view, "plans/p");
    EXPECT_TRUE(book.ok()) << book.status();
    return (*book)->row().plan_title() + StrCat(" ", (*book)->orders_size());
  };
  const auto before = office.store()->TakeSnapshot();
  EXPECT_EQ(read(*before), StrCat(plan.title(), " 1"));
  v1::Order order = office.Stored<v1::Order>().front();
  const auto put = [&](const std::string& title, bool commits) {
    order.set_plan_title(title);
    const absl::Status done = office.store()->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
      Desk desk(tx, records);
      DUBAN_RETURN_IF_ERROR(desk.PutOrder(order, 1));
      DUBAN_RETURN_IF_ERROR(desk.Flush());
      EXPECT_EQ(read(tx), StrCat(title, " 1"));
      return commits ? absl::OkStatus() : absl::CancelledError("changed its mind");
    });
    EXPECT_EQ(done.ok(), commits) << done;
  };
  put("未定", false);
  EXPECT_EQ(read(*office.store()->TakeSnapshot()), StrCat(plan.title(), " 1"));
  put("修订", true);
  const auto after = office.store()->TakeSnapshot();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(read(*after), "修订 1");
    EXPECT_EQ(read(*before), StrCat(plan.title(), " 1"));
  }
}

// An act moves a sum; what is said once of the orders of a plan is not written again.
TEST(DeskTest, AnActLeavesWhatIsSaidOnceAlone) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a"}) office.Tell(MakeUnit(unit));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 3; ++i) Address(AddTask(plan, "2024-09-30"), "units/a");
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  const AssignmentRecords records("city");
  const std::string name = office.All().front().name();
  const absl::Status done = office.store()->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    Change change(tx, records, clock.Now());
    DUBAN_ASSIGN_OR_RETURN(Duty duty, change.NeedDuty(name));
    v1::Execution execution;
    execution.set_assignment(name);
    execution.set_node("city");
    execution.set_version(1);
    *execution.mutable_receipt()->mutable_receive_time() = ToProto(clock.Now());
    Acted acted;
    acted.execution = execution;
    DUBAN_RETURN_IF_ERROR(change.Act(std::move(duty), std::move(acted)).status());
    DUBAN_RETURN_IF_ERROR(change.Finish());
    EXPECT_FALSE(tx.writes().contains(IndexKey(kPlanOrders, {"plans/p"})));
    EXPECT_TRUE(tx.writes().contains(IndexKey(kPlanTally, {"plans/p"})));
    EXPECT_FALSE(tx.writes().contains(IndexKey(kWaiting, {"units/a", "plans/p"}))) << "two still wait";
    return absl::OkStatus();
  });
  EXPECT_TRUE(done.ok()) << done;
  office.ExpectKeptRowsAreTrue();
}

// What does not fit together is reported as broken, by whatever reads it; nothing crashes.
TEST(DeskTest, RowsThatDoNotFitTogetherAreReported) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a"}) office.Tell(MakeUnit(unit));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  Address(AddTask(plan, "2024-09-30"), "units/a");
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  const auto write = [&](const std::string& key, const google::protobuf::MessageLite& row) {
    const absl::Status written = office.store()->Run({"test", ""}, [&](Transaction& tx) {
      tx.PutRow(key, row.SerializeAsString());
      return absl::OkStatus();
    });
    ASSERT_TRUE(written.ok()) << written;
  };
  const auto expect_broken = [&](Request::GroupBy group_by) {
    Request request;
    request.set_group_by(group_by);
    request.mutable_filter()->set_plan("plans/p");
    v1::GetBoardResponse board;
    EXPECT_EQ(ReasonOf(office.core().GetBoard(Anybody(), request, &board)), v1::INVARIANT_BROKEN);
    v1::ListAssignmentsResponse listed;
    EXPECT_EQ(ReasonOf(office.core().ListAssignments(Anybody(), {}, &listed)), v1::INVARIANT_BROKEN);
    v1::PullAssignmentsResponse pulled;
    EXPECT_EQ(ReasonOf(office.core().PullAssignments(Anybody(), office.PullOf("units/a"), &pulled)),
              v1::INVARIANT_BROKEN);
  };
  const std::string row_key = IndexKey(kDesk, {"plans/p", "units/a"});
  DeskRow row = *ReadDeskRow(*office.store()->TakeSnapshot(), "plans/p", "units/a");
  row.add_ordinals(1);
  write(row_key, row);
  expect_broken(Request::UNIT);
  row.add_states(A::ISSUED);
  row.add_yellow_days(0);
  row.add_red_days(0);
  row.add_stored(0);
  write(row_key, row);
  v1::ListAssignmentsResponse listed;
  EXPECT_EQ(ReasonOf(office.core().ListAssignments(Anybody(), {}, &listed)), v1::INVARIANT_BROKEN) << "no such order";
  const std::string tally_key = IndexKey(kPlanTally, {"plans/p"});
  storage::v1::PlanTally tally = *ReadPlanTally(*office.store()->TakeSnapshot(), "plans/p");
  tally.add_tallies();
  write(tally_key, tally);
  expect_broken(Request::PLAN);
  tally.mutable_tallies()->RemoveLast();
  tally.set_orders_stamp("another");
  write(tally_key, tally);
  storage::v1::PlanOrders orders;
  orders.add_headings("一");
  orders.add_orders()->set_heading(1);
  write(IndexKey(kPlanOrders, {"plans/p"}), orders);
  expect_broken(Request::HEADING);
}

// What waits is noted by plan, only as long as something does.
TEST(DeskTest, PlansAreNotedWhileSomethingWaitsUnderThem) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a", "b"}) office.Tell(MakeUnit(unit));
  for (const char* id : {"p", "q", "r"}) {
    v1::Plan plan = MakePlan(id, "city", "2024-03-04");
    Address(AddTask(plan, "2024-09-30"), id == std::string("q") ? "units/b" : "units/a");
    office.Tell(plan);
  }
  ASSERT_TRUE(office.FollowPlans().ok());
  const auto waiting = [&](const std::string& unit, size_t most) {
    std::vector<std::string> plans;
    const absl::Status visited =
        VisitWaiting(*office.store()->TakeSnapshot(), unit, [&](const std::string& plan) -> absl::StatusOr<bool> {
          plans.push_back(plan);
          return plans.size() < most;
        });
    EXPECT_TRUE(visited.ok()) << visited;
    return plans;
  };
  EXPECT_THAT(waiting("units/a", 9), ElementsAre("plans/p", "plans/r"));
  EXPECT_THAT(waiting("units/a", 1), ElementsAre("plans/p"));
  EXPECT_THAT(waiting("units/b", 9), ElementsAre("plans/q"));
  office.SignAll("units/a");
  EXPECT_THAT(waiting("units/a", 9), ElementsAre());
  EXPECT_THAT(waiting("units/b", 9), ElementsAre("plans/q"));
  const absl::Status failed = VisitWaiting(*office.store()->TakeSnapshot(), "units/b",
                                           [](const std::string&) { return absl::StatusOr<bool>(NotFound("it")); });
  EXPECT_EQ(ReasonOf(failed), v1::RESOURCE_NOT_FOUND);
}

// A half of an assignment as stored; version 0 where there is none.
template <typename Half>
Half HalfOf(TestOffice& office, const std::string& name) {
  const auto stored = office.store()->TakeSnapshot()->Get<Half>(name);
  EXPECT_TRUE(stored.ok()) << stored.status();
  return stored.ok() && stored->has_value() ? (*stored)->value : Half();
}

// Every field of a view stands where the contract says it comes from.
void ExpectViewSays(TestOffice& office, const v1::Order& order, const v1::Addressee& addressee, const A& view) {
  A expected;
  expected.set_name(AssignmentName(order.task(), addressee.unit()));
  expected.set_task(order.task());
  expected.set_plan_title(order.plan_title());
  expected.set_plan_revision(order.plan_revision());
  expected.set_table(order.table());
  expected.set_number(order.number());
  *expected.mutable_headings() = order.headings();
  expected.set_text(order.text());
  expected.set_unit(addressee.unit());
  expected.set_unit_display_name(addressee.unit_display_name());
  expected.set_unit_node(addressee.unit_node());
  expected.set_role(addressee.role());
  expected.set_addressed_as(addressee.addressed_as());
  *expected.mutable_deadline() = order.deadline();
  expected.set_year(order.year());
  expected.set_issuer(order.issuer());
  expected.set_issuer_display_name(order.issuer_display_name());
  expected.set_issuer_node(order.issuer_node());
  *expected.mutable_aligned_tasks() = order.aligned_tasks();
  *expected.mutable_issue_time() = addressee.has_issue_time() ? addressee.issue_time() : order.issue_time();
  if (order.has_deadline_change_time()) *expected.mutable_deadline_change_time() = order.deadline_change_time();
  if (addressee.has_cancel_time()) *expected.mutable_cancel_time() = addressee.cancel_time();
  expected.set_cancel_reason(addressee.cancel_reason());
  const std::string plan(ParseName(order.task()).plan);
  const auto delivery = HalfOf<v1::Delivery>(office, DeliveryName(plan, addressee.unit_node()));
  if (delivery.has_delivery_time()) *expected.mutable_delivery_time() = delivery.delivery_time();
  auto oversight = HalfOf<v1::Oversight>(office, OversightName(expected.name()));
  const v1::Execution execution =
      EffectiveExecution(addressee, oversight, HalfOf<v1::Execution>(office, ExecutionName(expected.name())));
  oversight.clear_carried_execution();
  if (oversight.version() > 0) *expected.mutable_oversight() = oversight;
  if (execution.version() > 0) *expected.mutable_execution() = execution;
  const auto made = HalfOf<v1::Decomposition>(office, DecompositionName(expected.name()));
  if (made.version() > 0) *expected.mutable_decomposition() = made;
  // These plans change duties of single units only.
  const v1::DutyChange& change = addressee.duty_change();
  const bool is_new = execution.has_receipt() ? change.plan_revision() > execution.receipt().plan_revision()
                                              : FromProto(change.change_time()) > FromProto(expected.issue_time());
  if (addressee.has_duty_change() && is_new) *expected.add_duty_changes() = change;
  A shown = view;
  shown.clear_state();
  shown.clear_light();
  shown.clear_etag();
  EXPECT_EQ(shown.DebugString(), expected.DebugString());
  EXPECT_EQ(addressee.has_cancel_time(), view.state() == A::CANCELLED);
}

// An order and its views agree.
void ExpectViewsAreTheirOrders(TestOffice& office) {
  office.ExpectListsAreNamed();
  for (const v1::Order& order : office.Stored<v1::Order>()) {
    for (const v1::Addressee& addressee : office.AddresseesOf(order)) {
      ExpectViewSays(office, order, addressee, office.Get(AssignmentName(order.task(), addressee.unit())));
    }
  }
}

// Lists and boards say what a count of assignments says that were read one by one, and so judged afresh.
void ExpectListsAndBoardsAreTrue(TestOffice& office, absl::CivilDay today) {
  const std::vector<A> all = office.All();
  std::map<std::string, std::string> afresh, listed;
  for (const A& assignment : all) afresh[assignment.name()] = assignment.DebugString();
  for (const A& assignment : office.List()) listed[assignment.name()] = assignment.DebugString();
  EXPECT_EQ(listed, afresh);
  std::vector<v1::AssignmentFilter> filters(4);
  filters[1].set_unit("units/a");
  filters[2].set_plan("plans/p");
  filters[3].set_heading("标题1");
  for (const v1::AssignmentFilter& filter : filters) {
    for (const Request::GroupBy group_by : {Request::PLAN, Request::UNIT, Request::HEADING}) {
      Request request;
      request.set_group_by(group_by);
      *request.mutable_filter() = filter;
      v1::GetBoardResponse board;
      const absl::Status status = office.core().GetBoard(Anybody(), request, &board);
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_EQ(testing::NumbersOf(board), testing::NumbersOf(testing::BoardByHand(all, request, today)))
          << request.ShortDebugString();
    }
  }
}

// A city and a district below it, in which anything happens that can happen; each method is one command or hop.
class RandomHistory {
 public:
  explicit RandomHistory(uint32_t seed) : random_(seed), city_("city", &clock_), district_("district", &clock_) {
    for (TestOffice* office : offices_) {
      for (const char* unit : {"office", "a", "b"}) office->Tell(MakeUnit(unit, v1::Unit::DEPARTMENT, "", "city"));
      for (const char* unit : {"c", "d"}) office->Tell(MakeUnit(unit, v1::Unit::DEPARTMENT, "", "district"));
      Ok(office->FollowPlans());
    }
  }

  void Step() {
    switch (random_() % 24) {
      case 0:
      case 1:
        return Publish();
      case 2:
        return PlaceOrRename();
      case 3:
        return Holidays();
      case 4:
      case 5:
        office().Restand();
        return;
      case 6:
        return office().Restart();
      case 7:
      case 8:
        return Ok(district_.Exchange(city_));
      case 9:
        return clock_.Advance(absl::Hours(random_() % 200));
      case 10:
      case 11:
        return ActOnSeveral();
      case 12:
      case 13:
        return ActAtRandom();
      default:
        return DoWhatIsNext();
    }
  }

  void ExpectKeptRowsAreTrue() {
    for (TestOffice* office : offices_) office->ExpectKeptRowsAreTrue();
  }

  // Everything that is said of assignments, today and on later days.
  void ExpectAllIsTrue() {
    for (TestOffice* office : offices_) {
      while (office->Restand()) {
      }
      ExpectViewsAreTheirOrders(*office);
      for (const A& assignment : office->All()) ++seen_[assignment.state()];
      for (const int days : {0, 1, 6, 40, 400}) {
        clock_.Step(absl::Hours(24 * days));
        ExpectListsAndBoardsAreTrue(*office, DayOf(clock_.Now()));
        clock_.Step(absl::Hours(-24 * days));
      }
    }
  }

  // How many assignments were seen in which state by ExpectAllIsTrue.
  const std::map<A::State, int>& seen() const { return seen_; }

 private:
  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  bool Chance(uint32_t of) { return random_() % of == 0; }
  TestOffice& office() { return *offices_[random_() % offices_.size()]; }
  std::string Unit() { return StrCat("units/", std::string(1, static_cast<char>('a' + random_() % 4))); }

  // The next revision of a plan, or its end. The plan of unit `a` takes on tasks of the office's.
  void Publish() {
    const bool district = Chance(3);
    const std::string id = district ? "q" : Chance(2) ? "p" : "r";
    TestOffice& office = district ? district_ : city_;
    v1::Plan plan = MakePlan(id, office.node(), "2024-03-04");
    if (id == "r") plan.set_issuer("units/a");
    plan.set_title(StrCat("计划", id, Chance(4) ? "（修订）" : ""));
    plan.set_revision(++revisions_[id]);
    *plan.mutable_publish_time() = ToProto(clock_.Now());
    if (Chance(8)) plan.set_state(v1::Plan::WITHDRAWN);
    for (uint32_t tasks = 1 + random_() % 4; tasks > 0; --tasks) AddRandomTask(id, plan);
    office.Tell(plan);
    Ok(office.FollowPlans());
  }

  void AddRandomTask(const std::string& id, v1::Plan& plan) {
    v1::Task* task = AddTask(plan);
    task->set_headings(0, StrCat("标题", random_() % 3));
    if (Chance(3)) task->clear_headings();
    if (Chance(3)) task->set_number(static_cast<int>(random_() % 20));
    v1::Deadline& deadline = *task->mutable_deadline();
    deadline.set_kind(static_cast<v1::Deadline::Kind>(random_() % v1::Deadline::Kind_ARRAYSIZE));
    deadline.set_due(StrCat("2024-0", 3 + random_() % 4, "-15"));
    if (deadline.kind() == v1::Deadline::PERIODIC) {
      deadline.set_frequency(
          static_cast<v1::Deadline::Frequency>(1 + random_() % (v1::Deadline::Frequency_ARRAYSIZE - 1)));
    }
    for (const char* unit : {"units/a", "units/b", "units/c", "units/d"}) {
      if (Chance(2)) Address(task, unit);
    }
    if (id != "p") task->add_aligned_tasks(StrCat("plans/p/tasks/body-", 1 + random_() % 4));
  }

  // Unit `c` moves between the two nodes, or is called otherwise.
  void PlaceOrRename() {
    v1::Unit unit = MakeUnit("c", v1::Unit::DEPARTMENT, "", Chance(2) ? "city" : "district");
    if (Chance(3)) unit.set_display_name(StrCat("改名", random_() % 3));
    for (TestOffice* office : offices_) {
      office->Tell(unit);
      Ok(office->FollowPlans());
    }
  }

  void Holidays() {
    v1::Calendar calendar;
    calendar.set_name("calendars/y2024");
    calendar.set_year(2024);
    for (int day = 0; day < 20; ++day) {
      const absl::CivilDay date = absl::CivilDay(2024, 3, 4) + static_cast<int>(random_() % 40);
      v1::Calendar::Day& named = *calendar.add_days();
      named.set_date(FormatDay(date));
      named.set_kind(absl::GetWeekday(date) >= absl::Weekday::saturday ? v1::Calendar::Day::WORK
                                                                       : v1::Calendar::Day::OFF);
    }
    TestOffice& office = this->office();
    office.Tell(calendar);
    Ok(office.FollowPlans());
  }

  // What is next for a random assignment.
  void DoWhatIsNext() {
    TestOffice& office = this->office();
    std::vector<A> ours;
    for (const A& assignment : office.All()) {
      if (assignment.unit_node() == office.node()) ours.push_back(assignment);
    }
    if (ours.empty()) return;
    const A& assignment = ours[random_() % ours.size()];
    const std::string& name = assignment.name();
    A shown;
    absl::Status unused;
    switch (assignment.state()) {
      case A::ISSUED:
        return Pull(office, assignment.unit());
      case A::RECEIVED:
      case A::IN_PROGRESS: {
        if (Chance(3)) {
          office.Report(name);
          return;
        }
        v1::SubmitResultRequest request = office.SubmissionOf(name);
        request.mutable_submission()->set_period(Period(assignment));
        unused = office.core().SubmitResult(Anybody(), request, &shown);
        return;
      }
      case A::UNDER_REVIEW: {
        TestOffice& issuer = assignment.issuer_node() == "city" ? city_ : district_;
        Ok(district_.Exchange(city_));
        unused = issuer.core().ReviewSubmission(Anybody(),
                                                issuer.ReviewOf(name, office.LastSubmission(name), Verdict()), &shown);
        return;
      }
      default:
        return;
    }
  }

  // Pulls what a unit has not signed for, and signs for most of it. The directory can say that it works elsewhere,
  // before its orders have followed.
  void Pull(TestOffice& office, const std::string& unit) {
    v1::PullAssignmentsResponse pulled;
    if (!office.core().PullAssignments(Anybody(), office.PullOf(unit, 3), &pulled).ok()) return;
    for (const A& taken : pulled.assignments()) {
      if (!Chance(4)) office.Receive(taken.name(), pulled.lease_token());
    }
  }

  // Does something to a random assignment; what its state does not allow is refused, and that is fine.
  void ActAtRandom() {
    TestOffice& office = this->office();
    const std::vector<A> all = office.All();
    if (all.empty()) return;
    const A& assignment = all[random_() % all.size()];
    const std::string& name = assignment.name();
    A shown;
    absl::Status unused;
    switch (random_() % 4) {
      case 0:
        return Pull(office, assignment.unit());
      case 1:
        unused = office.core().ReportProgress(Anybody(), office.ReportOf(name), &shown);
        return;
      case 2: {
        v1::SubmitResultRequest request = office.SubmissionOf(name);
        request.mutable_submission()->set_period(Period(assignment));
        unused = office.core().SubmitResult(Anybody(), request, &shown);
        return;
      }
      default:
        unused = office.core().ReviewSubmission(Anybody(),
                                                office.ReviewOf(name, office.LastSubmission(name), Verdict()), &shown);
    }
  }

  // The same of many at once.
  void ActOnSeveral() {
    TestOffice& office = this->office();
    std::vector<std::string> names;
    for (const A& assignment : office.All()) {
      if (!Chance(4)) names.push_back(assignment.name());
    }
    if (names.empty()) return;
    v1::ReceiveAssignmentsResponse received;
    v1::SubmitResultsResponse submitted;
    v1::ReviewSubmissionsResponse reviewed;
    const std::string unit = Unit();
    v1::PullAssignmentsResponse pulled;
    switch (random_() % 3) {
      case 0:
        if (!office.core().PullAssignments(Anybody(), office.PullOf(unit), &pulled).ok()) return;
        if (pulled.assignments().empty()) return;
        return Ok(
            office.core().ReceiveAssignments(Anybody(), office.ReceiptsOf(names, pulled.lease_token()), &received));
      case 1:
        return Ok(office.core().SubmitResults(Anybody(), office.SubmissionsOf(names), &submitted));
      default:
        return Ok(office.core().ReviewSubmissions(Anybody(), office.ReviewsOf(names, Verdict()), &reviewed));
    }
  }

  v1::Review::Verdict Verdict() { return Chance(2) ? v1::Review::ACCEPTED : v1::Review::RETURNED; }

  // A period of a duty that may have begun.
  std::string Period(const A& assignment) {
    switch (assignment.deadline().frequency()) {
      case v1::Deadline::QUARTERLY:
        return "2024-Q1";
      case v1::Deadline::MONTHLY:
        return StrCat("2024-0", 3 + random_() % 3);
      case v1::Deadline::DAILY:
        return FormatDay(DayOf(clock_.Now()));
      default:
        return "";
    }
  }

  std::mt19937 random_;
  FakeClock clock_;
  TestOffice city_, district_;
  std::array<TestOffice*, 2> offices_ = {&city_, &district_};
  std::map<std::string, int> revisions_;
  std::map<A::State, int> seen_;
};

TEST(DeskHistoryTest, CountersEqualACountAfterEveryCommand) {
  const char* wished = std::getenv("DUBAN_SEEDS");  // Any number on demand.
  const uint32_t seeds = wished == nullptr ? 12 : static_cast<uint32_t>(std::atoi(wished));
  std::map<A::State, int> seen;
  for (uint32_t seed = 1; seed <= seeds && !::testing::Test::HasFailure(); ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 80 && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(StrCat("seed ", seed, " step ", step));
      history.Step();
      history.ExpectKeptRowsAreTrue();
      if (step % 20 == 19) history.ExpectAllIsTrue();
    }
    for (const auto& [state, count] : history.seen()) seen[state] += count;
  }
  for (const A::State state : {A::ISSUED, A::RECEIVED, A::IN_PROGRESS, A::UNDER_REVIEW, A::DONE, A::CANCELLED}) {
    EXPECT_GT(seen[state], static_cast<int>(seeds / 2)) << A::State_Name(state);
  }
}

// More rows than one step looks at; days off that make later what was nearly late.
class RestandingTest : public ::testing::Test {
 protected:
  static constexpr int kUnits = 2 * kRestandStep + kRestandStep / 2;

  RestandingTest() : office_("city", &clock_) {
    v1::UnitGroup group;
    group.set_name("groups/all");
    group.add_selections()->set_superior("units/office");
    group.mutable_selections(0)->add_kinds(v1::Unit::SECTION);
    office_.Tell(group);
    for (int i = 0; i < kUnits; ++i) office_.Tell(MakeUnit(StrCat("u", 100 + i), v1::Unit::SECTION, "office"));
    v1::Plan plan = MakePlan("p", "city", "2024-03-04");
    Address(AddTask(plan, "2024-09-30"), "groups/all");
    office_.Tell(plan);
    const absl::Status status = office_.FollowPlans();
    EXPECT_TRUE(status.ok()) << status;
    clock_.Advance(absl::Hours(24 * 4));  // Friday: nobody has signed within three working days.
  }

  void TearDown() override { office_.ExpectKeptRowsAreTrue(); }

  // Days of March 2024 without work.
  void DaysOff(const std::vector<int>& days) {
    v1::Calendar calendar;
    calendar.set_name("calendars/y2024");
    calendar.set_year(2024);
    for (const int day : days) {
      v1::Calendar::Day& off = *calendar.add_days();
      off.set_date(FormatDay(absl::CivilDay(2024, 3, day)));
      off.set_kind(v1::Calendar::Day::OFF);
    }
    office_.Tell(calendar);
    const absl::Status status = office_.FollowPlans();
    ASSERT_TRUE(status.ok()) << status;
  }

  int64_t Yellow() {
    Request request;
    request.set_group_by(Request::PLAN);
    v1::GetBoardResponse board;
    EXPECT_TRUE(office_.core().GetBoard(Anybody(), request, &board).ok());
    return board.total().yellow();
  }

  bool Restanding() { return *IsRestanding(*office_.store()->TakeSnapshot()); }

  FakeClock clock_;
  TestOffice office_;
};

TEST_F(RestandingTest, WithoutAChangeOfTheCalendarThereIsNothingToDo) {
  EXPECT_EQ(Yellow(), kUnits);
  EXPECT_FALSE(Restanding());
  const int64_t commands = office_.store()->group_stats().commands;
  EXPECT_FALSE(office_.Restand());
  EXPECT_EQ(office_.store()->group_stats().commands, commands);
}

TEST_F(RestandingTest, TheFirstCalendarOfANewNodeIsNothingToDo) {
  TestOffice office("city", &clock_);
  v1::Calendar calendar;
  calendar.set_name("calendars/y2024");
  calendar.set_year(2024);
  office.Tell(calendar);
  ASSERT_TRUE(office.FollowPlans().ok());
  EXPECT_FALSE(*IsRestanding(*office.store()->TakeSnapshot()));
}

TEST_F(RestandingTest, InStepsEveryLightIsJudgedByTheNewDays) {
  DaysOff({5});
  EXPECT_TRUE(Restanding());
  std::vector<int64_t> yellow;
  while (office_.Restand()) {
    office_.ExpectKeptRowsAreTrue();
    yellow.push_back(Yellow());
  }
  EXPECT_FALSE(Restanding());
  EXPECT_THAT(yellow, ElementsAre(kUnits - kRestandStep, kUnits - 2 * kRestandStep, 0));
  ExpectListsAndBoardsAreTrue(office_, DayOf(clock_.Now()));
  // The same calendar again changes nothing.
  DaysOff({5});
  EXPECT_FALSE(Restanding());
}

// Few rows can hold many assignments: a step ends behind the row with which it has looked at enough.
TEST_F(RestandingTest, AStepLooksAtNoMoreThanSoManyAssignments) {
  TestOffice office("city", &clock_);
  office.Tell(MakeUnit("office"));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  const char* const units[] = {"units/a", "units/b", "units/c", "units/d", "units/e"};
  for (const char* unit : units) office.Tell(MakeUnit(std::string(LastSegment(unit))));
  for (int i = 0; i <= kRestandAssignments / 2; ++i) {
    v1::Task* task = AddTask(plan, "2024-09-30");
    for (const char* unit : units) Address(task, unit);
  }
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  v1::Calendar calendar;
  calendar.set_name("calendars/y2024");
  calendar.set_year(2024);
  office.Tell(calendar);
  ASSERT_TRUE(office.FollowPlans().ok());
  int steps = 0;
  while (office.Restand()) ++steps;
  EXPECT_EQ(steps, 3) << "two rows, two rows and one";
  office.ExpectKeptRowsAreTrue();
}

TEST_F(RestandingTest, ARestartGoesOnWhereItWas) {
  DaysOff({5});
  EXPECT_TRUE(office_.Restand());
  office_.Restart();
  EXPECT_TRUE(Restanding());
  int steps = 0;
  while (office_.Restand()) ++steps;
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(Yellow(), 0);
}

TEST_F(RestandingTest, AnotherChangeInBetweenBeginsAnew) {
  DaysOff({5});
  EXPECT_TRUE(office_.Restand());
  DaysOff({});
  int steps = 0;
  while (office_.Restand()) ++steps;
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(Yellow(), kUnits);
  ExpectListsAndBoardsAreTrue(office_, DayOf(clock_.Now()));
}

TEST_F(RestandingTest, WorkGoesOnMeanwhileOnBothSidesOfIt) {
  DaysOff({5});
  EXPECT_TRUE(office_.Restand());
  office_.SignAll("units/u100");
  office_.SignAll(StrCat("units/u", 100 + kUnits - 1));
  v1::Plan plan = MakePlan("q", "city", "2024-03-04");
  Address(AddTask(plan, "2024-09-30"), "units/u100");
  office_.Tell(plan);
  ASSERT_TRUE(office_.FollowPlans().ok());
  while (office_.Restand()) office_.ExpectKeptRowsAreTrue();
  EXPECT_EQ(Yellow(), 0);
  ExpectListsAndBoardsAreTrue(office_, DayOf(clock_.Now()));
}

TEST_F(RestandingTest, WhatIsClosedIsPassedOver) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  plan.set_state(v1::Plan::WITHDRAWN);
  office_.Tell(plan);
  ASSERT_TRUE(office_.FollowPlans().ok());
  DaysOff({5});
  while (office_.Restand()) {
  }
  EXPECT_FALSE(Restanding());
  ExpectListsAndBoardsAreTrue(office_, DayOf(clock_.Now()));
}

// Verification finds what is kept wrongly, whatever row it stands in.
TEST(DeskVerificationTest, AnyRowThatIsOtherThanCountedIsFound) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a", "b"}) office.Tell(MakeUnit(unit));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 2; ++i) {
    v1::Task* task = AddTask(plan, "2024-09-30");
    Address(task, "units/a");
    Address(task, "units/b");
  }
  office.Tell(plan);
  v1::Plan below = MakePlan("r", "city", "2024-03-04");
  below.set_issuer("units/a");
  v1::Task* task = AddTask(below, "2024-09-30");
  Address(task, "units/b");
  task->add_aligned_tasks("plans/p/tasks/body-1");
  office.Tell(below);
  ASSERT_TRUE(office.FollowPlans().ok());
  office.Pull("units/b");
  office.ExpectKeptRowsAreTrue();
  std::map<std::string, std::string> kept;
  const std::string begin = IndexKey(static_cast<Index>(0), {}).substr(0, 1);
  ASSERT_TRUE(office.store()
                  ->TakeSnapshot()
                  ->ScanRows(begin, PrefixEnd(begin),
                             [&](std::string_view key, std::string_view value) {
                               kept.emplace(key, value);
                               return true;
                             })
                  .ok());
  std::set<char> indexes;
  for (const auto& [key, value] : kept) indexes.insert(key[1]);
  EXPECT_EQ(indexes.size(), 10u) << "each of the service's indexes has a row";
  const auto write = [&](const std::string& key, const std::optional<std::string>& value) {
    ASSERT_TRUE(office.store()
                    ->Run({"test", ""},
                          [&](Transaction& tx) {
                            value.has_value() ? tx.PutRow(key, *value) : tx.DeleteRow(key);
                            return absl::OkStatus();
                          })
                    .ok());
  };
  const auto found = [&] { return !VerifyIndexes(*office.store()->TakeSnapshot(), "city", AssignmentIndexRows).ok(); };
  for (const auto& [key, value] : kept) {
    const bool lease = static_cast<Index>(key[1]) == kDeskLease;
    write(key, std::nullopt);
    // Nothing but the row itself says what is leased; without it nothing is.
    EXPECT_EQ(found(), !lease) << key.substr(2);
    write(key, value);
    EXPECT_FALSE(found()) << key.substr(2);
    if (lease || value.empty()) continue;
    write(key, value + value);
    EXPECT_TRUE(found()) << key.substr(2);
    write(key, value);
  }
  write(IndexKey(kDeskLease, {"plans/p", "units/nobody"}), "");
  EXPECT_TRUE(found());
}

}  // namespace
}  // namespace duban
