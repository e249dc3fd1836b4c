// The CLI without a network: a fake connection stands for the servers.

#include "tools/cli/cli.h"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/words/method_words.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "duban/v1/rebuild.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"
#include "tests/support/tree.h"
#include "tools/cli/command.h"
#include "tools/cli/printer.h"
#include "tools/cli/table.h"

namespace duban::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::StartsWith;

v1::Finding MakeFinding(const std::string& id, const std::string& proposal, bool blocking) {
  v1::Finding finding;
  finding.set_finding_id(id);
  finding.set_code("UNKNOWN_UNIT");
  finding.set_task("body-1");
  finding.set_line(7);
  finding.set_message("单位名录里没有“县教局”");
  finding.set_subject("县教局");
  finding.set_proposal(proposal);
  finding.set_blocking(blocking);
  return finding;
}

v1::Plan MakePlan() {
  v1::Plan plan;
  plan.set_name("plans/p1");
  plan.set_title("二〇二四年公开工作要点");
  plan.set_state(v1::Plan::DRAFT);
  plan.set_etag("e1");
  v1::Task& task = *plan.add_tasks();
  task.set_task_id("body-1");
  task.set_table("body");
  task.set_number(1);
  task.add_headings("一、夯实基础");
  task.set_text("梳理本单位主动公开目录。");
  auto* lead = task.add_responsibilities();
  lead->set_unit("县教育局");
  lead->set_role(v1::Responsibility::LEAD);
  task.mutable_deadline()->set_kind(v1::Deadline::STANDING);
  *plan.add_findings() = MakeFinding("f-1", "县教育局", true);
  *plan.add_findings() = MakeFinding("f-2", "", false);
  return plan;
}

// --- Tables -------------------------------------------------------------------------------------------------------

TEST(TableTest, ColumnsLineUpByDisplayWidth) {
  Table table({{"单位", false, false}, {"项", true, false}});
  table.Row({"教育局", "7"});
  table.Row({"abc", "12"});
  EXPECT_EQ(table.Render({}), "单位    项\n──────────\n教育局   7\nabc     12\n");
}

TEST(TableTest, FlexibleColumnsWrapToTheWidthAndOthersDoNot) {
  Table table({{"号", true, false}, {"任务", false, true}, {"状态", false, false}});
  table.Row({"1", "梳理本单位主动公开目录", "进行中"});
  const std::string text = table.Render({24, false});
  EXPECT_EQ(text,
            "号  任务          状态\n"
            "────────────────────────\n"
            " 1  梳理本单位主  进行中\n"
            "    动公开目录\n");
}

TEST(TableTest, NoLineIsWiderThanTheTerminal) {
  Table table({{"号", true, false}, {"任务", false, true}, {"单位", false, true}});
  table.Section("一、一个很长很长的标题，比终端还要宽得多，所以也要折行才行");
  table.Row(
      {"1", "梳理本单位主动公开目录 https://example.org/a/very/long/path/that/has/no/blank", "县教育局、县文化馆"});
  for (const size_t width : {40, 80, 120}) {
    for (const std::string& line : Wrap(table.Render({width, false}), 0)) EXPECT_LE(DisplayWidth(line), width) << line;
  }
}

TEST(TableTest, ColorsAreOutsideOfTheWidth) {
  Table table({{"状态", false, false}, {"号", true, false}});
  table.Row({Cell("红", Style::kRed), "1"});
  EXPECT_EQ(table.Render({0, true}), "\x1b[1m状态\x1b[0m  \x1b[1m号\x1b[0m\n────────\n\x1b[31m红\x1b[0m     1\n");
}

TEST(TableTest, TextCannotSteerTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\tc\r\xC2\x9B"
                      "d\xE2\x80\xAE"
                      "e\nf"),
            "a[2Jb cde\nf");
}

// A table that goes to a file or to another program can be read there too.
TEST_F(CliTest, ATableThatIsPipedIsCutAsWell) {
  servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans", [](const auto&) {
    v1::ListPlansResponse response;
    v1::Plan& plan = *response.add_plans();
    plan.set_name("plans/p1");
    for (int i = 0; i < 100; ++i) plan.mutable_title()->append("工作要点");
    return response;
  });
  EXPECT_EQ(Run({"plan", "list"}), 0);
  for (const std::string& line : Wrap(out(), 0)) EXPECT_LE(DisplayWidth(line), kPipedWidth) << line;
  EXPECT_EQ(Run({"plan", "list", "--width=300"}), 0);
  EXPECT_THAT(Wrap(out(), 0), Contains(ResultOf(DisplayWidth, Gt(200u))));
}

TEST(WrapTest, NoLineBeginsWithAClosingMarkOrEndsWithAnOpeningOne) {
  EXPECT_THAT(Wrap("甲乙丙，丁", 6), ElementsAre("甲乙", "丙，丁"));
  EXPECT_THAT(Wrap("甲乙（丙丁）", 6), ElementsAre("甲乙", "（丙", "丁）"));
}

TEST(WrapTest, WordsStayWholeUnlessLongerThanALine) {
  EXPECT_THAT(Wrap("read the plan", 8), ElementsAre("read the", "plan"));
  EXPECT_THAT(Wrap("abcdefghij", 4), ElementsAre("abcd", "efgh", "ij"));
  EXPECT_THAT(Wrap("a\n\nb", 4), ElementsAre("a", "", "b"));
}

// --- Values on the command line -----------------------------------------------------------------------------------

TEST(CommandTest, DurationsAreWholeNumbersWithAUnit) {
  EXPECT_EQ(ParseDuration("90s"), absl::Seconds(90));
  EXPECT_EQ(ParseDuration("10m"), absl::Minutes(10));
  EXPECT_EQ(ParseDuration("2h"), absl::Hours(2));
  EXPECT_EQ(ParseDuration("1d"), absl::Hours(24));
  for (const char* wrong : {"", "s", "10", "-1s", "1.5h", "1w", "99999999999s"}) {
    EXPECT_EQ(ParseDuration(wrong), std::nullopt) << wrong;
  }
}

TEST(CommandTest, EnumsAreTakenByNameAndByChineseWord) {
  const auto word = [](int value) { return WordOf(static_cast<v1::Assignment::State>(value)); };
  const auto* states = v1::Assignment::State_descriptor();
  EXPECT_EQ(ParseEnum(states, word, "in-progress"), v1::Assignment::IN_PROGRESS);
  EXPECT_EQ(ParseEnum(states, word, "IN_PROGRESS"), v1::Assignment::IN_PROGRESS);
  EXPECT_EQ(ParseEnum(states, word, "进行中"), v1::Assignment::IN_PROGRESS);
  EXPECT_EQ(ParseEnum(states, word, "state-unspecified"), std::nullopt);
}

// Every value of every enum that is shown has a word of its own, in both languages.
template <typename E>
void ExpectWords() {
  const auto* descriptor = google::protobuf::GetEnumDescriptor<E>();
  std::map<std::string, int> zh, en;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() == 0) continue;
    const Phrase word = WordOf(static_cast<E>(descriptor->value(i)->number()));
    EXPECT_NE(word.zh, "?") << descriptor->value(i)->full_name();
    EXPECT_TRUE(zh.emplace(word.zh, i).second) << word.zh;
    EXPECT_TRUE(en.emplace(word.en, i).second) << word.en;
  }
}

TEST(WordsTest, EveryValueOfTheContractsHasAWord) {
  ExpectWords<v1::Assignment::State>();
  ExpectWords<v1::Assignment::Light>();
  ExpectWords<v1::Deadline::Frequency>();
  ExpectWords<v1::Deadline::Kind>();
  ExpectWords<v1::Finding::Settlement>();
  ExpectWords<v1::GetBoardRequest::GroupBy>();
  ExpectWords<v1::Job::Kind>();
  ExpectWords<v1::Job::State>();
  ExpectWords<v1::NodeStatus::Hop::Direction>();
  ExpectWords<v1::Plan::Stage>();
  ExpectWords<v1::Plan::State>();
  ExpectWords<v1::Reminder::Reason>();
  ExpectWords<v1::Reminder::State>();
  ExpectWords<v1::Responsibility::Role>();
  ExpectWords<v1::Review::Verdict>();
  ExpectWords<v1::TimelineEntry::Kind>();
  ExpectWords<v1::Unit::Kind>();
}

