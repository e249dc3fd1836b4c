#include "services/assignment/acts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "common/contract/agreed.h"
#include "common/contract/issue_limits.h"
#include "common/words/words.h"
#include "services/assignment/state.h"

namespace duban {
namespace {

using Assignment = v1::Assignment;

// What somebody is told, in both languages.
struct Told {
  std::string_view english;
  std::string_view chinese;
};

// What a state says to an act that it does not allow.
constexpr Told kAllowed = {};
constexpr Told kUnsigned = {"sign for it first", "该事项尚未签收，请先签收"};
constexpr Told kSigned = {"it is signed for already; go on with it", "该事项已签收，无需再签收"};
constexpr Told kInReview = {"a result is handed in; wait for the review", "已申请办结，正在审核，请等待审核结果"};
constexpr Told kClosed = {"it is done; nothing more is taken", "该事项已办结，不再受理"};
constexpr Told kDeclined = {"the unit says it is not its own; wait until it is addressed anew",
                            "该事项已退回交办单位，请等待重新交办"};
constexpr Told kCancelled = {"it is cancelled; nothing more is taken", "该事项已撤销，无需再办理"};
constexpr Told kNoResult = {"no result waits for review; wait until one is handed in",
                            "该事项没有待审核的办结申请，请等待承办单位提交"};
constexpr Told kSignAgain = {"a revision of the plan changed what it asks; sign for it again first",
                             "该事项的交办内容已修订，请先重新签收"};
constexpr Told kSignedAgainFirst = {"a revision of the plan changed what it asks; wait until the unit has signed again",
                                    "该事项的交办内容已修订，请等待承办单位重新签收"};
constexpr Told kReviewed = {"it is done; no result waits for review", "该事项已办结，无需再审核"};
constexpr Told kNotDeclined = {"the unit has not declined it; there is nothing to decide",
                               "承办单位没有申请退办，无需裁定"};
constexpr Told kDecideFirst = {"the unit declines it; decide that first", "承办单位已申请退办，请先裁定"};
constexpr Told kReviewFirst = {"a result waits for review; review it", "承办单位已申请办结，请先审核"};

absl::Status NotOwner(std::string_view name, std::string_view node, const Told& words) {
  return Error(v1::NOT_OWNER, StrCat("`", name, "` ", words.english, " node `", node, "`; call that node"),
               StrCat("“", name, "”", words.chinese, "“", node, "”节点，请到该节点办理"),
               {{"node", std::string(node)}});
}

absl::Status WrongState(const Duty& duty, Assignment::State state, const Told& words) {
  const std::string& state_name = Assignment::State_Name(state);
  return Error(v1::WRONG_STATE, StrCat("`", duty.name, "` is ", state_name, "; ", words.english),
               StrCat(words.chinese, "（", duty.name, "，当前状态：", WordOf(state).zh, "）"), {{"state", state_name}});
}

absl::Status LeaseNotHeld(std::string_view name) {
  return Error(v1::LEASE_NOT_HELD, StrCat("the lease of `", name, "` is not the latest one or has run out; pull again"),
               StrCat("“", name, "”的领取编号已过期或不是最新一次领取的，请重新领取后再签收"),
               {{"name", std::string(name)}});
}

absl::Status HasItAlready(const Duty& duty, std::string_view unit) {
  return Error(v1::RESOURCE_EXISTS, StrCat("`", unit, "` has `", duty.order->task(), "` already; name another unit"),
               StrCat("“", unit, "”已承办该任务（", duty.order->task(), "），请另选单位"),
               {{"name", std::string(unit)}});
}

// Checks that what a unit did still fits with one more entry.
absl::Status CheckRoom(std::string_view name, const v1::Execution& next) {
  const int entries =
      next.reports_size() + next.submissions_size() + next.declines_size() + next.extension_requests_size();
  const bool fits = entries <= kMaxExecutionEntries && static_cast<int64_t>(next.ByteSizeLong()) <= kMaxExecutionBytes;
  if (fits) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED,
               StrCat("`", name, "` holds as many reports and submissions as it can (", kMaxExecutionEntries, " or ",
                      kMaxExecutionBytes, " bytes); refer to a file instead"),
               StrCat("“", name, "”的进展与办结材料已达上限（", kMaxExecutionEntries, "条或", kMaxExecutionBytes,
                      "字节），请改为引用附件"),
               {{"name", std::string(name)}});
}

// Checks that one more of a kind fits.
absl::Status CheckCount(std::string_view name, int count, int most, const Told& what) {
  if (count <= most) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED, StrCat("`", name, "` has had ", most, " ", what.english, ", as many as it can"),
               StrCat("“", name, "”已有", most, what.chinese, "，达到上限"), {{"name", std::string(name)}});
}

