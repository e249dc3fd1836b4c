#include "common/words/words.h"

#include <map>

#include "absl/time/time.h"
#include "common/access/decision.h"
#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban {
namespace {

const Phrase kUnknown = {"?", "?"};

}  // namespace

Phrase WordOf(v1::Assignment::State state) {
  switch (state) {
    case v1::Assignment::ISSUED:
      return {"待签收", "issued"};
    case v1::Assignment::RECEIVED:
      return {"已签收", "received"};
    case v1::Assignment::IN_PROGRESS:
      return {"进行中", "in progress"};
    case v1::Assignment::UNDER_REVIEW:
      return {"待审核", "under review"};
    case v1::Assignment::DONE:
      return {"办结", "done"};
    case v1::Assignment::DECLINED:
      return {"退办待裁定", "declined"};
    case v1::Assignment::CANCELLED:
      return {"已撤销", "cancelled"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Assignment::Light light) {
  switch (light) {
    case v1::Assignment::GREEN:
      return {"绿", "green"};
    case v1::Assignment::YELLOW:
      return {"黄", "yellow"};
    case v1::Assignment::RED:
      return {"红", "red"};
    case v1::Assignment::GREY:
      return {"灰", "grey"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Deadline::Frequency frequency) {
  switch (frequency) {
    case v1::Deadline::DAILY:
      return {"每天", "daily"};
    case v1::Deadline::WEEKLY:
      return {"每周", "weekly"};
    case v1::Deadline::MONTHLY:
      return {"每月", "monthly"};
    case v1::Deadline::QUARTERLY:
      return {"每季度", "quarterly"};
    case v1::Deadline::HALF_YEARLY:
      return {"每半年", "half-yearly"};
    case v1::Deadline::YEARLY:
      return {"每年", "yearly"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Deadline::Kind kind) {
  switch (kind) {
    case v1::Deadline::BY_DATE:
      return {"限期", "by date"};
    case v1::Deadline::WHOLE_PERIOD:
      return {"全年", "whole period"};
    case v1::Deadline::STANDING:
      return {"常态化", "standing"};
    case v1::Deadline::PERIODIC:
      return {"定期", "periodic"};
    case v1::Deadline::WORKING_DAYS:
      return {"工作日内", "working days"};
    default:
      return {"未定", "none"};
  }
}

Phrase WordOf(v1::Finding::Settlement settlement) {
  switch (settlement) {
    case v1::Finding::ACCEPTED:
      return {"已采纳建议", "accepted"};
    case v1::Finding::ANSWERED:
      return {"已另行答复", "answered"};
    case v1::Finding::DISMISSED:
      return {"按原文", "dismissed"};
    default:
      return {"未处理", "open"};
  }
}

Phrase WordOf(v1::GetBoardRequest::GroupBy group_by) {
  switch (group_by) {
    case v1::GetBoardRequest::PLAN:
      return {"计划", "Plan"};
    case v1::GetBoardRequest::UNIT:
      return {"单位", "Unit"};
    case v1::GetBoardRequest::HEADING:
      return {"标题", "Heading"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Job::Kind kind) {
  switch (kind) {
    case v1::Job::BACKUP:
      return {"备份", "backup"};
    case v1::Job::VERIFICATION:
      return {"核对", "verification"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Job::State state) {
  switch (state) {
    case v1::Job::RUNNING:
      return {"进行中", "running"};
    case v1::Job::DONE:
      return {"已完成", "done"};
    case v1::Job::FAILED:
      return {"失败", "failed"};
    case v1::Job::CANCELLED:
      return {"已取消", "cancelled"};
    case v1::Job::INTERRUPTED:
      return {"中断", "interrupted"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::NodeStatus::Hop::Direction direction) {
  switch (direction) {
    case v1::NodeStatus::Hop::FETCH:
      return {"接收", "fetch"};
    case v1::NodeStatus::Hop::OFFER:
      return {"上报", "offer"};
    case v1::NodeStatus::Hop::TAKE_IN:
      return {"收取", "take in"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Plan::Stage stage) {
  switch (stage) {
    case v1::Plan::CONSULTATION:
      return {"征求意见稿", "consultation"};
    case v1::Plan::TRIAL:
      return {"试行", "trial"};
    case v1::Plan::FINAL:
      return {"正式", "final"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Plan::State state) {
  switch (state) {
    case v1::Plan::DRAFT:
      return {"草稿", "draft"};
    case v1::Plan::PUBLISHED:
      return {"已发布", "published"};
    case v1::Plan::WITHDRAWN:
      return {"已撤回", "withdrawn"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::SearchMatch::Place place) {
  switch (place) {
    case v1::SearchMatch::TITLE:
      return {"题目", "title"};
    case v1::SearchMatch::HEADING:
      return {"标题", "heading"};
    case v1::SearchMatch::TEXT:
      return {"正文", "text"};
    case v1::SearchMatch::RECORDS:
      return {"办理记录", "records"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Reminder::Reason reason) {
  switch (reason) {
    case v1::Reminder::UNSIGNED:
      return {"未签收", "unsigned"};
    case v1::Reminder::BEFORE_DUE:
      return {"临期", "before due"};
    case v1::Reminder::DUE:
      return {"到期", "due"};
    case v1::Reminder::OVERDUE:
      return {"逾期", "overdue"};
    case v1::Reminder::ESCALATION:
      return {"逾期报上级", "escalation"};
    case v1::Reminder::PERIODIC_REPORT:
      return {"定期报送", "periodic report"};
    case v1::Reminder::URGE:
      return {"催办", "urge"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Reminder::State state) {
  switch (state) {
    case v1::Reminder::SCHEDULED:
      return {"待发", "scheduled"};
    case v1::Reminder::LEASED:
      return {"投递中", "leased"};
    case v1::Reminder::CONFIRMED:
      return {"已送达", "confirmed"};
    case v1::Reminder::CANCELLED:
      return {"已取消", "cancelled"};
    case v1::Reminder::DEAD:
      return {"投递失败", "dead"};
    case v1::Reminder::MISSED:
      return {"已错过", "missed"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::ReminderDelivery::State state) {
  switch (state) {
    case v1::ReminderDelivery::WAITING:
      return {"待投", "waiting"};
    case v1::ReminderDelivery::LEASED:
      return {"投递中", "under way"};
    case v1::ReminderDelivery::SENT:
      return {"已送达", "sent"};
    case v1::ReminderDelivery::DEAD:
      return {"投递失败", "dead"};
    case v1::ReminderDelivery::CANCELLED:
      return {"无须投递", "cancelled"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Channel::Kind kind) {
  switch (kind) {
    case v1::Channel::LOG:
      return {"日志文件", "log"};
    case v1::Channel::MAIL:
      return {"邮件", "mail"};
    case v1::Channel::STANDARD:
      return {"网络回调", "webhook"};
    case v1::Channel::WECOM:
      return {"政务微信机器人", "WeCom robot"};
    case v1::Channel::DINGTALK:
      return {"钉钉机器人", "DingTalk robot"};
    case v1::Channel::FEISHU:
      return {"飞书机器人", "Feishu robot"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::LogLevel level) {
  switch (level) {
    case v1::LOG_LEVEL_DEBUG:
      return {"调试", "debug"};
    case v1::LOG_LEVEL_INFO:
      return {"一般", "info"};
    case v1::LOG_LEVEL_WARNING:
      return {"警告", "warning"};
    case v1::LOG_LEVEL_ERROR:
      return {"错误", "error"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Responsibility::Role role) {
  switch (role) {
    case v1::Responsibility::LEAD:
      return {"牵头", "lead"};
    case v1::Responsibility::RESPONSIBLE:
      return {"责任", "responsible"};
    case v1::Responsibility::COOPERATE:
      return {"配合", "cooperate"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Review::Verdict verdict) {
  switch (verdict) {
    case v1::Review::ACCEPTED:
      return {"办结", "accepted"};
    case v1::Review::RETURNED:
      return {"退回", "returned"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::TimelineEntry::Kind kind) {
  switch (kind) {
    case v1::TimelineEntry::ISSUED:
      return {"交办", "issued"};
    case v1::TimelineEntry::DELIVERED:
      return {"送达", "delivered"};
    case v1::TimelineEntry::RECEIVED:
      return {"签收", "received"};
    case v1::TimelineEntry::REPORTED:
      return {"报送进展", "reported"};
    case v1::TimelineEntry::SUBMITTED:
      return {"申请办结", "submitted"};
    case v1::TimelineEntry::ACCEPTED:
      return {"办结", "accepted"};
    case v1::TimelineEntry::RETURNED:
      return {"退回", "returned"};
    case v1::TimelineEntry::CANCELLED:
      return {"撤销", "cancelled"};
    case v1::TimelineEntry::DECLINED:
      return {"申请退办", "declined"};
    case v1::TimelineEntry::BOUND:
      return {"维持原交办", "judged binding"};
    case v1::TimelineEntry::READDRESSED:
      return {"改交", "readdressed"};
    case v1::TimelineEntry::EXTENSION_REQUESTED:
      return {"申请延期", "extension asked"};
    case v1::TimelineEntry::EXTENSION_GRANTED:
      return {"准予延期", "extension granted"};
    case v1::TimelineEntry::EXTENSION_REFUSED:
      return {"不予延期", "extension refused"};
    case v1::TimelineEntry::REPORT_RETRACTED:
      return {"撤回进展", "report taken back"};
    case v1::TimelineEntry::REPORTS_READ:
      return {"已阅", "reports read"};
    case v1::TimelineEntry::REMARKED:
      return {"批示", "remark"};
    case v1::TimelineEntry::URGED:
      return {"催办", "urged"};
    case v1::TimelineEntry::REVISED:
      return {"修订", "revised"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Unit::Kind kind) {
  switch (kind) {
    case v1::Unit::GOVERNMENT:
      return {"政府", "government"};
    case v1::Unit::DEPARTMENT:
      return {"部门", "department"};
    case v1::Unit::STREET:
      return {"街道（乡镇）", "street"};
    case v1::Unit::SECTION:
      return {"科室", "section"};
    case v1::Unit::INSTITUTION:
      return {"事业单位、企业", "institution"};
    case v1::Unit::OTHER:
      return {"其他", "other"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Grant::State state) {
  switch (state) {
    case v1::Grant::AWAITING_APPROVAL:
      return {"待核准", "awaiting approval"};
    case v1::Grant::HELD:
      return {"有效", "held"};
    case v1::Grant::REVOKED:
      return {"已撤销", "revoked"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Ruling::Decision decision) {
  switch (decision) {
    case v1::Ruling::BINDING:
      return {"维持原交办", "judged binding"};
    case v1::Ruling::READDRESSED:
      return {"改交", "readdressed"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::ExtensionAnswer::Verdict verdict) {
  switch (verdict) {
    case v1::ExtensionAnswer::GRANTED:
      return {"准予延期", "granted"};
    case v1::ExtensionAnswer::REFUSED:
      return {"不予延期", "refused"};
    default:
      return kUnknown;
  }
}

Phrase WordOf(v1::Role role) {
  const std::string_view chinese = RoleInChinese(role);
  return chinese.empty() ? kUnknown : Phrase{std::string(chinese), RoleInEnglish(role)};
}

Phrase FieldWords(const std::string& field) {
  static const auto* const words =
      new std::map<std::string, Phrase>{{"text", {"任务内容", "text"}},
                                        {"title", {"标题", "title"}},
                                        {"deadline", {"时限", "deadline"}},
                                        {"goal", {"目标", "goal"}},
                                        {"measure", {"措施", "measures"}},
                                        {"requirement", {"要求", "requirement"}},
                                        {"remark", {"备注", "remark"}},
                                        {"stages", {"阶段", "stages"}},
                                        {"headings", {"所属标题", "heading"}},
                                        {"table", {"所属表", "table"}},
                                        {"number", {"序号", "number"}},
                                        {"responsibilities", {"责任单位", "units"}},
                                        {"people", {"责任人", "people"}},
                                        {"aligned_tasks", {"承接", "alignment"}},
                                        {"role", {"承办角色", "part"}},
                                        {"addressee", {"重新交办", "asked again"}},
                                        {"issuing_unit", {"发文单位", "office"}},
                                        {"document_number", {"文号", "document number"}},
                                        {"issue_date", {"成文日期", "date"}},
                                        {"post_date", {"发布日期", "date of posting"}},
                                        {"year", {"年度", "year"}},
                                        {"stage", {"文稿性质", "stage"}},
                                        {"implements", {"落实的上级文件", "plan it carries out"}},
                                        {"plan_rules", {"统一规定", "rules"}}};
  const auto found = words->find(field);
  return found == words->end() ? Phrase{field, field} : found->second;
}

Phrase DutyChangeWords(const v1::DutyChange& change) {
  Phrase all;
  for (const std::string& field : change.fields()) {
    Phrase one = FieldWords(field);
    Phrase before;
    if (field == "deadline" && change.has_deadline_before()) before = DeadlineWords(change.deadline_before());
    if (field == "role") before = WordOf(change.role_before());
    if (!before.zh.empty()) {
      StrAppend(&one.zh, "（原为", before.zh, "）");
      StrAppend(&one.en, " (before: ", before.en, ")");
    }
    StrAppend(&all.zh, all.zh.empty() ? "" : "、", one.zh);
    StrAppend(&all.en, all.en.empty() ? "" : ", ", one.en);
  }
  return all;
}

Phrase DeadlineWords(const v1::Deadline& deadline) {
  if (!deadline.printed().empty()) {
    // The whole date is printed: nothing to add.
    const std::string& printed = deadline.printed();
    const bool plain = printed.find("年") != std::string::npos && printed.find("日") != std::string::npos;
    if (deadline.due().empty() || plain) return {printed, printed};
    return {StrCat(deadline.printed(), "（", deadline.due(), "）"),
            StrCat(deadline.printed(), " (", deadline.due(), ")")};
  }
  switch (deadline.kind()) {
    case v1::Deadline::BY_DATE:
      return {deadline.due(), deadline.due()};
    case v1::Deadline::WHOLE_PERIOD:
      return {StrCat("全年（", deadline.due(), "）"), StrCat("whole period (", deadline.due(), ")")};
    case v1::Deadline::PERIODIC: {
      const Phrase word = WordOf(deadline.frequency());
      if (deadline.times() <= 1) return word;
      return {StrCat(word.zh, deadline.times(), "次"), StrCat(word.en, " x", deadline.times())};
    }
    case v1::Deadline::WORKING_DAYS:
      return {StrCat(deadline.working_days(), "个工作日内"),
              StrCat("within ", deadline.working_days(), " working days")};
    case v1::Deadline::STANDING:
      return WordOf(deadline.kind());
    default:
      return {"—", "-"};
  }
}

std::string TimeWords(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M", FromProto(time), Shanghai());
}

}  // namespace duban