TEST(WordsTest, EveryMethodOfTheContractsHasAWord) {
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) {
    const Phrase word = MethodWords(WireName(*method));
    EXPECT_NE(word.zh.find_first_of("\xe4\xe5\xe6\xe7\xe8\xe9"), std::string::npos)
        << method->full_name() << " has no word in common/words/method_words.cc: " << word.zh;
  }
  EXPECT_EQ(MethodWords("duban.v1.PlanService/PublishPlan").zh, "发布计划");
  EXPECT_EQ(MethodWords("duban.v1.PlanService/PublishPlan").en, "publish plan");
  EXPECT_EQ(MethodWords("follow/plan_to_assignment").zh, "按计划交办");
  EXPECT_EQ(MethodWords("follow/city_plan").zh, "与相邻节点同步（city_plan）");
  EXPECT_EQ(MethodWords("duban.v9.PlanService/Foretell").zh, "PlanService/Foretell");
}

// --- Exit codes and errors ----------------------------------------------------------------------------------------

TEST(ExitCodeTest, EveryReasonHasTheCodeThatSaysWhatToDoNext) {
  const std::map<v1::ErrorReason, ExitCode> expected = {
      {v1::METADATA_TOO_LARGE, ExitCode::kRefused},  {v1::NOT_SERVING, ExitCode::kUnreachable},
      {v1::OVERLOADED, ExitCode::kUnreachable},      {v1::INVALID_FIELD, ExitCode::kRefused},
      {v1::UNREADABLE_DOCUMENT, ExitCode::kRefused}, {v1::REQUEST_ID_REUSED, ExitCode::kRefused},
      {v1::RESOURCE_NOT_FOUND, ExitCode::kNotFound}, {v1::RESOURCE_EXISTS, ExitCode::kRefused},
      {v1::NOT_OWNER, ExitCode::kRefused},           {v1::ETAG_MISMATCH, ExitCode::kChanged},
      {v1::FINDINGS_OPEN, ExitCode::kNotNow},        {v1::WRONG_STATE, ExitCode::kNotNow},
      {v1::LEASE_NOT_HELD, ExitCode::kNotNow},       {v1::STILL_IN_USE, ExitCode::kNotNow},
      {v1::FEED_MISMATCH, ExitCode::kChanged},       {v1::LIMIT_REACHED, ExitCode::kNotNow},
      {v1::OUTCOME_UNKNOWN, ExitCode::kUnreachable}, {v1::INVARIANT_BROKEN, ExitCode::kInternal},
      {v1::NODE_ID_TAKEN, ExitCode::kRefused},       {v1::NOT_AUTHENTICATED, ExitCode::kRefused},
      {v1::NOT_ALLOWED, ExitCode::kRefused},         {v1::WRONG_NODE, ExitCode::kNotNow},
      {v1::VERSION_TOO_FAR, ExitCode::kNotNow}};
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(reasons->value(i)->number());
    if (reason == v1::ERROR_REASON_UNSPECIFIED) continue;
    ASSERT_TRUE(expected.count(reason)) << reasons->value(i)->name();
    EXPECT_EQ(ExitCodeOf(Error(reason, "x", "x")), expected.at(reason)) << reasons->value(i)->name();
  }
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kUnreachable);
  // What gRPC itself refuses so is a message that is too large.
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(UsageError({"", ""})), ExitCode::kUsage);
}

TEST_F(CliTest, AnErrorSpeaksChineseAndNamesTheReasonAndTheNextStep) {
  servers_.On<v1::PublishPlanRequest, v1::Plan>("PlanService/PublishPlan", [](const auto&) -> absl::StatusOr<v1::Plan> {
    return Error(v1::FINDINGS_OPEN, "2 findings are open", "还有 2 项待核实事项未处理");
  });
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--yes"}), 4);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(),
            "错误：还有 2 项待核实事项未处理\n"
            "  原因代码：FINDINGS_OPEN\n"
            "  下一步：先用 duban plan settle 逐项处理待核实事项\n");
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--yes", "--lang=en"}), 4);
  EXPECT_EQ(err(),
            "error: 2 findings are open\n"
            "  reason: FINDINGS_OPEN\n"
            "  next: settle the findings first: duban plan settle\n");
}

TEST_F(CliTest, WhatAServerSaysHasToBeDoneFirstGetsItsCommand) {
  const auto next = [&](const absl::Status& refusal) {
    servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan",
                                              [&](const auto&) -> absl::StatusOr<v1::Plan> { return refusal; });
    EXPECT_NE(Run({"plan", "show", "p1"}), 0);
    const size_t at = err().find("  下一步：");
    return at == std::string::npos ? "" : err().substr(at);
  };
  const ErrorMetadata published = {{"name", "plans/p1"}, {"state", "PUBLISHED"}};
  ErrorMetadata no_draft = published;
  no_draft["cause"] = "NOT_A_DRAFT";
  EXPECT_EQ(next(Error(v1::WRONG_STATE, "x", "x", no_draft)), "  下一步：duban plan revise p1\n");
  EXPECT_EQ(next(Error(v1::WRONG_STATE, "x", "x", published)), "") << "of another reason";
  EXPECT_EQ(next(Error(v1::WRONG_STATE, "x", "x", {{"name", "plans/p1/findings/f-3"}, {"state", "SETTLED"}})),
            "  下一步：duban plan reopen p1 f-3，再重新答复\n");
  EXPECT_EQ(next(Error(v1::UNREADABLE_DOCUMENT, "x", "x", {{"cause", "NO_TASK"}})),
            "  下一步：要保留为没有任务的草稿，加 --keep-empty\n");
  EXPECT_EQ(next(Error(v1::UNREADABLE_DOCUMENT, "x", "x")), "");
  EXPECT_EQ(next(Error(v1::RESOURCE_EXISTS, "x", "x", {{"name", "教育局"}, {"by", "units/edu"}, {"node", "city"}})),
            "  下一步：确系另一个同名单位的，加 --beside-upper\n");
  EXPECT_EQ(next(Error(v1::RESOURCE_EXISTS, "x", "x", {{"name", "教育局"}, {"by", "units/edu"}})), "");
  EXPECT_EQ(next(Error(v1::NOT_ALLOWED, "x", "x", {{"cause", "NO_ROLE"}})),
            "  下一步：启用动态口令用 duban second-factor begin\n");
  EXPECT_EQ(next(Error(v1::NOT_ALLOWED, "x", "x")), "");
  EXPECT_EQ(next(InvalidField("method", "x", "x")), "  下一步：duban access rules 列出所有接口\n");
}

TEST_F(CliTest, FieldsThatAreWrongAreListed) {
  servers_.On<v1::CreateUnitRequest, v1::Unit>("DirectoryService/CreateUnit",
                                               [](const auto&) -> absl::StatusOr<v1::Unit> {
                                                 FieldErrors errors;
                                                 errors.Add("unit.display_name", "must be set", "不能为空");
                                                 errors.Add("unit.kind", "must be set", "不能为空");
                                                 return errors.ToStatus();
                                               });
  EXPECT_EQ(Run({"unit", "create"}), 1);
  EXPECT_THAT(err(), HasSubstr("错误：字段“unit.display_name”不能为空（另有1处）\n"));
  EXPECT_THAT(err(), HasSubstr("  字段“unit.display_name”不能为空\n  字段“unit.kind”不能为空\n"));
}

TEST_F(CliTest, ErrorsForProgramsAreOneJsonObject) {
  servers_.On<v1::GetPlanRequest, v1::Plan>(
      "PlanService/GetPlan", [](const auto& request) -> absl::StatusOr<v1::Plan> { return NotFound(request.name()); });
  EXPECT_EQ(Run({"plan", "show", "p9", "--format=json"}), 5);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(
      err(),
      "{\"error\":{\"code\":\"NOT_FOUND\",\"reason\":\"RESOURCE_NOT_FOUND\",\"message\":\"`plans/p9` does not exist; "
      "list to see what is there\",\"message_zh\":\"“plans/p9”不存在，请先列出再选择\",\"exit_code\":5,\"metadata\":{"
      "\"name\":\"plans/p9\"},\"violations\":[],\"request_id\":\"\"}}\n");
}

TEST_F(CliTest, AServerThatIsNotThereIsNamedWithTheRequestIdToRepeat) {
  servers_.On<v1::WithdrawPlanRequest, v1::Plan>(
      "PlanService/WithdrawPlan", [](const auto&) -> absl::StatusOr<v1::Plan> {
        return absl::UnavailableError("failed to connect to all addresses: Connection refused");
      });
  EXPECT_EQ(Run({"plan", "withdraw", "p1", "--reason=重印", "--server=10.0.0.1:7100"}), 3);
  EXPECT_EQ(err(),
            "错误：连不上服务器 10.0.0.1:7100（该地址没有服务在监听）\n"
            "  下一步：检查 --server 地址、服务是否已启动、证书是否有效（duban keys show），然后重试同一命令\n"
            "  重试时加 --request-id=00000000-0000-4001-8000-000000000002，不会重复办理\n");
}