// What something within an assignment has come to, as the `state` of an error.
absl::Status WrongPart(const Duty& duty, std::string_view state, const Told& words, ErrorMetadata more = {}) {
  more.emplace("state", state);
  return Error(v1::WRONG_STATE, StrCat("`", duty.name, "`: ", words.english),
               StrCat(words.chinese, "（", duty.name, "）"), more);
}

absl::Status NoDueDay(const Duty& duty) {
  return WrongPart(duty, "NO_DUE_DAY",
                   {"it has no due day that could be put off; only a deadline by a date has one",
                    "该事项没有确定的办理时限日期，不能延期"});
}

// Checks a day to which a due day is to be put off. Errors: INVALID_FIELD, WRONG_STATE.
absl::Status CheckPutOff(const Duty& duty, std::string_view to, absl::CivilDay today, std::string_view field) {
  const std::optional<absl::CivilDay> now = ParseDay(BindingDue(duty));
  if (duty.order->deadline().kind() != v1::Deadline::BY_DATE || !now.has_value()) return NoDueDay(duty);
  const std::optional<absl::CivilDay> day = ParseDay(to);
  const absl::CivilDay first = std::max(*now + 1, today), last = *now + kMaxExtensionDays;
  if (day.has_value() && first <= *day && *day <= last) return absl::OkStatus();
  return InvalidField(
      field, StrCat("has to be from ", FormatDay(first), " to ", FormatDay(last), "; it is due on ", FormatDay(*now)),
      StrCat("应在", FormatDay(first), "至", FormatDay(last), "之间，当前时限为", FormatDay(*now)));
}

absl::Status PeriodIsClosed(const Duty& duty, const std::string& key) {
  return Error(v1::WRONG_STATE,
               StrCat("period ", key, " of `", duty.name, "` is closed; hand in the next one when it begins"),
               StrCat("“", duty.name, "”", key, "已办结，请在下一所属期开始后再申请办结"),
               {{"state", "CLOSED"}, {"period", key}});
}

// Fills in and checks the period a submission is about.
absl::Status SettlePeriod(const Duty& duty, absl::CivilDay today, v1::Submission& submission) {
  constexpr char kField[] = "submission.period";
  const v1::Deadline& deadline = duty.order->deadline();
  if (!IsJudgedByPeriods(deadline)) {
    if (submission.period().empty()) return absl::OkStatus();
    return InvalidField(kField, "is only for standing, periodic and whole-period duties; leave it empty",
                        "只用于常态化、周期性和全年任务，请留空");
  }
  const v1::Deadline::Frequency frequency = FrequencyOf(deadline);
  const Period now = PeriodAt(frequency, today);
  if (submission.period().empty()) {
    if (frequency != v1::Deadline::YEARLY) {
      return InvalidField(kField, StrCat("is needed for a periodic duty, such as `", now.key, "`"),
                          StrCat("不能为空：周期性任务必须填写所属期，如“", now.key, "”"));
    }
    submission.set_period(now.key);
  }
  const std::optional<Period> period = ParsePeriod(frequency, submission.period());
  const absl::CivilDay issued = DayOf(FromProto(IssueTimeOf(duty)));
  if (!period.has_value() || period->first > today || (period->last < issued && period->last.year() < issued.year())) {
    return InvalidField(kField, StrCat("is no period of this duty that has begun; this one is `", now.key, "`"),
                        StrCat("不是该任务已开始的所属期，当前为“", now.key, "”"));
  }
  return PeriodClosed(duty, period->key) ? PeriodIsClosed(duty, period->key) : absl::OkStatus();
}

