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

// Checks that what a unit did still fits with one more entry.
absl::Status CheckRoom(std::string_view name, const v1::Execution& next) {
  const bool fits = next.reports_size() + next.submissions_size() <= kMaxExecutionEntries &&
                    static_cast<int64_t>(next.ByteSizeLong()) <= kMaxExecutionBytes;
  if (fits) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED,
               StrCat("`", name, "` holds as many reports and submissions as it can (", kMaxExecutionEntries, " or ",
                      kMaxExecutionBytes, " bytes); refer to a file instead"),
               StrCat("“", name, "”的进展与办结材料已达上限（", kMaxExecutionEntries, "条或", kMaxExecutionBytes,
                      "字节），请改为引用附件"),
               {{"name", std::string(name)}});
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

absl::Status AddReview(const Duty& duty, const Act& act, absl::Time now, Acted& acted) {
  const auto& given = std::get<ReviewAct>(act);
  if (duty.execution.submissions().rbegin()->submission_id() != given.submission_id) {
    const std::string id(given.submission_id);
    return WrongState(duty, StateOf(duty),
                      {StrCat("submission ", id, " is judged already; judge the one that waits"),
                       StrCat("办结申请", id, "已审核，请审核待审核的那次")});
  }
  v1::Review& review = *acted.oversight->add_reviews();
  review.set_submission_id(std::string(given.submission_id));
  review.set_verdict(given.verdict);
  review.set_comment(std::string(given.comment));
  review.set_reviewer(given.who.name);
  review.set_agent(given.who.agent);
  *review.mutable_review_time() = ToProto(now);
  return absl::OkStatus();
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
    {Half::kOversight, {{kNoResult, kNoResult, kNoResult, kAllowed, kReviewed, kDeclined, kCancelled}}, AddReview},
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

// Checks that the submission an act is about, if it is about one, is there.
absl::Status CheckSubmission(const Duty& duty, const Act& act) {
  const auto* review = std::get_if<ReviewAct>(&act);
  if (review == nullptr) return absl::OkStatus();
  const auto& submissions = duty.execution.submissions();
  const bool found = std::any_of(submissions.begin(), submissions.end(), [&](const v1::Submission& submission) {
    return submission.submission_id() == review->submission_id;
  });
  return found ? absl::OkStatus() : NotFound(StrCat(duty.name, "/submissions/", review->submission_id));
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
  DUBAN_RETURN_IF_ERROR(CheckSubmission(duty, act));
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