TEST_F(CliTest, AWrongCommandLineIsExitCode2AndSaysWhereHelpIs) {
  EXPECT_EQ(Run({"plan", "list", "--state=gone"}), 2);
  EXPECT_EQ(err(), "错误：--state: “gone”应为 draft|published|withdrawn 之一。用法见 duban plan list --help\n");
  EXPECT_EQ(Run({"plan", "show"}), 2);
  EXPECT_EQ(err(), "错误：缺少 PLAN。用法见 duban plan show --help\n");
  EXPECT_EQ(Run({"plan", "list", "--colour=red", "--lang=en"}), 2);
  EXPECT_EQ(err(), "error: unknown argument: --colour=red; see duban plan list --help\n");
  EXPECT_EQ(Run({"assignment", "pull", "--unit=units/a", "--max=501"}), 2);
  EXPECT_EQ(err(), "错误：--max: “501”应为 1 到 500 的整数。用法见 duban assignment pull --help\n");
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, AnUnknownCommandIsToldWithTheNearestOne) {
  EXPECT_EQ(Run({"assignment", "bord", "--group-by=unit"}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(
      err(),
      "错误：不认识的命令：duban assignment bord。是不是 duban assignment board？用法见 duban assignment --help\n");
  EXPECT_EQ(Run({"asignment", "list", "--lang=en"}), 2);
  EXPECT_EQ(err(), "error: unknown command: duban asignment; did you mean duban assignment? see duban --help\n");
  EXPECT_EQ(Run({"reminder", "zzz"}), 2);
  EXPECT_EQ(err(),
            "错误：不认识的命令：duban reminder zzz。可用的有：lease、confirm、redrive、list、show、digests、"
            "digest、deliveries、redeliver、channels、contact、policy。用法见 duban reminder --help\n");
  EXPECT_EQ(Run({"assignment", "bord", "--format=json"}), 2);
  EXPECT_THAT(err(), StartsWith("{\"error\":{\"code\":\"INVALID_ARGUMENT\""));
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, AGroupWithoutACommandPrintsItsHelp) {
  EXPECT_EQ(Run({"reminder"}), 2);
  EXPECT_THAT(err(), HasSubstr("用法: duban reminder [选项] 命令\n"));
  EXPECT_EQ(Run({}), 2);
  EXPECT_THAT(err(), HasSubstr("用法: duban [选项] 命令\n"));
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out(), HasSubstr("  3  服务器连不上"));
}

TEST_F(CliTest, NobodySignsWithoutAName) {
  variables_.clear();
  EXPECT_EQ(Run({"assignment", "report", "p1/t1/jiaoyu", "--text=完成一半"}), 2);
  EXPECT_EQ(err(), "错误：没有写明经办人：请登录（duban sign-in），或加 --by=姓名，或设置环境变量 DUBAN_PERSON\n");
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, AFileThatCannotBeReadIsNamed) {
  EXPECT_EQ(Run({"plan", "import", "/nowhere/plan.txt"}), 2);
  EXPECT_EQ(err(), "错误：读不了文件 /nowhere/plan.txt，请检查路径和权限\n");
  EXPECT_EQ(Run({"plan", "import", "/"}), 2);
  EXPECT_EQ(err(), "错误：读不了文件 /，请检查路径和权限\n");
}

// --- Language, servers, request ids -------------------------------------------------------------------------------

TEST_F(CliTest, LanguageIsTheOptionThenDubanLangThenTheLocaleThenChinese) {
  servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans",
                                                           [](const auto&) { return v1::ListPlansResponse(); });
  const auto english = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"plan", "list"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), 0);
    return out().rfind("no plans", 0) == 0;
  };
  EXPECT_FALSE(english({}));
  variables_["LANG"] = "en_US.UTF-8";
  EXPECT_TRUE(english({}));
  variables_["DUBAN_LANG"] = "zh";
  EXPECT_FALSE(english({}));
  EXPECT_TRUE(english({"--lang", "en"}));
}

TEST_F(CliTest, EachServiceIsAskedAtItsOwnAddress) {
  servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans",
                                                           [](const auto&) { return v1::ListPlansResponse(); });
  servers_.On<v1::ListRemindersRequest, v1::ListRemindersResponse>(
      "NotificationService/ListReminders", [](const auto&) { return v1::ListRemindersResponse(); });
  const std::vector<std::string> plan = {"plan", "list"};
  const std::vector<std::string> reminder = {"reminder", "list"};
  EXPECT_EQ(Run(plan), 0);
  variables_["DUBAN_SERVER"] = "all:1";
  EXPECT_EQ(Run(plan), 0);
  variables_["DUBAN_NOTIFICATION_SERVER"] = "own:2";
  EXPECT_EQ(Run(reminder), 0);
  EXPECT_EQ(Run({"reminder", "list", "--server=said:3"}), 0);
  EXPECT_EQ(Run({"reminder", "list", "--server=said:3", "--notification-server=both:4"}), 0);
  EXPECT_THAT(servers_.asked, ElementsAre("127.0.0.1:7100", "all:1", "own:2", "said:3", "both:4"));
}

TEST_F(CliTest, RequestIdsAreRandomUuidsUnlessGiven) {
  std::vector<std::string> ids;
  servers_.On<v1::WithdrawPlanRequest, v1::Plan>("PlanService/WithdrawPlan", [&](const auto& request) {
    ids.push_back(request.request_id());
    return v1::Plan();
  });
  EXPECT_EQ(Run({"plan", "withdraw", "p1", "--reason=x"}), 0);
  EXPECT_EQ(Run({"plan", "withdraw", "p1", "--reason=x", "--request-id=mine"}), 0);
  EXPECT_THAT(ids, ElementsAre("00000000-0000-4001-8000-000000000002", "mine"));
}

// --- Plans --------------------------------------------------------------------------------------------------------

TEST_F(CliTest, ShowGroupsTasksByHeadingAndListsOpenFindings) {
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto&) { return MakePlan(); });
  EXPECT_EQ(Run({"plan", "show", "p1"}), 0);
  EXPECT_EQ(out(),
            "二〇二四年公开工作要点\n"
            "名称：plans/p1  状态：草稿  版本：e1\n"
            "\n"
            "序号  任务                      责任单位       期限\n"
            "─────────────────────────────────────────────────────\n"
            "一、夯实基础\n"
            "   1  梳理本单位主动公开目录。  牵头 县教育局  常态化\n"
            "\n"
            "共 1 项任务；待核实事项 2 项，其中 1 项阻止发布\n"
            "\n"
            "编号  行  所在   说明\n"
            "───────────────────────────────────────\n"
            "f-1    7  第1项  UNKNOWN_UNIT  阻止发布\n"
            "                 单位名录里没有“县教局”\n"
            "                 建议：县教育局\n"
            "f-2    7  第1项  UNKNOWN_UNIT\n"
            "                 单位名录里没有“县教局”\n");
}

TEST_F(CliTest, JsonIsOneObjectWithOriginalFieldNamesAndAllPages) {
  servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans", [](const auto& request) {
    v1::ListPlansResponse page;
    page.add_plans()->set_name(request.page_token().empty() ? "plans/a" : "plans/b");
    if (request.page_token().empty()) page.set_next_page_token("2");
    return page;
  });
  EXPECT_EQ(Run({"plan", "list", "--format=json"}), 0);
  v1::ListPlansResponse all;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(out(), &all).ok()) << out();
  ASSERT_EQ(all.plans_size(), 2);
  EXPECT_EQ(all.plans(1).name(), "plans/b");
  EXPECT_THAT(out(), HasSubstr("\"next_page_token\":\"\""));
  EXPECT_EQ(err(), "");
}

TEST_F(CliTest, FindingsAreSettledByIdAndByCode) {
  v1::SettleFindingsRequest seen;
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto& request) {
    seen = request;
    return v1::Plan();
  });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-1", "--finding", "f-2", "--answer=县教育局、县文化馆"}), 0);
  ASSERT_EQ(seen.answers_size(), 2);
  EXPECT_EQ(seen.answers(1).finding_id(), "f-2");
  EXPECT_EQ(seen.answers(1).settlement(), v1::Finding::ANSWERED);
  EXPECT_EQ(seen.answers(1).answer(), "县教育局、县文化馆");
  EXPECT_EQ(seen.settled_by(), "王敏");
  EXPECT_EQ(Run({"plan", "settle", "p1", "--code=UNKNOWN_UNIT", "--dismiss", "--by=李强", "--etag=e1"}), 0);
  ASSERT_EQ(seen.answers_size(), 1);
  EXPECT_EQ(seen.answers(0).code(), "UNKNOWN_UNIT");
  EXPECT_EQ(seen.answers(0).settlement(), v1::Finding::DISMISSED);
  EXPECT_EQ(seen.settled_by(), "李强");
  EXPECT_EQ(seen.etag(), "e1");
}