// The bodies. Each changes the half that Perform has made ready, version and all.

absl::Status Sign(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& sign = std::get<SignAct>(act);
  if (!sign.lease_held) return LeaseNotHeld(duty.name);
  if (acted.execution->has_receipt() && !DUBAN_BUG("assignment.earlier_receipt_lost")) {
    *acted.execution->add_earlier_receipts() = acted.execution->receipt();
  }
  v1::Receipt& receipt = *acted.execution->mutable_receipt();
  receipt.Clear();
  receipt.set_plan_revision(DutyRevisionOf(*duty.order, duty.addressee));
  receipt.set_signer(sign.who.name);
  receipt.set_agent(sign.who.agent);
  *receipt.mutable_receive_time() = ToProto(now);
  return absl::OkStatus();
}

absl::Status AddReport(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  v1::Report& report = *acted.execution->add_reports();
  const auto& given = std::get<ReportAct>(act);
  report = given.report;
  report.set_reporter(given.who.name);
  report.set_agent(given.who.agent);
  report.set_report_id(StrCat("r-", acted.execution->reports_size()));
  *report.mutable_report_time() = ToProto(now);
  return CheckRoom(duty.name, *acted.execution);
}

absl::Status AddSubmission(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& submit = std::get<SubmitAct>(act);
  v1::Submission& submission = *acted.execution->add_submissions();
  submission = submit.submission;
  submission.set_submitter(submit.who.name);
  submission.set_agent(submit.who.agent);
  DUBAN_RETURN_IF_ERROR(SettlePeriod(duty, DayOf(now), submission));
  const bool counted = DUBAN_BUG("assignment.submission_ids_counted");
  submission.set_submission_id(counted ? StrCat("s-", acted.execution->submissions_size()) : submit.id);
  *submission.mutable_submit_time() = ToProto(now);
  return CheckRoom(duty.name, *acted.execution);
}

// Who judges what they handed in themselves, by themselves or for another; empty where nobody does. Of another node's
// people nothing is known but their names, which may be those of other people.
std::string_view OwnResultOf(const Duty& duty, const ReviewAct& review, std::string_view node) {
  if (!review.known_person || duty.execution.node() != node) return {};
  const v1::Submission& submission = *duty.execution.submissions().rbegin();
  for (const std::string_view name : {std::string_view(review.who.name), std::string_view(review.who.agent)}) {
    if (!name.empty() && (name == submission.submitter() || name == submission.agent())) return name;
  }
  return {};
}

absl::Status CheckOwnResult(const Duty& duty, const ReviewAct& review, std::string_view node) {
  if (review.verdict != v1::Review::ACCEPTED || !review.comment.empty()) return absl::OkStatus();
  const std::string_view name = OwnResultOf(duty, review, node);
  if (name.empty() || DUBAN_BUG("assignment.own_result_accepted")) return absl::OkStatus();
  const std::string& submitter = duty.execution.submissions().rbegin()->submitter();
  const bool for_another = name != submitter;
  return InvalidField(
      "comment",
      StrCat("must say why ", name, ", who handed the result in", for_another ? " for " : "",
             for_another ? submitter : "", ", is the one who accepts it; or have another reviewer judge it"),
      for_another
          ? StrCat("须写明理由（记入办理经过）：办结申请由", name, "代", submitter, "提交，又由", name,
                   "审核办结；也可请其他审核人审核")
          : StrCat("须写明理由（记入办理经过）：办结申请由", name, "本人提交，又由本人审核办结；也可请其他审核人审核"));
}

