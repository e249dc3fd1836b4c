#include "services/notification/reminder_text.h"

#include <cstddef>
#include <string_view>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

// Columns of the task's text that are quoted; the whole text is with the order.
constexpr size_t kQuotedColumns = 120;

std::string DayZh(absl::CivilDay day) {
  static constexpr const char* kWeekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
  return StrCat(day.year(), "年", day.month(), "月", day.day(), "日（周",
                kWeekdays[static_cast<int>(absl::GetWeekday(day))], "）");
}

std::string DayEn(absl::CivilDay day) {
  static constexpr const char* kWeekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                              "Friday", "Saturday", "Sunday"};
  return StrCat(FormatDay(day), " (", kWeekdays[static_cast<int>(absl::GetWeekday(day))], ")");
}

const char* RoleZh(v1::Responsibility::Role role) {
  switch (role) {
    case v1::Responsibility::LEAD:
      return "牵头";
    case v1::Responsibility::COOPERATE:
      return "配合";
    default:
      return "负责";
  }
}

const char* RoleEn(v1::Responsibility::Role role) {
  switch (role) {
    case v1::Responsibility::LEAD:
      return "leads";
    case v1::Responsibility::COOPERATE:
      return "cooperates in";
    default:
      return "is responsible for";
  }
}

// Where the task stands: `《...》附件1第3项`.
std::string PlaceZh(const v1::Order& order) {
  std::string place = StrCat("《", order.plan_title(), "》");
  if (!order.table().empty() && order.table() != "body") StrAppend(&place, order.table());
  if (order.number() > 0) StrAppend(&place, "第", order.number(), "项");
  return place;
}

std::string PlaceEn(const v1::Order& order) {
  std::string place = StrCat("plan 《", order.plan_title(), "》");
  if (!order.table().empty() && order.table() != "body") StrAppend(&place, ", ", order.table());
  if (order.number() > 0) StrAppend(&place, ", item ", order.number());
  return place;
}

std::string PeriodZh(const v1::Deadline& deadline) {
  if (deadline.kind() == v1::Deadline::STANDING) return "常态化工作";
  const std::string times = deadline.times() > 1 ? StrCat(deadline.times(), "次") : "";
  switch (deadline.frequency()) {
    case v1::Deadline::DAILY:
      return StrCat("每日", times, "工作（按周报送）");
    case v1::Deadline::WEEKLY:
      return StrCat("每周", times, "工作");
    case v1::Deadline::MONTHLY:
      return StrCat("每月", times, "工作");
    case v1::Deadline::QUARTERLY:
      return StrCat("每季度", times, "工作");
    case v1::Deadline::HALF_YEARLY:
      return StrCat("每半年", times, "工作");
    default:
      return StrCat("每年", times, "工作");
  }
}

std::string PeriodEn(const v1::Deadline& deadline) {
  if (deadline.kind() == v1::Deadline::STANDING) return "a standing duty";
  const std::string times = deadline.times() > 1 ? StrCat(deadline.times(), " times ") : "";
  switch (deadline.frequency()) {
    case v1::Deadline::DAILY:
      return StrCat("due ", times, "every day, reported by the week");
    case v1::Deadline::WEEKLY:
      return StrCat("due ", times, "every week");
    case v1::Deadline::MONTHLY:
      return StrCat("due ", times, "every month");
    case v1::Deadline::QUARTERLY:
      return StrCat("due ", times, "every quarter");
    case v1::Deadline::HALF_YEARLY:
      return StrCat("due ", times, "every half year");
    default:
      return StrCat("due ", times, "every year");
  }
}

// Says that a date rests on weekends alone.
std::string CalendarNoteZh(const ReminderFacts& facts) {
  return facts.calendar_known ? "" : "（有关年度的放假安排尚未录入，提醒日期暂按周末推算）";
}

std::string CalendarNoteEn(const ReminderFacts& facts) {
  return facts.calendar_known ? "" : " (No holiday notice for the year yet: this day was found by weekends alone.)";
}

std::string TailZh(const ReminderFacts& facts) {
  const std::string please = facts.signed_for ? "请" : "请先签收，再";
  switch (facts.reason) {
    case v1::Reminder::UNSIGNED:
      return StrCat("至今尚未签收", facts.has_due ? StrCat("，办理时限为", DayZh(facts.due)) : "",
                    "。请尽快签收并组织落实；不属于本单位职责的，请及时说明。");
    case v1::Reminder::BEFORE_DUE:
      return StrCat("应于", DayZh(facts.due), "前（含当日）办结。", please, "抓紧办理，及时报送进展，完成后申请办结。");
    case v1::Reminder::DUE:
      if (facts.day < facts.due) {
        return StrCat("截止日", DayZh(facts.due), "不是工作日，此前最后一个工作日为", DayZh(facts.day), "。", please,
                      "在该日申请办结。");
      }
      return StrCat("截止日为", DayZh(facts.due), "。", please, "尽快申请办结。");
    case v1::Reminder::OVERDUE:
      return StrCat("应于", DayZh(facts.due), "前（含当日）办结，现已逾期。", please,
                    "立即申请办结；尚未完成的，请报送进展并说明原因和预计完成时间。");
    case v1::Reminder::ESCALATION:
      if (facts.under_review) {
        return StrCat("时限为", DayZh(facts.due), "，承办单位已申请办结，正等待贵单位审核。请尽快审核。");
      }
      return StrCat("应于", DayZh(facts.due), "前（含当日）办结，现已逾期", facts.signed_for ? "" : "，且至今尚未签收",
                    "。请督促办理，或调整时限。");
    case v1::Reminder::URGE:
      return StrCat("交办单位催办：“", facts.urge, "”。",
                    facts.has_due ? StrCat("办理时限为", DayZh(facts.due), "。") : "", please,
                    "抓紧办理，及时报送进展。");
    default:
      return StrCat("为", PeriodZh(facts.order.deadline()), "，本期截至", DayZh(facts.due), "。", please,
                    "在此之前报送本期进展，完成的及时申请办结。");
  }
}