TEST_F(CliTest, OfManyFindingsOfAKindTheFirstAreShownAfterEachAnswerAndAllWithThePlan) {
  v1::Plan plan;
  plan.set_name("plans/p1");
  for (int i = 1; i <= 5; ++i) {
    v1::Finding& finding = *plan.add_findings();
    finding.set_finding_id(StrCat("f-", i));
    finding.set_code(i == 5 ? "NO_UNIT" : "SHARED_CELL");
    finding.set_message(StrCat("疑问", i, "。"));
  }
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto&) { return plan; });
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [&](const auto&) { return plan; });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-9", "--dismiss"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("疑问3。"));
  EXPECT_THAT(out(), Not(HasSubstr("疑问4。")));
  EXPECT_THAT(out(), HasSubstr("疑问5。"));
  EXPECT_THAT(out(), HasSubstr("另有 1 项 SHARED_CELL：duban plan show p1 全部列出"));
  EXPECT_EQ(Run({"plan", "show", "p1"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("疑问4。"));
  EXPECT_THAT(out(), Not(HasSubstr("另有")));
}

TEST_F(CliTest, ARefusedFieldIsToldOnceAndAsTheOptionItCameFrom) {
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [](const auto&) {
    return absl::StatusOr<v1::Plan>(InvalidField("answers[0].answer", "is no deadline", "“下个月”不是时限"));
  });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-1", "--answer=下个月"}), 1);
  EXPECT_EQ(err(), "错误：--answer “下个月”不是时限\n  原因代码：INVALID_FIELD\n");
}

// A person who signed in over the node's own connection works for several units; keys of one unit leave no doubt.
TEST_F(CliTest, ForWhichUnitSomebodyWorksIsSaidOrStandsInTheEnvironment) {
  std::vector<std::string> seen;
  servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans", [&](const auto& request) {
    seen.push_back(request.viewer());
    return v1::ListPlansResponse();
  });
  EXPECT_EQ(Run({"plan", "list"}), 0) << err();
  variables_["DUBAN_UNIT"] = "jiaoyu";
  EXPECT_EQ(Run({"plan", "list"}), 0) << err();
  EXPECT_EQ(Run({"plan", "list", "--unit=units/audit"}), 0) << err();
  EXPECT_THAT(seen, ElementsAre("", "units/jiaoyu", "units/audit"));
}

TEST_F(CliTest, TablesNameUnitsAndNotTheirIds) {
  servers_.On<v1::ListUnitsRequest, v1::ListUnitsResponse>("DirectoryService/ListUnits", [](const auto&) {
    v1::ListUnitsResponse page;
    v1::Unit& unit = *page.add_units();
    unit.set_name("units/u0092769e4e3ce1617e3c");
    unit.set_display_name("县教育局");
    unit.set_kind(v1::Unit::DEPARTMENT);
    unit.add_superiors()->set_unit("units/u6b3f9113cf0c612babfa");
    return page;
  });
  servers_.On<v1::GetUnitRequest, v1::Unit>("DirectoryService/GetUnit", [](const auto& request) {
    EXPECT_EQ(request.name(), "units/u6b3f9113cf0c612babfa");
    v1::Unit unit;
    unit.set_name(request.name());
    unit.set_display_name("青禾县政府");
    return unit;
  });
  EXPECT_EQ(Run({"unit", "list"}), 0) << err();
  EXPECT_THAT(out(), ContainsRegex("县教育局 .*部门 .*青禾县政府"));
  EXPECT_THAT(out(), Not(HasSubstr("u6b3f9113cf0c612babfa")));
}

TEST_F(CliTest, AKindIsNamedInChineseInShort) {
  servers_.On<v1::CreateUnitRequest, v1::Unit>("DirectoryService/CreateUnit", [](const auto& request) {
    EXPECT_EQ(request.unit().kind(), v1::Unit::STREET);
    return request.unit();
  });
  EXPECT_EQ(Run({"unit", "create", "--name=达濠街道", "--kind=街道"}), 0) << err();
}

TEST_F(CliTest, SettleRefusesAnUnclearDecision) {
  const std::vector<std::vector<std::string>> wrong = {{"--finding=f-1"},
                                                       {"--accept"},
                                                       {"--finding=f-1", "--accept", "--dismiss"},
                                                       {"--finding=f-1", "--accept-all"},
                                                       {}};
  for (const auto& more : wrong) {
    std::vector<std::string> arguments = {"plan", "settle", "p1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), 2) << ::testing::PrintToString(more);
  }
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, AcceptAllTakesOnlyFindingsWithAProposal) {
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto&) { return MakePlan(); });
  v1::SettleFindingsRequest seen;
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto& request) {
    seen = request;
    v1::Plan plan = MakePlan();
    plan.mutable_findings(0)->set_settlement(v1::Finding::ACCEPTED);
    return plan;
  });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--accept-all"}), 0);
  ASSERT_EQ(seen.answers_size(), 1);
  EXPECT_EQ(seen.answers(0).finding_id(), "f-1");
  EXPECT_EQ(seen.etag(), "e1");
  EXPECT_THAT(out(), StartsWith("已采纳 1 项建议\n共 1 项任务；待核实事项 1 项，其中 0 项阻止发布\n"));
}

TEST_F(CliTest, ADraftWithoutTasksIsNotCalledReady) {
  v1::Plan plan = MakePlan();
  plan.clear_tasks();
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [&](const auto&) { return plan; });
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto&) {
    for (auto& finding : *plan.mutable_findings()) finding.set_settlement(v1::Finding::DISMISSED);
    return plan;
  });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-1", "--dismiss"}), 0);
  EXPECT_THAT(err(), HasSubstr("该草稿没有任务，不能发布"));
  EXPECT_THAT(err(), Not(HasSubstr("可以发布了")));
}

TEST_F(CliTest, ATerminalIsAskedForEachFindingAndAnswersAreStoredOneByOne) {
  terminal_ = true;
  variables_["NO_COLOR"] = "1";
  v1::Plan plan = MakePlan();
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [&](const auto&) { return plan; });
  std::vector<std::string> answers;
  using Answered = absl::StatusOr<v1::Plan>;
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto& request) -> Answered {
    EXPECT_EQ(request.etag(), plan.etag());
    if (request.answers(0).answer() == "县文体馆") return NotFound("县文体馆");
    for (const auto& answer : request.answers()) {
      answers.push_back(answer.finding_id() + "=" + v1::Finding::Settlement_Name(answer.settlement()) +
                        answer.answer() + (answer.remember() ? "+" : ""));
      for (auto& finding : *plan.mutable_findings()) {
        if (finding.finding_id() == answer.finding_id()) finding.set_settlement(answer.settlement());
      }
    }
    plan.set_etag(plan.etag() + "+");
    return plan;
  });
  in_.str("?\na\ny\nn\n县文体馆\n\nn\n县文化馆\n\n");
  EXPECT_EQ(Run({"plan", "settle", "p1"}), 0) << err();
  EXPECT_THAT(answers, ElementsAre("f-1=ACCEPTED+", "f-2=ANSWERED县文化馆"));
  EXPECT_THAT(out(), HasSubstr("[a]采纳建议 [n]另行答复 [d]按原文（不指定单位，该单位不会收到任务） "
                               "[D]同类全部按原文（2 项） [s]跳过 [q]结束 [?]说明："));
  EXPECT_THAT(out(), HasSubstr("采纳：改为“县教育局”。")) << "the question mark explains";
  EXPECT_THAT(out(), HasSubstr("今后的计划里，“县教局”也都读作“县教育局”吗？[y/N] "));
  EXPECT_THAT(
      out(),
      HasSubstr("f-1  UNKNOWN_UNIT  第1项  阻止发布\n  单位名录里没有“县教局”\n  任务：梳理本单位主动公开目录。\n"));
  EXPECT_THAT(out(), HasSubstr("请填写单位全称，几个单位用、分开："));
  EXPECT_THAT(err(), HasSubstr("错误：“县文体馆”不存在"));
  EXPECT_THAT(err(), HasSubstr("可以发布了：duban plan publish p1 --issuer=单位"));
}