absl::Status AddReview(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<ReviewAct>(act);
  if (duty.execution.submissions().rbegin()->submission_id() != given.submission_id) {
    const std::string id(given.submission_id);
    return WrongState(duty, StateOf(duty),
                      {StrCat("submission ", id, " is judged already; judge the one that waits"),
                       StrCat("办结申请", id, "已审核，请审核待审核的那次")});
  }
  DUBAN_RETURN_IF_ERROR(CheckOwnResult(duty, given, acted.oversight->node()));
  v1::Review& review = *acted.oversight->add_reviews();
  review.set_submission_id(std::string(given.submission_id));
  review.set_verdict(given.verdict);
  review.set_comment(std::string(given.comment));
  review.set_reviewer(given.who.name);
  review.set_agent(given.who.agent);
  *review.mutable_review_time() = ToProto(now);
  return absl::OkStatus();
}

absl::Status AddDecline(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<DeclineAct>(act);
  if (IsBound(duty.oversight) && !DUBAN_BUG("assignment.declined_after_all")) {
    return WrongPart(duty, "BOUND",
                     {"the issuer has decided that it is the unit's own; it cannot be declined again",
                      "交办单位已裁定由本单位承办，不能再次申请退办"});
  }
  if (DayOf(now) > given.last_day) {
    const std::string last = FormatDay(given.last_day);
    return WrongPart(duty, "LATE",
                     {StrCat("it could be declined until ", last, "; ask the issuer"),
                      StrCat("申请退办的期限为", last, "，现已超过，请与交办单位联系")},
                     {{"lastDay", last}});
  }
  v1::Decline& decline = *acted.execution->add_declines();
  decline = given.decline;
  decline.set_decline_id(StrCat("d-", acted.execution->declines_size()));
  decline.set_decliner(given.who.name);
  decline.set_agent(given.who.agent);
  *decline.mutable_decline_time() = ToProto(now);
  return CheckRoom(duty.name, *acted.execution);
}

absl::Status AddExtensionRequest(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<ExtensionAct>(act);
  const std::optional<absl::CivilDay> due = ParseDay(BindingDue(duty));
  if (duty.order->deadline().kind() != v1::Deadline::BY_DATE || !due.has_value()) return NoDueDay(duty);
  if (OpenExtension(duty.execution, duty.oversight) != nullptr) {
    return WrongPart(
        duty, "OPEN",
        {"an earlier request for an extension has no answer yet; wait for it", "已有一次延期申请尚未答复，请等待答复"});
  }
  if (DayOf(now) >= *due) {
    return WrongPart(
        duty, "PAST",
        {StrCat("its due day, ", FormatDay(*due), ", has come; an extension has to be asked for before it"),
         StrCat("办理时限", FormatDay(*due), "已到，延期应在时限日之前申请")});
  }
  DUBAN_RETURN_IF_ERROR(CheckPutOff(duty, given.extension.proposed_due(), DayOf(now), "extension.proposed_due"));
  v1::ExtensionRequest& request = *acted.execution->add_extension_requests();
  request = given.extension;
  request.set_extension_id(StrCat("x-", acted.execution->extension_requests_size()));
  request.set_requester(given.who.name);
  request.set_agent(given.who.agent);
  *request.mutable_request_time() = ToProto(now);
  DUBAN_RETURN_IF_ERROR(CheckCount(duty.name, acted.execution->extension_requests_size(), kMaxExtensionRequests,
                                   {"requests for an extension", "次延期申请"}));
  return CheckRoom(duty.name, *acted.execution);
}

// The place of the report that is meant; -1 where there is none.
int ReportMeant(const Duty& duty, std::string_view report_id) {
  const auto& reports = duty.execution.reports();
  for (int i = reports.size() - 1; i >= 0; --i) {
    if (report_id.empty() ? !IsRetracted(reports[i], duty.oversight) : reports[i].report_id() == report_id) return i;
  }
  return -1;
}

absl::Status Retract(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const int place = ReportMeant(duty, std::get<RetractAct>(act).report_id);
  v1::Report& report = *acted.execution->mutable_reports(place);
  const std::string& id = report.report_id();
  if (IsRead(duty.oversight, id) && !DUBAN_BUG("assignment.read_report_retracted")) {
    return WrongPart(duty, "READ",
                     {StrCat("the issuer has read report ", id, "; report again to correct it"),
                      StrCat("交办单位已阅进展", id, "，不能撤回，如需更正请另行报送")});
  }
  if (report.has_retract_time()) {
    return WrongPart(duty, "RETRACTED",
                     {StrCat("report ", id, " is taken back already"), StrCat("进展", id, "已撤回，无需再撤回")});
  }
  *report.mutable_retract_time() = ToProto(now);
  return absl::OkStatus();
}

