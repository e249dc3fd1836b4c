// The one table of words for people, Chinese first: what the values of the contracts are called, by the CLI, by
// services in their messages, and by whatever else speaks to people.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_WORDS_WORDS_H_
#define DUBAN_COMMON_WORDS_WORDS_H_

#include <string>

#include "duban/v1/assignment.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/deadline.pb.h"
#include "duban/v1/digest.pb.h"
#include "duban/v1/job.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/person.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/reminder.pb.h"
#include "duban/v1/search.pb.h"
#include "duban/v1/unit.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace duban {

enum class Language { kChinese, kEnglish };

// One thing to say, in both languages.
struct Phrase {
  std::string zh;
  std::string en;
};

// Picks the language.
class Words {
 public:
  explicit Words(Language language) : language_(language) {}
  std::string operator()(const Phrase& phrase) const { return language_ == Language::kChinese ? phrase.zh : phrase.en; }
  Language language() const { return language_; }

 private:
  Language language_;
};

// What people call the values of the contracts. Values that are not known here (from a newer server) get `?`.
Phrase WordOf(v1::Assignment::State state);
Phrase WordOf(v1::Channel::Kind kind);
Phrase WordOf(v1::Assignment::Light light);
Phrase WordOf(v1::Deadline::Frequency frequency);
Phrase WordOf(v1::Deadline::Kind kind);
Phrase WordOf(v1::ExtensionAnswer::Verdict verdict);
Phrase WordOf(v1::Finding::Settlement settlement);
Phrase WordOf(v1::Grant::State state);
Phrase WordOf(v1::GetBoardRequest::GroupBy group_by);
Phrase WordOf(v1::Job::Kind kind);
Phrase WordOf(v1::LogLevel level);
Phrase WordOf(v1::Job::State state);
Phrase WordOf(v1::NodeStatus::Hop::Direction direction);
Phrase WordOf(v1::Plan::Stage stage);
Phrase WordOf(v1::Plan::State state);
Phrase WordOf(v1::SearchMatch::Place place);
Phrase WordOf(v1::Reminder::Reason reason);
Phrase WordOf(v1::Reminder::State state);
Phrase WordOf(v1::ReminderDelivery::State state);
Phrase WordOf(v1::Responsibility::Role role);
Phrase WordOf(v1::Review::Verdict verdict);
Phrase WordOf(v1::Role role);
Phrase WordOf(v1::Ruling::Decision decision);
Phrase WordOf(v1::TimelineEntry::Kind kind);
Phrase WordOf(v1::Unit::Kind kind);

// A field of a task or a plan, as comparisons of revisions name it.
Phrase FieldWords(const std::string& field);

// What a revision changed in a duty, with what it was before where that is short: `时限（原为9月30日前）、任务内容`.
Phrase DutyChangeWords(const v1::DutyChange& change);

// A deadline in a few words: what is printed, with the date it means where that is not plain from it.
Phrase DeadlineWords(const v1::Deadline& deadline);

// `2024-05-06 14:03` in Asia/Shanghai; empty where the time is unset.
std::string TimeWords(const google::protobuf::Timestamp& time);

}  // namespace duban

#endif  // DUBAN_COMMON_WORDS_WORDS_H_