TEST_F(CliTest, ParseReadsADocumentWithoutAServerAndFindingsAreNoError) {
  const std::string file = SourceFolder() + "/deploy/samples/district.txt";
  EXPECT_EQ(Run({"plan", "parse", file, "--format=json"}), 0) << err();
  const std::string from_file = out();
  v1::Plan plan;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(from_file, &plan).ok()) << from_file;
  EXPECT_EQ(plan.year(), 2026);
  EXPECT_GT(plan.tasks_size(), 5);
  EXPECT_GT(plan.findings_size(), 0);
  EXPECT_THAT(from_file, HasSubstr("\"collective\""));
  std::ifstream bytes(file, std::ios::binary);
  in_ << bytes.rdbuf();
  EXPECT_EQ(Run({"plan", "parse", "-", "--name=district.txt", "--format=json"}), 0);
  EXPECT_EQ(out(), from_file);
  EXPECT_EQ(Run({"plan", "parse", file}), 0);
  EXPECT_THAT(out(), HasSubstr("一、把服务窗口办到家门口\n"));
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, ThePrintedTableHasThePrintedWordsAndFitsTheWidth) {
  const std::string file = SourceFolder() + "/deploy/samples/district.txt";
  EXPECT_EQ(Run({"plan", "parse", file, "--printed", "--width=300"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("区民政局、区残联"));
  EXPECT_THAT(out(), Not(HasSubstr("待核实事项")));
  EXPECT_EQ(Run({"plan", "parse", file, "--printed", "--width=80"}), 0);
  for (const std::string& line : Wrap(out(), 0)) EXPECT_LE(DisplayWidth(line), 80u) << line;
}

TEST_F(CliTest, ParseRefusesWhatIsNoDocument) {
  in_.str(
      std::string("\x7f"
                  "ELF\0\0\0\1",
                  8));
  EXPECT_EQ(Run({"plan", "parse", "-"}), 1);
  EXPECT_THAT(err(), HasSubstr("UNREADABLE_DOCUMENT"));
  EXPECT_EQ(out(), "");
}

TEST_F(CliTest, UpdateTaskSendsOnlyWhatWasGiven) {
  v1::UpdateTaskRequest seen;
  servers_.On<v1::UpdateTaskRequest, v1::Plan>("PlanService/UpdateTask", [&](const auto& request) {
    seen = request;
    return MakePlan();
  });
  EXPECT_EQ(
      Run({"plan", "update-task", "p1", "body-1", "--lead=县教育局", "--cooperate=县文化馆", "--deadline=quarterly"}),
      0);
  EXPECT_EQ(seen.task().name(), "plans/p1/tasks/body-1");
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("deadline", "responsibilities"));
  EXPECT_EQ(seen.task().deadline().kind(), v1::Deadline::PERIODIC);
  EXPECT_EQ(seen.task().deadline().frequency(), v1::Deadline::QUARTERLY);
  ASSERT_EQ(seen.task().responsibilities_size(), 2);
  EXPECT_EQ(seen.task().responsibilities(1).role(), v1::Responsibility::COOPERATE);
  EXPECT_EQ(Run({"plan", "update-task", "p1", "body-1", "--remark="}), 0);
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("remark"));
  EXPECT_EQ(Run({"plan", "update-task", "p1", "body-1"}), 2);
  EXPECT_EQ(Run({"plan", "update-task", "p1", "body-1", "--deadline=soon"}), 2);
}

TEST_F(CliTest, AlignTakesTheBestProposalOfEachTask) {
  servers_.On<v1::ProposeAlignmentsRequest, v1::ProposeAlignmentsResponse>(
      "PlanService/ProposeAlignments", [](const auto&) {
        v1::ProposeAlignmentsResponse response;
        const auto add = [&](const std::string& task, const std::string& upstream, double score) {
          auto* alignment = response.add_alignments();
          alignment->set_task("plans/p1/tasks/" + task);
          alignment->set_upstream_task("plans/u/tasks/" + upstream);
          alignment->set_score(score);
        };
        add("t1", "a", 0.7);
        add("t1", "b", 0.9);
        add("t2", "c", 0.5);
        return response;
      });
  v1::AlignTasksRequest seen;
  servers_.On<v1::AlignTasksRequest, v1::Plan>("PlanService/AlignTasks", [&](const auto& request) {
    seen = request;
    return v1::Plan();
  });
  EXPECT_EQ(Run({"plan", "align", "p1", "--accept-all"}), 0);
  EXPECT_EQ(out(), "t1 承接 plans/u/tasks/b\n未采纳：t2（0.50 < 0.6）；是的话用 --task 和 --upstream 确认\n");
  ASSERT_EQ(seen.alignments_size(), 1);
  EXPECT_EQ(Run({"plan", "align", "p1", "--accept-all", "--min-score=0.95"}), 5);
  EXPECT_EQ(Run({"plan", "align", "p1", "--task=t2", "--upstream=plans/u/tasks/c", "--upstream=plans/u/tasks/d"}), 0);
  EXPECT_THAT(seen.alignments(0).upstream_tasks(), ElementsAre("plans/u/tasks/c", "plans/u/tasks/d"));
  EXPECT_EQ(Run({"plan", "align", "p1", "--task=t2"}), 2);
}

// --- Units --------------------------------------------------------------------------------------------------------

TEST_F(CliTest, ChineseUnitNamesAreResolvedAndResourceNamesAreNot) {
  servers_.On<v1::ResolveUnitRequest, v1::ResolveUnitResponse>("DirectoryService/ResolveUnit", [](const auto& request) {
    v1::ResolveUnitResponse response;
    if (request.text() == "县教育局") response.set_match("units/jiaoyu");
    if (request.text() == "各镇") response.set_match("groups/zhen");
    if (request.text() == "县教局") response.add_nearest("县教育局");
    return response;
  });
  std::string unit;
  servers_.On<v1::GetUnitRequest, v1::Unit>("DirectoryService/GetUnit", [&](const auto& request) {
    unit = request.name();
    return v1::Unit();
  });
  EXPECT_EQ(Run({"unit", "show", "县教育局"}), 0);
  EXPECT_EQ(unit, "units/jiaoyu");
  servers_.calls.clear();
  EXPECT_EQ(Run({"unit", "show", "units/x"}), 0);
  EXPECT_EQ(Run({"unit", "show", "x"}), 0);
  EXPECT_EQ(unit, "units/x");
  EXPECT_THAT(servers_.calls, ElementsAre("DirectoryService/GetUnit", "DirectoryService/GetUnit"));
  EXPECT_EQ(Run({"unit", "show", "县教局"}), 5);
  EXPECT_EQ(err(), "错误：单位名录里没有“县教局”，相近的有：县教育局\n");
  EXPECT_EQ(Run({"unit", "show", "各镇"}), 2);
  EXPECT_THAT(err(), StartsWith("错误：“各镇”在单位名录里是 groups/zhen"));
}

TEST_F(CliTest, AGroupSelectsKindsUnderASuperior) {
  v1::CreateUnitGroupRequest seen;
  servers_.On<v1::CreateUnitGroupRequest, v1::UnitGroup>("DirectoryService/CreateUnitGroup", [&](const auto& request) {
    seen = request;
    return v1::UnitGroup();
  });
  EXPECT_EQ(Run({"unit", "group", "create", "--name=县直各单位", "--select=units/xian:department,事业单位、企业"}), 0)
      << err();
  ASSERT_EQ(seen.group().selections_size(), 1);
  EXPECT_THAT(seen.group().selections(0).kinds(), ElementsAre(v1::Unit::DEPARTMENT, v1::Unit::INSTITUTION));
  EXPECT_EQ(Run({"unit", "group", "create", "--name=x", "--select=units/xian"}), 2);
}