// Decides about the decline that waits.
v1::Ruling& AddRuling(const Duty& duty, v1::Ruling::Decision decision, const ActingPerson& who, absl::Time now,
                      Acted& acted) {
  v1::Ruling& ruling = *acted.oversight->add_rulings();
  ruling.set_decline_id(OpenDecline(duty.execution, duty.oversight)->decline_id());
  ruling.set_decision(decision);
  ruling.set_arbiter(who.name);
  ruling.set_agent(who.agent);
  *ruling.mutable_rule_time() = ToProto(now);
  return ruling;
}

absl::Status Readdress(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<ReaddressAct>(act);
  if (given.target == ReaddressAct::Target::kNoRoom) {
    return CheckCount(duty.order->task(), kMaxAddressees + 1, kMaxAddressees, {"units", "个承办单位"});
  }
  v1::Ruling& ruling = AddRuling(duty, v1::Ruling::READDRESSED, given.who, now, acted);
  ruling.set_comment(std::string(given.comment));
  ruling.set_unit(std::string(given.unit));
  return absl::OkStatus();
}

absl::Status Bind(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<BindAct>(act);
  if (!given.due.empty()) DUBAN_RETURN_IF_ERROR(CheckPutOff(duty, given.due, DayOf(now), "due"));
  v1::Ruling& ruling = AddRuling(duty, v1::Ruling::BINDING, given.who, now, acted);
  ruling.set_comment(std::string(given.comment));
  ruling.set_due(std::string(given.due));
  if (!given.due.empty()) ruling.set_issued_due(duty.order->deadline().due());
  return absl::OkStatus();
}

// The request that is meant; null where there is none.
const v1::ExtensionRequest* RequestMeant(const Duty& duty, std::string_view extension_id) {
  if (extension_id.empty()) return OpenExtension(duty.execution, duty.oversight);
  const auto& requests = duty.execution.extension_requests();
  const auto found = std::find_if(requests.begin(), requests.end(), [&](const v1::ExtensionRequest& request) {
    return request.extension_id() == extension_id;
  });
  return found == requests.end() ? nullptr : &*found;
}

absl::Status Answer(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<AnswerAct>(act);
  const v1::ExtensionRequest& request = *RequestMeant(duty, given.extension_id);
  const v1::ExtensionRequest* open = OpenExtension(duty.execution, duty.oversight);
  if (open == nullptr || open->extension_id() != request.extension_id()) {
    return WrongPart(duty, "ANSWERED",
                     {StrCat("request ", request.extension_id(), " is answered already"),
                      StrCat("延期申请", request.extension_id(), "已答复，无需再答复")});
  }
  v1::ExtensionAnswer& answer = *acted.oversight->add_extension_answers();
  answer.set_extension_id(request.extension_id());
  answer.set_verdict(given.verdict);
  answer.set_comment(std::string(given.comment));
  answer.set_answerer(given.who.name);
  answer.set_agent(given.who.agent);
  *answer.mutable_answer_time() = ToProto(now);
  if (given.verdict != v1::ExtensionAnswer::GRANTED) return absl::OkStatus();
  answer.set_due(given.due.empty() ? request.proposed_due() : std::string(given.due));
  answer.set_issued_due(duty.order->deadline().due());
  return CheckPutOff(duty, answer.due(), DayOf(now), "due");
}

absl::Status MarkRead(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<ReadAct>(act);
  v1::ReportReading reading;
  for (const v1::Report& report : duty.execution.reports()) {
    if (IsUnread(report, duty.oversight)) reading.add_report_ids(report.report_id());
  }
  if (reading.report_ids().empty()) {
    acted.oversight.reset();
    return absl::OkStatus();
  }
  reading.set_reader(given.who.name);
  reading.set_agent(given.who.agent);
  *reading.mutable_read_time() = ToProto(now);
  *acted.oversight->add_readings() = std::move(reading);
  return absl::OkStatus();
}