std::string TailEn(const ReminderFacts& facts) {
  const std::string next = facts.signed_for ? "Next: " : "Next: sign for it, then ";
  switch (facts.reason) {
    case v1::Reminder::UNSIGNED:
      return StrCat("It is not signed for yet.", facts.has_due ? StrCat(" It is due on ", DayEn(facts.due), ".") : "",
                    " Next: sign for it, or say why it is not yours.");
    case v1::Reminder::BEFORE_DUE:
      return StrCat("It is due on ", DayEn(facts.due), ". ", next, "report progress; submit the result when done.");
    case v1::Reminder::DUE:
      if (facts.day < facts.due) {
        return StrCat("It is due on ", DayEn(facts.due), ", a day off; the last working day before is ",
                      DayEn(facts.day), ". ", next, "submit the result by then.");
      }
      return StrCat("It is due on ", DayEn(facts.due), ". ", next, "submit the result.");
    case v1::Reminder::OVERDUE:
      return StrCat("It was due on ", DayEn(facts.due), " and is overdue. ", next,
                    "submit the result; if it is not done, report why and when it will be.");
    case v1::Reminder::ESCALATION:
      if (facts.under_review) {
        return StrCat("It was due on ", DayEn(facts.due), "; a result is handed in and waits for your review. ",
                      "Next: review it.");
      }
      return StrCat("It was due on ", DayEn(facts.due), " and is overdue",
                    facts.signed_for ? "" : ", and not signed for", ". Next: urge the unit or change the deadline.");
    case v1::Reminder::URGE:
      return StrCat("The issuer urges: \"", facts.urge, "\".",
                    facts.has_due ? StrCat(" It is due on ", DayEn(facts.due), ".") : "", " ", next,
                    "report progress.");
    default:
      return StrCat("It is ", PeriodEn(facts.order.deadline()), "; this period ends on ", DayEn(facts.due), ". ", next,
                    "report before it ends; submit the period's result when done.");
  }
}

const char* TagZh(v1::Reminder::Reason reason) {
  switch (reason) {
    case v1::Reminder::UNSIGNED:
      return "【待签收】";
    case v1::Reminder::BEFORE_DUE:
      return "【临期提醒】";
    case v1::Reminder::DUE:
      return "【到期提醒】";
    case v1::Reminder::OVERDUE:
      return "【逾期提醒】";
    case v1::Reminder::ESCALATION:
      return "【逾期报告】";
    case v1::Reminder::URGE:
      return "【催办】";
    default:
      return "【定期报送】";
  }
}

const char* TagEn(v1::Reminder::Reason reason) {
  switch (reason) {
    case v1::Reminder::UNSIGNED:
      return "[Not signed] ";
    case v1::Reminder::BEFORE_DUE:
      return "[Due soon] ";
    case v1::Reminder::DUE:
      return "[Due] ";
    case v1::Reminder::OVERDUE:
      return "[Overdue] ";
    case v1::Reminder::ESCALATION:
      return "[Overdue, for the issuer] ";
    case v1::Reminder::URGE:
      return "[Urged] ";
    default:
      return "[Report] ";
  }
}

}  // namespace

std::string QuotedText(const v1::Order& order) {
  std::string text = order.text();
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  // A full stop inside the quotation marks would end the sentence around it.
  constexpr std::string_view kFullStop = "。";
  if (text.size() > kFullStop.size() && std::string_view(text).substr(text.size() - kFullStop.size()) == kFullStop) {
    text.resize(text.size() - kFullStop.size());
  }
  return Ellipsize(text, kQuotedColumns);
}

std::string ReminderTextZh(const ReminderFacts& facts) {
  const v1::Order& order = facts.order;
  const bool to_issuer = facts.reason == v1::Reminder::ESCALATION;
  const std::string who = to_issuer ? StrCat(facts.issuer_display_name, "：贵单位交办、", facts.unit_display_name)
                                    : StrCat(facts.unit_display_name, "：贵单位");
  return StrCat(TagZh(facts.reason), who, RoleZh(facts.role), "的“", facts.quoted, "”（", PlaceZh(order), "）",
                TailZh(facts), CalendarNoteZh(facts));
}

std::string ReminderTextEn(const ReminderFacts& facts) {
  const v1::Order& order = facts.order;
  const bool to_issuer = facts.reason == v1::Reminder::ESCALATION;
  const std::string to = to_issuer ? StrCat("To ", facts.issuer_display_name, ": ") : "";
  return StrCat(TagEn(facts.reason), to, facts.unit_display_name, " ", RoleEn(facts.role), " \"", facts.quoted, "\" (",
                PlaceEn(order), "). ", TailEn(facts), CalendarNoteEn(facts));
}

}  // namespace duban