TEST_F(CliTest, ADirectoryIsProposedFromPlansWithoutAServer) {
  const std::string file = SourceFolder() + "/deploy/samples/district.txt";
  EXPECT_EQ(Run({"unit", "propose", file, "--issuer=临湖区政府", "--host=区市场监督管理局=department"}), 0) << err();
  EXPECT_THAT(out(), StartsWith("名称,类别,上级,节点,按类别\n临湖区政府,政府,,,\n"));
  EXPECT_THAT(out(), HasSubstr("区市场监督管理局,部门,临湖区政府,department,\n"));
  EXPECT_THAT(out(), HasSubstr("各街道,集合,,,临湖区政府:街道\n"));
  EXPECT_EQ(Run({"unit", "propose", file, "--format=json"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"content\""));
  EXPECT_EQ(Run({"unit", "propose", file, "--host=没有等号"}), 2);
}

TEST_F(CliTest, CalendarsAreSentYearByYear) {
  std::vector<std::string> ids;
  std::vector<int> years;
  servers_.On<v1::UpdateCalendarRequest, v1::Calendar>("DirectoryService/UpdateCalendar", [&](const auto& request) {
    ids.push_back(request.request_id());
    years.push_back(request.calendar().year());
    return request.calendar();
  });
  in_.str("date,kind,name\n2031-01-01,off,元旦\n2032-01-01,off,元旦\n2032-01-03,work,元旦\n");
  EXPECT_EQ(Run({"calendar", "import", "-", "--request-id=cal"}), 0) << err();
  EXPECT_THAT(years, ElementsAre(2031, 2032));
  EXPECT_NE(ids[0], ids[1]);
  in_.clear();
  in_.str("date,kind,name\n2031-13-01,off,元旦\n");
  EXPECT_EQ(Run({"calendar", "import", "-"}), 1);
  EXPECT_THAT(err(), HasSubstr("2"));
}

// --- Reminders, nodes, completion ---------------------------------------------------------------------------------

TEST_F(CliTest, APolicyIsChangedFieldByField) {
  v1::UpdateReminderPolicyRequest seen;
  servers_.On<v1::UpdateReminderPolicyRequest, v1::ReminderPolicy>("NotificationService/UpdateReminderPolicy",
                                                                   [&](const auto& request) {
                                                                     seen = request;
                                                                     return request.policy();
                                                                   });
  EXPECT_EQ(Run({"reminder", "policy", "update", "--before-due=5,1", "--no-on-due", "--time=08:30", "--overdue="}), 0)
      << err();
  EXPECT_EQ(seen.policy().name(), "policies/default");
  EXPECT_THAT(seen.policy().before_due_working_days(), ElementsAre(5, 1));
  EXPECT_EQ(seen.policy().minute_of_day(), 510);
  EXPECT_THAT(seen.update_mask().paths(),
              ElementsAre("before_due_working_days", "overdue_working_days", "minute_of_day", "on_due"));
  EXPECT_EQ(Run({"reminder", "policy", "update", "--time=25:00"}), 2);
}

TEST_F(CliTest, TheDoctorMindsAMissingBackupOnceThereIsSomethingToLose) {
  int64_t changes = 0;
  bool has_folder = false;
  servers_.On<v1::GetNodeStatusRequest, v1::NodeStatus>("NodeService/GetNodeStatus", [&](const auto&) {
    v1::NodeStatus status;
    *status.mutable_server_time() = ToProto(clock_.Now());
    status.mutable_machine()->set_disk_free_bytes(100);
    status.mutable_machine()->set_disk_bytes(100);
    status.mutable_machine()->set_makes_backups(has_folder);
    v1::NodeStatus::Store& store = *status.add_stores();
    store.set_serving(true);
    store.mutable_head()->set_sequence(changes);
    return status;
  });
  servers_.On<v1::ListUnitsRequest, v1::ListUnitsResponse>("DirectoryService/ListUnits",
                                                           [](const auto&) { return v1::ListUnitsResponse(); });
  for (const char* found : {"没有设置备份目录", "还没有备份"}) {
    changes = 1999;
    EXPECT_EQ(Run({"doctor"}), 0) << err();
    EXPECT_THAT(out(), HasSubstr(found));
    changes = 2000;
    EXPECT_EQ(Run({"doctor"}), 4);
    EXPECT_THAT(err(), HasSubstr("有 1 项有误"));
    has_folder = true;
  }
}

// What the doctor says of a status.
class DoctorTest : public CliTest {
 protected:
  DoctorTest() {
    *status_.mutable_server_time() = ToProto(clock_.Now());
    status_.mutable_machine()->set_disk_free_bytes(100);
    status_.mutable_machine()->set_disk_bytes(100);
    servers_.On<v1::GetNodeStatusRequest, v1::NodeStatus>("NodeService/GetNodeStatus",
                                                          [&](const auto&) { return status_; });
    servers_.On<v1::ListUnitsRequest, v1::ListUnitsResponse>("DirectoryService/ListUnits",
                                                             [](const auto&) { return v1::ListUnitsResponse(); });
  }
  v1::NodeStatus::Follower& AddFollower(const std::string& feed, absl::Duration silent) {
    v1::NodeStatus::Follower& follower = *status_.add_followers();
    follower.set_name("edu");
    follower.set_downstream(true);
    follower.set_feed(feed);
    follower.set_connected(silent == absl::ZeroDuration());
    *follower.mutable_seen_time() = ToProto(clock_.Now() - silent);
    return follower;
  }

  v1::NodeStatus status_;
};

TEST_F(DoctorTest, ANodeBelowThatStoppedIsTakenNoteOfSoonAndWrongAfterAMinute) {
  AddFollower("plan", absl::ZeroDuration());
  EXPECT_EQ(Run({"doctor"}), 0) << err();
  EXPECT_THAT(out(), ContainsRegex("正常 +下级节点 +1 个正常"));
  AddFollower("assignment", absl::Seconds(53));
  EXPECT_EQ(Run({"doctor"}), 0) << err();
  EXPECT_THAT(out(), ContainsRegex("注意 +下级节点 +edu"));
  EXPECT_THAT(out(), Not(ContainsRegex("正常 +下级节点")));
  *status_.mutable_followers(1)->mutable_seen_time() = ToProto(clock_.Now() - absl::Seconds(61));
  EXPECT_EQ(Run({"doctor"}), 4);
  EXPECT_THAT(out(), ContainsRegex("有误 +下级节点 +edu"));
}

TEST_F(DoctorTest, ANodeThatRunsTwiceIsNamedWithBothAddresses) {
  AddFollower("plan", absl::ZeroDuration());
  v1::NodeStatus::Follower& twice = AddFollower("assignment", absl::ZeroDuration());
  twice.set_address("ipv4:10.1.1.1:5");
  twice.set_refused_address("ipv4:10.1.1.2:6");
  *twice.mutable_refused_time() = ToProto(clock_.Now() - absl::Seconds(5));
  EXPECT_EQ(Run({"doctor", "--format=json"}), 4);
  EXPECT_THAT(out(), AllOf(HasSubstr("10.1.1.1:5"), HasSubstr("10.1.1.2:6"), HasSubstr("停用其中一个")));
}

TEST_F(DoctorTest, AHopThatFailsComesWithWhatMendsIt) {
  v1::NodeStatus::Hop& hop = *status_.add_hops();
  for (const auto& [error, advice] : std::vector<std::pair<std::string, std::string>>{
           {"last error: SSL routines::certificate verify failed", "duban keys issue"},
           {"`spiffe://duban.internal/node/city` answers there, and not the node citx", "改正 --upstream"},
           {"failed to connect to all addresses", "核对地址"}}) {
    hop.set_error(error);
    hop.set_error_zh(error);
    EXPECT_EQ(Run({"doctor", "--format=json"}), 4);
    EXPECT_THAT(out(), HasSubstr(advice)) << error;
  }
}

TEST_F(DoctorTest, WhereAHopFailsTheStatusSendsToTheDoctorAndNotToTryAgain) {
  AddFollower("plan", absl::Minutes(2));
  EXPECT_EQ(Run({"node", "status"}), 3);
  EXPECT_THAT(err(), AllOf(HasSubstr("duban doctor"), Not(HasSubstr("稍后重试"))));
}

TEST_F(CliTest, NodeStatusAsksEachServerOnceAndSaysWhatDoesNotServe) {
  servers_.On<v1::GetNodeStatusRequest, v1::NodeStatus>("NodeService/GetNodeStatus", [](const auto&) {
    v1::NodeStatus status;
    status.set_node("xian");
    auto* store = status.add_stores();
    store->set_service("plan");
    store->set_failure("disk full");
    auto* hop = status.add_hops();
    hop->set_name("city_plan");
    hop->set_direction(v1::NodeStatus::Hop::FETCH);
    hop->set_connected(true);
    hop->set_at_head(true);
    hop->mutable_position()->set_hash(std::string("\xab\x11\x63\x0c", 4));
    auto* taken_in = status.add_hops();
    taken_in->set_name("offered_by_east");
    taken_in->set_direction(v1::NodeStatus::Hop::TAKE_IN);
    taken_in->mutable_position()->set_sequence(74);
    auto* refused = status.add_hops();
    refused->set_name("city_assignment");
    refused->set_error("another process");
    refused->set_error_zh("另一进程");
    status.mutable_server_time()->set_seconds(1000);
    for (const char* name : {"east", "west", "north"}) {
      auto* follower = status.add_followers();
      follower->set_name(name);
      follower->set_downstream(true);
      follower->set_feed("plan");
      follower->set_connected(true);
    }
    status.mutable_followers(1)->set_behind(7);
    status.mutable_followers(2)->set_refused_instance("i-2");
    status.mutable_followers(2)->set_refused_address("ipv4:10.1.1.1:5");
    status.mutable_followers(2)->mutable_refused_time()->set_seconds(990);
    return status;
  });
  EXPECT_EQ(Run({"node", "status"}), 3);
  EXPECT_EQ(servers_.calls.size(), 1u);
  EXPECT_THAT(err(), HasSubstr("以下同步不正常：city_assignment, north，原因见上表"));
  EXPECT_THAT(out(), HasSubstr("plan  停止服务：disk full  第 0 条     0\n"));
  EXPECT_THAT(out(), Not(HasSubstr("ab11630c"))) << "hashes are for programs";
  EXPECT_THAT(out(), ContainsRegex("offered_by_east +收取 +已收取 +第 74 条"));
  EXPECT_THAT(out(), HasSubstr("已同步"));
  EXPECT_THAT(out(), HasSubstr("另一进程"));
  EXPECT_THAT(out(), HasSubstr("east      plan    已同步"));
  EXPECT_THAT(out(), HasSubstr("west      plan    落后7"));
  EXPECT_THAT(out(), HasSubstr("north     plan    另有进程冒用：i-2 ipv4:10.1.1.1:5"));
  EXPECT_EQ(Run({"node", "status", "--assignment-server=other:1"}), 3);
  EXPECT_EQ(servers_.calls.size(), 3u);
}

// The answer of every process is told, whatever another one says.
TEST_F(CliTest, EachProcessSaysWhatItLogsFromNowOn) {
  int calls = 0;
  servers_.On<v1::SetLogLevelRequest, v1::SetLogLevelResponse>(
      "NodeService/SetLogLevel", [&](const auto& request) -> absl::StatusOr<v1::SetLogLevelResponse> {
        if (++calls == 2) return absl::UnavailableError("down");
        v1::SetLogLevelResponse response;
        response.set_level(request.level());
        return response;
      });
  const std::vector<std::string> apart = {
      "--plan-server=p:1", "--assignment-server=a:1", "--notification-server=n:1", "node", "log-level", "debug"};
  EXPECT_EQ(Run(apart), 3);
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(out(), HasSubstr("日志级别（plan）：调试，到重启为止"));
  EXPECT_THAT(out(), HasSubstr("日志级别（notification）：调试"));
  EXPECT_THAT(out(), HasSubstr("assignment：连不上服务器 a:1"));
  calls = 3;
  EXPECT_EQ(Run({"node", "log-level", "debug"}), 0) << err();
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(out(), "日志级别（plan, assignment, notification）：调试，到重启为止\n");
  EXPECT_EQ(Run({"--plan-server=p:1", "node", "log-level", "info", "--format=json"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(R"({"services":["plan"],"answer":{"level":"LOG_LEVEL_INFO")"));
  EXPECT_THAT(out(), HasSubstr(R"({"services":["assignment","notification"],"answer":)"));
}

v1::Backup BackupOf(const std::string& folder, const std::vector<std::string>& services) {
  v1::Backup backup;
  backup.set_folder(folder);
  for (const std::string& service : services) {
    auto* store = backup.add_stores();
    store->set_service(service);
    store->mutable_head()->set_sequence(42);
    store->set_size_bytes(2048);
  }
  return backup;
}

v1::Job JobOf(v1::Job::Kind kind, v1::Job::State state) {
  v1::Job job;
  job.set_name("jobs/j-1");
  job.set_kind(kind);
  job.set_state(state);
  return job;
}

v1::Job DoneBackup(v1::Backup backup) {
  v1::Job job = JobOf(v1::Job::BACKUP, v1::Job::DONE);
  *job.mutable_backup() = std::move(backup);
  return job;
}

TEST_F(CliTest, BackupAsksEachServerOnceFollowersFirstAndSaysWhatIsMissing) {
  std::vector<std::string> ids;
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup", [&](const v1::StartBackupRequest& request) {
    ids.push_back(request.request_id());
    const bool first = servers_.asked.back() == "a:1";
    return DoneBackup(BackupOf(StrCat("city-", servers_.asked.back()), {first ? "assignment" : "plan"}));
  });
  EXPECT_EQ(Run({"--plan-server=p:1", "--assignment-server=a:1", "--notification-server=a:1", "node", "backup",
                 "--request-id=once"}),
            0);
  EXPECT_THAT(servers_.asked, ElementsAre("a:1", "p:1"));
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_THAT(out(), HasSubstr("city-a:1"));
  EXPECT_THAT(out(), HasSubstr("2.0 KiB"));
  EXPECT_THAT(err(), HasSubstr("没有备份到的服务：notification"));
  // Repeated with its id, every server is asked with the same one.
  const std::vector<std::string> before = ids;
  ids.clear();
  EXPECT_EQ(Run({"--plan-server=p:1", "--assignment-server=a:1", "--notification-server=a:1", "node", "backup",
                 "--request-id=once", "--lang=en"}),
            0);
  EXPECT_EQ(ids, before);
  EXPECT_THAT(err(), HasSubstr("not backed up: notification"));
}

TEST_F(CliTest, BackupShowsWhatWasMadeBeforeItFailed) {
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup",
                                               [&](const v1::StartBackupRequest&) -> absl::StatusOr<v1::Job> {
                                                 if (servers_.asked.back() == "p:1")
                                                   return Error(v1::WRONG_STATE, "no --backup-dir", "未设置备份目录");
                                                 return DoneBackup(BackupOf("city-assignment-1", {"assignment"}));
                                               });
  EXPECT_EQ(Run({"--plan-server=p:1", "--assignment-server=a:1", "--notification-server=a:1", "node", "backup"}), 4);
  EXPECT_THAT(out(), HasSubstr("city-assignment-1"));
  EXPECT_THAT(err(), HasSubstr("未设置备份目录"));
}