absl::Status AddRemark(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<RemarkAct>(act);
  v1::Remark& remark = *acted.oversight->add_remarks();
  remark.set_text(std::string(given.text));
  remark.set_author(given.who.name);
  remark.set_agent(given.who.agent);
  *remark.mutable_remark_time() = ToProto(now);
  return CheckCount(duty.name, acted.oversight->remarks_size(), kMaxRemarks, {"remarks", "条批示"});
}

absl::Status AddUrge(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<UrgeAct>(act);
  v1::Urge& urge = *acted.oversight->add_urges();
  urge.set_text(std::string(given.text));
  urge.set_author(given.who.name);
  urge.set_agent(given.who.agent);
  *urge.mutable_urge_time() = ToProto(now);
  return CheckCount(duty.name, acted.oversight->urges_size(), kMaxUrges, {"urges", "次催办"});
}

// Whose half an act changes.
enum class Half { kExecution, kOversight };

struct Rule {
  Half half;
  // By state, from ISSUED to CANCELLED: allowed, or what it says instead.
  std::array<Told, Assignment::State_ARRAYSIZE - 1> by_state;
  absl::Status (*body)(const Duty& duty, const Act& act, absl::Time now, Acted& acted);
};

// One row for each alternative of Act, in their order. Columns: whose half; what ISSUED, RECEIVED, IN_PROGRESS,
// UNDER_REVIEW, DONE, DECLINED and CANCELLED say to it; what it does.
constexpr std::array<Rule, std::variant_size_v<Act>> kRules = {{
    {Half::kExecution, {{kAllowed, kSigned, kSigned, kSigned, kSigned, kDeclined, kCancelled}}, Sign},
    {Half::kExecution, {{kUnsigned, kAllowed, kAllowed, kInReview, kClosed, kDeclined, kCancelled}}, AddReport},
    {Half::kExecution, {{kUnsigned, kAllowed, kAllowed, kInReview, kClosed, kDeclined, kCancelled}}, AddSubmission},
    {Half::kOversight, {{kNoResult, kNoResult, kNoResult, kAllowed, kReviewed, kDecideFirst, kCancelled}}, AddReview},
    {Half::kExecution, {{kAllowed, kAllowed, kAllowed, kInReview, kClosed, kDeclined, kCancelled}}, AddDecline},
    {Half::kExecution,
     {{kUnsigned, kAllowed, kAllowed, kInReview, kClosed, kDeclined, kCancelled}},
     AddExtensionRequest},
    {Half::kExecution, {{kUnsigned, kAllowed, kAllowed, kInReview, kClosed, kDeclined, kCancelled}}, Retract},
    {Half::kOversight,
     {{kNotDeclined, kNotDeclined, kNotDeclined, kNotDeclined, kClosed, kAllowed, kCancelled}},
     Readdress},
    {Half::kOversight, {{kNotDeclined, kNotDeclined, kNotDeclined, kNotDeclined, kClosed, kAllowed, kCancelled}}, Bind},
    {Half::kOversight, {{kAllowed, kAllowed, kAllowed, kAllowed, kClosed, kDecideFirst, kCancelled}}, Answer},
    {Half::kOversight, {{kAllowed, kAllowed, kAllowed, kAllowed, kAllowed, kAllowed, kAllowed}}, MarkRead},
    {Half::kOversight, {{kAllowed, kAllowed, kAllowed, kAllowed, kAllowed, kAllowed, kCancelled}}, AddRemark},
    {Half::kOversight, {{kAllowed, kAllowed, kAllowed, kReviewFirst, kClosed, kDecideFirst, kCancelled}}, AddUrge},
}};

absl::Status CheckOwner(const Duty& duty, Half half, std::string_view node) {
  if (half == Half::kExecution) {
    const std::string& owner = duty.addressee.unit_node();
    if (owner == node || DUBAN_BUG("assignment.anyone_reports")) return absl::OkStatus();
    return NotOwner(duty.name, owner, {"is carried out at", "的承办单位在"});
  }
  const std::string& owner = duty.order->issuer_node();
  if (owner == node || DUBAN_BUG("assignment.anyone_reviews")) return absl::OkStatus();
  return NotOwner(duty.name, owner, {"was issued at", "的交办单位在"});
}

bool HasSubmission(const Duty& duty, std::string_view id) {
  const auto& submissions = duty.execution.submissions();
  return std::any_of(submissions.begin(), submissions.end(),
                     [&](const v1::Submission& submission) { return submission.submission_id() == id; });
}

// Checks that what an act names, if it names something, is there.
absl::Status CheckNamed(const Duty& duty, const Act& act) {
  const auto missing = [&](std::string_view kind, std::string_view id) {
    return NotFound(StrCat(duty.name, "/", kind, id.empty() ? "" : "/", id));
  };
  if (const auto* review = std::get_if<ReviewAct>(&act)) {
    if (!HasSubmission(duty, review->submission_id)) return missing("submissions", review->submission_id);
  } else if (const auto* retract = std::get_if<RetractAct>(&act)) {
    if (ReportMeant(duty, retract->report_id) < 0) return missing("reports", retract->report_id);
  } else if (const auto* answer = std::get_if<AnswerAct>(&act)) {
    if (RequestMeant(duty, answer->extension_id) == nullptr) return missing("extensions", answer->extension_id);
  } else if (const auto* readdress = std::get_if<ReaddressAct>(&act)) {
    if (readdress->target == ReaddressAct::Target::kUnknown) return NotFound(readdress->unit);
    if (readdress->target == ReaddressAct::Target::kHasTask) return HasItAlready(duty, readdress->unit);
  }
  return absl::OkStatus();
}

absl::Status CheckUnchanged(const Duty& duty, std::string_view etag) {
  if (etag.empty() || DUBAN_BUG("assignment.stale_etag_taken")) return absl::OkStatus();
  return CheckEtag(duty.name, etag, EtagOf(duty));
}

absl::Status CheckState(const Duty& duty, const Rule& rule) {
  const Assignment::State state = StateOf(duty);
  const Told& words = rule.by_state[static_cast<size_t>(state) - 1];
  if (words.english.empty()) return absl::OkStatus();
  const bool asked_anew = state == Assignment::ISSUED && duty.execution.has_receipt();
  if (asked_anew) return WrongState(duty, state, rule.half == Half::kExecution ? kSignAgain : kSignedAgainFirst);
  return WrongState(duty, state, words);
}

// The unit's half, as its next version. Its first act makes it; the first one after a move makes it at the new node.
v1::Execution NextExecution(const Duty& duty, std::string_view node) {
  v1::Execution next = duty.execution;
  next.set_assignment(duty.name);
  next.set_node(std::string(node));
  next.set_moves(duty.addressee.moves());
  next.set_version(duty.execution.version() + 1);
  return next;
}

// The issuer's half, as its next version.
v1::Oversight NextOversight(const Duty& duty, std::string_view node) {
  v1::Oversight next = duty.oversight;
  next.set_assignment(duty.name);
  next.set_node(std::string(node));
  next.set_version(duty.oversight.version() + 1);
  return next;
}

}  // namespace

absl::StatusOr<Acted> Perform(const Duty& duty, const Act& act, const Acting& acting) {
  const Rule& rule = kRules[act.index()];
  DUBAN_RETURN_IF_ERROR(CheckOwner(duty, rule.half, acting.node));
  DUBAN_RETURN_IF_ERROR(CheckNamed(duty, act));
  DUBAN_RETURN_IF_ERROR(CheckUnchanged(duty, acting.etag));
  DUBAN_RETURN_IF_ERROR(CheckState(duty, rule));
  Acted acted;
  if (rule.half == Half::kExecution) {
    acted.execution = NextExecution(duty, acting.node);
  } else {
    acted.oversight = NextOversight(duty, acting.node);
  }
  DUBAN_RETURN_IF_ERROR(rule.body(duty, act, acting.now, acted));
  return acted;
}

}  // namespace duban