TEST_F(CliTest, BackupFollowsItsJobWithABarWhereAPersonWatches) {
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup",
                                               [](const auto&) { return JobOf(v1::Job::BACKUP, v1::Job::RUNNING); });
  int looks = 0;
  servers_.On<v1::GetJobRequest, v1::Job>("NodeService/GetJob", [&](const v1::GetJobRequest& request) {
    EXPECT_EQ(request.name(), "jobs/j-1");
    EXPECT_GT(request.wait().seconds(), 0) << "the server waits, not the CLI";
    if (++looks == 3) return DoneBackup(BackupOf("city-1", {"plan"}));
    v1::Job job = JobOf(v1::Job::BACKUP, v1::Job::RUNNING);
    job.mutable_progress()->set_done(50 * looks);
    job.mutable_progress()->set_total(200);
    job.mutable_progress()->set_unit(v1::Job::Progress::ROWS);
    job.mutable_progress()->set_subject("plan");
    return job;
  });
  watched_ = true;
  EXPECT_EQ(Run({"node", "backup"}), 0);
  EXPECT_THAT(err(), HasSubstr("备份 [██████░░░░░░░░░░░░░░░░░░]  25% 50/200 行 plan"));
  EXPECT_THAT(err(), HasSubstr("]  50% 100/200 行 plan"));
  EXPECT_THAT(out(), HasSubstr("city-1"));
  EXPECT_THAT(out(), Not(HasSubstr("%")));
  looks = 0;
  watched_ = false;
  EXPECT_EQ(Run({"node", "backup", "--format=json"}), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(CliTest, DetachBeginsAndSaysHowToFindTheJobAgain) {
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup",
                                               [](const auto&) { return JobOf(v1::Job::BACKUP, v1::Job::RUNNING); });
  servers_.On<v1::StartVerificationRequest, v1::Job>(
      "NodeService/StartVerification", [](const auto&) { return JobOf(v1::Job::VERIFICATION, v1::Job::RUNNING); });
  for (const char* what : {"backup", "verify"}) {
    EXPECT_EQ(Run({"node", what, "--detach"}), 0);
    EXPECT_THAT(out(), HasSubstr("jobs/j-1"));
    EXPECT_THAT(err(), HasSubstr("duban node follow jobs/j-1"));
    EXPECT_EQ(Run({"node", what, "--detach", "--format=json"}), 0);
    EXPECT_THAT(out(), HasSubstr(R"("name":"jobs/j-1")"));
  }
  EXPECT_EQ(Run({"--plan-server=p:1", "--assignment-server=a:1", "node", "backup", "--detach"}), 2);
  EXPECT_THAT(err(), HasSubstr("--detach"));
}

TEST_F(CliTest, WhoLeavesIsToldHowToFindTheJobAgain) {
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup",
                                               [](const auto&) { return JobOf(v1::Job::BACKUP, v1::Job::RUNNING); });
  servers_.On<v1::GetJobRequest, v1::Job>("NodeService/GetJob", [&](const auto&) {
    leaves_ = true;
    return JobOf(v1::Job::BACKUP, v1::Job::RUNNING);
  });
  EXPECT_EQ(Run({"node", "backup"}), 3);
  EXPECT_THAT(err(), HasSubstr("duban node follow jobs/j-1"));
  EXPECT_THAT(err(), HasSubstr("duban node cancel jobs/j-1"));
}

TEST_F(CliTest, HowAJobEndedDecidesTheExitCode) {
  v1::Job job = JobOf(v1::Job::BACKUP, v1::Job::FAILED);
  servers_.On<v1::StartBackupRequest, v1::Job>("NodeService/StartBackup", [&](const auto&) { return job; });
  job.mutable_error()->set_reason("INVARIANT_BROKEN");
  job.mutable_error()->set_message("the disk is gone");
  job.mutable_error()->set_message_zh("磁盘不见了");
  EXPECT_EQ(Run({"node", "backup"}), 7);
  EXPECT_THAT(err(), HasSubstr("磁盘不见了"));
  job = JobOf(v1::Job::BACKUP, v1::Job::CANCELLED);
  EXPECT_EQ(Run({"node", "backup"}), 4);
  EXPECT_THAT(err(), HasSubstr("已被取消"));
  job = JobOf(v1::Job::BACKUP, v1::Job::INTERRUPTED);
  EXPECT_EQ(Run({"node", "backup"}), 3);
  EXPECT_THAT(err(), HasSubstr("中断"));
}

TEST_F(CliTest, JobsAreListedFollowedAndCancelledWhicheverServerHasThem) {
  servers_.On<v1::ListJobsRequest, v1::ListJobsResponse>("NodeService/ListJobs", [&](const auto&) {
    v1::ListJobsResponse list;
    if (servers_.asked.back() == "p:1") *list.add_jobs() = JobOf(v1::Job::VERIFICATION, v1::Job::RUNNING);
    return list;
  });
  servers_.On<v1::GetJobRequest, v1::Job>("NodeService/GetJob", [&](const auto&) -> absl::StatusOr<v1::Job> {
    if (servers_.asked.back() != "p:1") return NotFound("jobs/j-1");
    v1::Job job = JobOf(v1::Job::VERIFICATION, v1::Job::DONE);
    job.mutable_verification()->add_checks()->set_result(v1::NodeCheck::BAD);
    return job;
  });
  servers_.On<v1::CancelJobRequest, v1::Job>("NodeService/CancelJob", [&](const v1::CancelJobRequest& request) {
    EXPECT_EQ(request.name(), "jobs/j-1");
    EXPECT_EQ(servers_.asked.back(), "p:1");
    return JobOf(v1::Job::VERIFICATION, v1::Job::RUNNING);
  });
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--plan-server=p:1", "--assignment-server=a:1", "--notification-server=a:1"});
    return Run(arguments);
  };
  EXPECT_EQ(run({"node", "jobs"}), 0);
  EXPECT_THAT(out(), HasSubstr("jobs/j-1"));
  EXPECT_THAT(out(), HasSubstr("核对"));
  EXPECT_THAT(out(), HasSubstr("进行中"));
  EXPECT_EQ(run({"node", "follow", "j-1"}), 7) << "its verdict, as if it had been followed from the beginning";
  EXPECT_EQ(run({"node", "cancel", "jobs/j-1"}), 0);
  EXPECT_THAT(out(), HasSubstr("正在停止"));
}

TEST_F(CliTest, BackupsListsThemAsATableAndAsJson) {
  servers_.On<v1::ListBackupsRequest, v1::ListBackupsResponse>(
      "NodeService/ListBackups", [&](const v1::ListBackupsRequest&) {
        v1::ListBackupsResponse list;
        *list.add_backups() = BackupOf("city-2", {"notification", "assignment", "plan"});
        return list;
      });
  EXPECT_EQ(Run({"node", "backups"}), 0);
  EXPECT_THAT(servers_.asked, ElementsAre("127.0.0.1:7100"));
  EXPECT_THAT(out(), HasSubstr("city-2"));
  EXPECT_EQ(Run({"node", "backups", "--format=json"}), 0);
  EXPECT_THAT(out(), HasSubstr(R"("folder":"city-2")"));
}

TEST_F(CliTest, RestoreTalksToNoServerAndNamesWhatIsWrong) {
  EXPECT_EQ(Run({"node", "restore", "--backup=/nowhere/b1", "--data-dir=/nowhere/data"}), 5);
  EXPECT_THAT(err(), HasSubstr("/nowhere/b1 不是备份"));
  EXPECT_EQ(Run({"node", "restore", "--data-dir=/nowhere/data"}), 2);
  EXPECT_THAT(err(), HasSubstr("--backup"));
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(CliTest, VerifyEndsWithWhatItFound) {
  v1::NodeCheck::Result result = v1::NodeCheck::GOOD;
  servers_.On<v1::StartVerificationRequest, v1::Job>("NodeService/StartVerification", [&](const auto&) {
    v1::Job job = JobOf(v1::Job::VERIFICATION, v1::Job::DONE);
    auto* check = job.mutable_verification()->add_checks();
    check->set_service("plan");
    check->set_what(v1::NodeCheck::NEIGHBOUR);
    check->set_hop("city_plan");
    check->set_result(result);
    if (result == v1::NodeCheck::BAD) {
      check->set_finding("2 entities are other here");
      check->set_source_digest(0x1122334455667788);
      check->add_entities("units/u1");
    }
    return job;
  });
  EXPECT_EQ(Run({"node", "verify"}), 0);
  EXPECT_THAT(out(), HasSubstr("与来源比对"));
  EXPECT_THAT(out(), HasSubstr("一致"));
  result = v1::NodeCheck::BAD;
  EXPECT_EQ(Run({"node", "verify", "--lang=en"}), 7);
  EXPECT_THAT(out(), HasSubstr("11223344 ≠ 00000000"));
  EXPECT_THAT(out(), HasSubstr("units/u1"));
  EXPECT_THAT(err(), HasSubstr("1 of 1 checks found something wrong"));
  result = v1::NodeCheck::UNKNOWN;
  EXPECT_EQ(Run({"node", "verify"}), 3);
  EXPECT_THAT(out(), HasSubstr("未能核对"));
  EXPECT_EQ(Run({"node", "verify", "--data-dir=/nowhere"}), 5);
}

TEST_F(CliTest, NodeRebuildSaysWhoIsMissingAndWhatIsLost) {
  const duban::testing::TempFolder folder;
  const std::vector<std::string> base = {"node", "rebuild", "--node=district", "--data-dir=" + folder.path() + "/data"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return more;
  };
  EXPECT_EQ(Run(base), 2);
  EXPECT_THAT(err(), HasSubstr("--upstream"));
  EXPECT_EQ(Run(with({"--upstream=nothing"})), 2);
  EXPECT_THAT(err(), HasSubstr("--upstream=nothing"));
  const std::vector<std::string> all = {"--upstream=city=127.0.0.1:1", "--downstream=bureau=127.0.0.1:2"};
  silent_neighbour_ = "127.0.0.1:2";
  EXPECT_EQ(Run(with(all)), 3);
  EXPECT_THAT(out(), HasSubstr("尚未取完“bureau”"));
  EXPECT_THAT(err(), HasSubstr("--without"));
  silent_neighbour_.clear();
  EXPECT_EQ(Run(with(all)), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("没有取回任何内容"), HasSubstr("未发布的计划草稿"), HasSubstr("提醒规则")));
  EXPECT_THAT(err(), HasSubstr("可以启动"));
  EXPECT_EQ(Run(with(all)), 4);
}

TEST_F(CliTest, NodeRebuildGivesUpANeighbourByNameAndPrintsJson) {
  const duban::testing::TempFolder folder;
  silent_neighbour_ = "127.0.0.1:2";
  EXPECT_EQ(Run({"--format=json", "node", "rebuild", "--node=district", "--data-dir=" + folder.path(),
                 "--upstream=city=127.0.0.1:1", "--downstream=bureau=127.0.0.1:2", "--without=bureau"}),
            0);
  v1::RebuildReport report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(out(), &report).ok()) << out();
  EXPECT_TRUE(report.finished());
  EXPECT_EQ(report.stores_size(), 3);
  EXPECT_EQ(report.stores(0).state(), v1::RebuildReport::EMPTY);
  EXPECT_TRUE(report.neighbours(0).given_up()) << report.ShortDebugString();
  EXPECT_GT(report.lost_size(), 5);
}

TEST_F(CliTest, CompletionKnowsEveryCommandAndTheValuesOfOptions) {
  EXPECT_EQ(Run({"completion", "bash"}), 0);
  EXPECT_THAT(out(), HasSubstr("'duban unit group expand'"));
  EXPECT_THAT(out(), HasSubstr("'duban assignment list --state') mapfile -t COMPREPLY < <(compgen -W 'issued received "
                               "in-progress under-review done declined cancelled'"));
  EXPECT_EQ(Run({"completion", "zsh"}), 0);
  EXPECT_THAT(out(), StartsWith("#compdef duban\n"));
  EXPECT_THAT(out(), HasSubstr("'settle:处理待核实事项"));
  EXPECT_EQ(Run({"completion", "fish"}), 2);
}

}  // namespace
}  // namespace duban::cli
