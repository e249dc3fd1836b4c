#include "services/plan/phrases/deadline_phrase.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "services/plan/phrases/printed_date.h"
#include "services/plan/phrases/vocabulary.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

using v1::Deadline;

constexpr size_t kLongestDeadline = 40;
// How far behind `每年` its count may stand: 每年组织业务培训不少于1次.
constexpr size_t kCountDistance = 24;

// One deadline matched in a text.
struct Match {
  size_t end = 0;  // 0: no match.
  Deadline::Kind kind = Deadline::KIND_UNSPECIFIED;
  // For dates. Month and day 0: the year's end. `year` 0: not printed.
  int year = 0;
  int month = 0;
  int day = 0;
  // Strictly before the period that the date names begins.
  bool before_period = false;
  bool says_end = false;  // 前, 底, 末, 内.
  bool next_year = false;
  bool ambiguous = false;
  Deadline::Frequency frequency = Deadline::FREQUENCY_UNSPECIFIED;
  int times = 0;
  int working_days = 0;
};

// What follows a date: `底` and its like, `前` and its like.
struct Tail {
  size_t length = 0;
  bool end_of = false;
  bool before = false;
  bool within = false;
};

Tail ReadTail(TextView t, size_t at) {
  Tail tail;
  size_t i = at;
  if (const size_t n = MatchAny(t, i, {U"底", U"末", U"终"}); n > 0) {
    tail.end_of = true;
    i += n;
  }
  if (const size_t n = MatchAny(t, i, {U"之前", U"以前", U"前", U"止", U"截止"}); n > 0) {
    tail.before = true;
    i += n;
  } else if (const size_t m = MatchAny(t, i, {U"以内", U"之内", U"内"}); m > 0) {
    tail.within = true;
    i += m;
  }
  tail.length = i - at;
  return tail;
}

// A year: `2022年`, `2022年度`, `二〇二二年`, `今年`. Returns its length.
size_t ReadYear(TextView t, size_t at, Match& match) {
  if (const size_t n = MatchAny(t, at, {U"今年", U"本年度", U"本年", U"当年"}); n > 0) return n;
  if (const size_t n = MatchAny(t, at, {U"明年", U"次年", U"下一年"}); n > 0) {
    match.next_year = true;
    return n;
  }
  const int year = YearAt(t, at);
  if (year == 0 || at + 4 >= t.size() || t[at + 4] != U'年') return 0;
  match.year = year;
  return at + 5 < t.size() && t[at + 5] == U'度' ? 6 : 5;
}

// `2022.6.30`, `2022-06`, `2022/6/30`.
bool MatchDotted(TextView t, size_t at, Match& match) {
  const auto year = ReadDigits(t, at);
  if (!year.has_value() || year->length != 4 || year->value < 1949 || year->value > 2199) return false;
  size_t i = at + 4;
  int parts[2] = {0, 0};
  for (int& part : parts) {
    if (i >= t.size() || (t[i] != '.' && t[i] != '-' && t[i] != '/')) break;
    const auto number = ReadDigits(t, i + 1);
    if (!number.has_value() || number->length > 2) break;
    part = number->value;
    i += 1 + number->length;
  }
  if (parts[0] < 1 || parts[0] > 12 || parts[1] > 31) return false;
  match.kind = Deadline::BY_DATE;
  match.year = year->value;
  match.month = parts[0];
  match.day = parts[1];
  const Tail tail = ReadTail(t, i);
  match.says_end = tail.length > 0;
  match.before_period = tail.before && !tail.end_of && match.day == 0;
  match.ambiguous = match.before_period;
  match.end = i + tail.length;
  return true;
}

size_t ReadRangeMark(TextView t, size_t at) {
  return MatchAny(t, at, {U"-", U"—", U"——", U"–", U"~", U"～", U"至", U"到", U"－"});
}

// A month: `9`, `九`, followed by `月`. Returns the length with `月` and `份`.
size_t ReadMonth(TextView t, size_t at, int& month) {
  const auto number = ReadAnyNumber(t, at);
  if (!number.has_value() || number->value < 1 || number->value > 12 || number->length > 2) return 0;
  size_t i = at + number->length;
  if (i >= t.size() || t[i] != U'月') return 0;
  month = number->value;
  ++i;
  if (i < t.size() && t[i] == U'份') ++i;
  return i - at;
}

// The day in a month: `30日`, `中旬`. Returns its length; `day` is 0 for the month's last day.
size_t ReadDay(TextView t, size_t at, int& day) {
  if (const size_t n = MatchAny(t, at, {U"上旬"}); n > 0) return day = 10, n;
  if (const size_t n = MatchAny(t, at, {U"中旬"}); n > 0) return day = 20, n;
  if (const size_t n = MatchAny(t, at, {U"下旬"}); n > 0) return day = 0, n;
  const auto number = ReadAnyNumber(t, at);
  if (!number.has_value() || number->value < 1 || number->value > 31 || number->length > 3) return 0;
  const size_t n = MatchAny(t, at + number->length, {U"日", U"号"});
  if (n == 0) return 0;
  day = number->value;
  return number->length + n;
}

// Behind the year: a month, or a range of months (`1-6月`, `2022年1月至2023年6月`).
bool MatchMonths(TextView t, size_t at, Match& match) {
  size_t i = at;
  int first = 0;
  int month = 0;
  if (const auto number = ReadAnyNumber(t, i); number.has_value() && ReadRangeMark(t, i + number->length) > 0) {
    first = number->value;
    i += number->length + ReadRangeMark(t, i + number->length);
  } else if (const size_t n = ReadMonth(t, i, first); n > 0 && ReadRangeMark(t, i + n) > 0) {
    i += n + ReadRangeMark(t, i + n);
  } else {
    first = 0;
  }
  if (first != 0) {
    Match end_year;
    const size_t n = ReadYear(t, i, end_year);
    if (n > 0) match.year = end_year.year;
    i += n;
  }
  const size_t n = ReadMonth(t, i, month);
  if (n == 0) return false;
  i += n;
  match.kind = Deadline::BY_DATE;
  match.month = month;
  const size_t named_day = ReadDay(t, i, match.day);
  i += named_day;
  const Tail tail = ReadTail(t, i);
  match.says_end = tail.length > 0;
  match.before_period = tail.before && !tail.end_of && named_day == 0;
  match.ambiguous = match.before_period;
  if (first == 1 && month == 12 && match.day == 0) {
    match.kind = Deadline::WHOLE_PERIOD;
    match.month = 0;
  }
  match.end = i + tail.length;
  return true;
}

// Behind the year: a quarter or a half.
bool MatchQuarter(TextView t, size_t at, Match& match) {
  size_t i = at;
  int last_month = 0;
  if (const size_t half = MatchAny(t, i, {U"上半年", U"下半年"}); half > 0) {
    last_month = t[i] == U'上' ? 6 : 12;
    i += half;
  } else {
    if (i < t.size() && t[i] == U'第') ++i;
    const auto number = ReadAnyNumber(t, i);
    if (!number.has_value() || number->value < 1 || number->value > 4) return false;
    i += number->length;
    const size_t n = MatchAny(t, i, {U"季度", U"季"});
    if (n == 0) return false;
    i += n;
    last_month = number->value * 3;
  }
  const Tail tail = ReadTail(t, i);
  match.kind = Deadline::BY_DATE;
  match.month = last_month;
  match.says_end = tail.length > 0;
  if (tail.before && !tail.end_of) {
    match.ambiguous = true;
    // Before the quarter or half begins: the last day of the one before.
    match.month = last_month - (t[at] == U'上' || t[at] == U'下' ? 6 : 3);
    match.before_period = match.month == 0;
    if (match.before_period) match.month = 1;
  }
  match.end = i + tail.length;
  return true;
}

// `年底前`, `年内`, and behind a printed year also nothing at all.
bool MatchYearEnd(TextView t, size_t at, size_t year_length, Match& match) {
  size_t i = at;
  if (year_length == 0) {
    if (MatchAny(t, i, {U"年底", U"年末", U"年终", U"年内", U"年度内", U"年中"}) == 0) return false;
    ++i;
    if (t[i] == U'度') ++i;
  } else if (StartsWith(t.substr(i), U"年底")) {
    ++i;  // `2022年年底`.
  }
  match.kind = Deadline::BY_DATE;
  if (i < t.size() && t[i] == U'中') {
    match.month = 6;
    ++i;
  }
  const Tail tail = ReadTail(t, i);
  if (year_length > 0 && tail.length == 0 && match.year == 0 && !match.next_year) return false;
  match.says_end = tail.length > 0;
  match.before_period = tail.before && !tail.end_of && match.month == 0;
  match.end = i + tail.length;
  return true;
}

Match MatchDate(TextView t, size_t at) {
  Match match;
  if (MatchDotted(t, at, match)) return match;
  match = Match();
  const size_t year = ReadYear(t, at, match);
  size_t i = at + year;
  if (year > 0) {
    // A range of years ends with the later: `2022年-2024年`, `2022年至2024年底`.
    const size_t mark = ReadRangeMark(t, i);
    Match later;
    const size_t n = mark > 0 ? ReadYear(t, i + mark, later) : 0;
    if (n > 0) {
      match.year = later.year;
      i += mark + n;
    }
  }
  if (const size_t n = MatchAny(t, i, {U"全年"}); year > 0 && n > 0) {
    match.kind = Deadline::WHOLE_PERIOD;
    match.end = i + n;
    return match;
  }
  Match base = match;
  if (MatchMonths(t, i, match)) return match;
  match = base;
  if (MatchQuarter(t, i, match)) return match;
  match = base;
  if (MatchYearEnd(t, i, year, match)) return match;
  return Match();
}

Match MatchWorkingDays(TextView t, size_t at) {
  Match match;
  const auto number = ReadAnyNumber(t, at);
  if (!number.has_value() || number->value < 1 || number->value > 366) return match;
  size_t i = at + number->length;
  if (i < t.size() && t[i] == U'个') ++i;
  const size_t n = MatchAny(t, i, {U"工作日"});
  if (n == 0) return match;
  i += n;
  match.kind = Deadline::WORKING_DAYS;
  match.working_days = number->value;
  match.says_end = true;
  match.end = i + MatchAny(t, i, {U"以内", U"之内", U"内"});
  return match;
}

// The period of a frequency at `at`; its length.
size_t ReadPeriod(TextView t, size_t at, Deadline::Frequency& frequency) {
  struct Period {
    TextView word;
    Deadline::Frequency frequency;
  };
  static constexpr Period kPeriods[] = {
      {U"半年", Deadline::HALF_YEARLY}, {U"年度", Deadline::YEARLY},  {U"年", Deadline::YEARLY},
      {U"季度", Deadline::QUARTERLY},   {U"季", Deadline::QUARTERLY}, {U"个月", Deadline::MONTHLY},
      {U"月份", Deadline::MONTHLY},     {U"月", Deadline::MONTHLY},   {U"星期", Deadline::WEEKLY},
      {U"周", Deadline::WEEKLY},        {U"工作日", Deadline::DAILY}, {U"个工作日", Deadline::DAILY},
      {U"日", Deadline::DAILY},         {U"天", Deadline::DAILY},
  };
  size_t best = 0;
  for (const Period& period : kPeriods) {
    if (period.word.size() > best && StartsWith(t.substr(at), period.word)) {
      best = period.word.size();
      frequency = period.frequency;
    }
  }
  return best;
}

// A count of times at `at`: `2次`, `一次以上`, `1期`. Returns its length.
size_t ReadTimes(TextView t, size_t at, int& times) {
  const auto number = ReadAnyNumber(t, at);
  if (!number.has_value() || number->value < 1 || number->value > 366) return 0;
  size_t i = at + number->length;
  const size_t n = MatchAny(t, i, {U"次", U"期", U"轮", U"批次", U"回", U"场次", U"场"});
  if (n == 0) return 0;
  times = number->value;
  i += n;
  return i + MatchAny(t, i, {U"以上", U"及以上"}) - at;
}

// Behind the period, in the same clause, the count: `至少召开一次`. The end of it; `at` where there is none.
size_t ReadCount(TextView t, size_t at, int& times) {
  for (size_t i = at; i < t.size() && i < at + kCountDistance; ++i) {
    if (TextView(U"。;,、:!?").find(t[i]) != TextView::npos) break;
    if (const size_t n = ReadTimes(t, i, times); n > 0) return i + n;
  }
  return at;
}

Match MatchFrequency(TextView t, size_t at) {
  Match match;
  size_t i = at;
  const bool each = MatchAny(t, i, {U"每"}) > 0;
  const bool by = MatchAny(t, i, {U"按", U"逐"}) > 0;
  if (!each && !by) return match;
  ++i;
  if (each && i < t.size() && t[i] == U'个' && !StartsWith(t.substr(i), U"个月")) ++i;
  const size_t period = ReadPeriod(t, i, match.frequency);
  if (period == 0) return Match();
  i += period;
  // `按月底`, `按日程`, `按年龄`, `按季节` speak of something else.
  if (by && MatchAny(t, i, {U"底", U"程", U"期", U"龄", U"节", U"均", U"份"}) > 0) return Match();
  match.kind = Deadline::PERIODIC;
  match.times = 1;
  match.says_end = true;
  match.end = i;
  if (!each) return match;
  // `每月5日前`, `每季度末`, `每年12月底前`: the date inside the period belongs to it.
  int day = 0;
  if (size_t n = ReadDay(t, i, day); n > 0) {
    match.end = i + n + ReadTail(t, i + n).length;
  } else if (const Match inner = MatchDate(t, i); inner.end > 0 && inner.year == 0) {
    match.end = inner.end;
  } else if (const Tail tail = ReadTail(t, i); tail.length > 0) {
    match.end = i + tail.length;
  }
  match.end = ReadCount(t, match.end, match.times);
  return match;
}

// `一年两次`, `一季度一次`, `一月一次`.
Match MatchTimesInPeriod(TextView t, size_t at) {
  Match match;
  if (at >= t.size() || (t[at] != U'一' && t[at] != '1')) return match;
  const size_t period = ReadPeriod(t, at + 1, match.frequency);
  if (period == 0) return Match();
  const size_t n = ReadTimes(t, at + 1 + period, match.times);
  if (n == 0) return Match();
  match.kind = Deadline::PERIODIC;
  match.says_end = true;
  match.end = at + 1 + period + n;
  return match;
}

Match MatchStanding(TextView t, size_t at) {
  Match match;
  if (const size_t n = MatchAny(t, at, {U"全年度", U"全年", U"贯穿全年", U"全年度推进", U"全年推进", U"全年持续推进"});
      n > 0) {
    match.kind = Deadline::WHOLE_PERIOD;
    match.end = at + n;
    return match;
  }
  const size_t n = MatchAny(t, at,
                            {U"常态化", U"常态", U"长期", U"长年", U"持续", U"日常", U"经常性", U"经常", U"长效",
                             U"即时", U"随时", U"实时", U"适时"});
  if (n == 0) return match;
  match.kind = Deadline::STANDING;
  match.end = at + n;
  match.end += MatchAny(t, match.end, {U"性", U"化"});
  return match;
}

Match MatchPeriodWord(TextView t, size_t at) {
  Match match;
  struct Word {
    TextView word;
    Deadline::Frequency frequency;
  };
  static constexpr Word kWords[] = {{U"月度", Deadline::MONTHLY},
                                    {U"季度", Deadline::QUARTERLY},
                                    {U"半年度", Deadline::HALF_YEARLY},
                                    {U"年度", Deadline::YEARLY},
                                    {U"每日", Deadline::DAILY}};
  for (const Word& word : kWords) {
    if (!StartsWith(t.substr(at), word.word)) continue;
    match.kind = Deadline::PERIODIC;
    match.frequency = word.frequency;
    match.times = 1;
    match.end = at + word.word.size();
  }
  return match;
}

// Whether a deadline may begin at `at`: looks at two characters only, since nearly every place is none.
bool MayStartDeadline(TextView t, size_t at) {
  const char32_t c = t[at];
  if ((ClassOf(c) & kDeadlineChar) == 0) return false;
  if (IsDigit(c)) return true;
  if (at + 1 >= t.size()) return false;
  const char32_t next = t[at + 1];
  if (IsChineseNumeral(c)) {
    return IsChineseNumeral(next) || TextView(U"月季年个工日周天半-—至到~").find(next) != TextView::npos;
  }
  switch (c) {
    case U'上':
    case U'下':
      return next == U'半' || next == U'一';
    case U'第':
      return IsDigit(next) || IsChineseNumeral(next);
    case U'今':
    case U'本':
    case U'当':
    case U'明':
    case U'次':
      return next == U'年';
    case U'年':
      return TextView(U"底末终内度中").find(next) != TextView::npos;
    default:
      return TextView(U"个半年季月周星日天工").find(next) != TextView::npos;
  }
}

// The longest deadline at `at`.
Match MatchDeadline(TextView t, size_t at) {
  Match best;
  if (!MayStartDeadline(t, at)) return MatchStanding(t, at);
  for (const auto& matcher : {MatchWorkingDays, MatchFrequency, MatchTimesInPeriod, MatchDate, MatchStanding}) {
    const Match match = matcher(t, at);
    if (match.end > best.end) best = match;
  }
  return best;
}

// Words that may stand around a deadline without changing it.
size_t ReadFiller(TextView t, size_t at) {
  static const WordTable& fillers = WordTable::Of("deadline_fillers");
  return fillers.LengthAt(t, at);
}

absl::CivilDay LastDay(int year, int month) {
  return absl::CivilDay(absl::CivilMonth(year, month) + 1) - 1;
}

// The last day on time; nothing where the year is not known.
std::optional<absl::CivilDay> DueOf(const Match& match, int year) {
  if (match.year > 0) year = match.year;
  if (year == 0) return std::nullopt;
  if (match.next_year) ++year;
  if (match.before_period) return absl::CivilDay(year, match.month == 0 ? 1 : match.month, 1) - 1;
  if (match.month == 0) return absl::CivilDay(year, 12, 31);
  if (match.day == 0) return LastDay(year, match.month);
  return std::min(absl::CivilDay(year, match.month, match.day), LastDay(year, match.month));
}

// Puts one match into a phrase that may hold one already: the later date, and a date before anything else.
void Merge(const Match& match, const DeadlineContext& context, DeadlinePhrase& phrase) {
  Deadline& deadline = phrase.deadline;
  const bool dated = match.kind == Deadline::BY_DATE || match.kind == Deadline::WHOLE_PERIOD;
  const std::optional<absl::CivilDay> due = dated ? DueOf(match, context.year) : std::nullopt;
  const std::string due_text = due.has_value() ? FormatDay(*due) : "";
  phrase.ambiguous = phrase.ambiguous || match.ambiguous;
  phrase.lacks_year = phrase.lacks_year || (dated && !due.has_value());
  if (deadline.kind() != Deadline::KIND_UNSPECIFIED) {
    if (deadline.kind() == match.kind && deadline.due() == due_text && !match.times) return;
    phrase.ambiguous = true;
    // A frequency beside a standing duty says how often it is done; a date beside either is what is judged.
    const bool wins = (dated && deadline.due() < due_text) ||
                      (match.kind == Deadline::PERIODIC && deadline.kind() == Deadline::STANDING);
    if (!wins) return;
  }
  deadline.set_kind(match.kind);
  deadline.set_due(due_text);
  deadline.set_frequency(match.frequency);
  deadline.set_times(match.times);
  deadline.set_working_days(match.working_days);
}

bool IsDash(TextView t) {
  return std::all_of(t.begin(), t.end(), [](char32_t c) { return TextView(U"-—–/ ―一无").find(c) != TextView::npos; });
}

}  // namespace

DeadlinePhrase ParseDeadline(TextView t, const DeadlineContext& context) {
  DeadlinePhrase phrase;
  t = Trim(t);
  if (context.includes_period && (EndsWith(t, U"季度前") || EndsWith(t, U"月前") || EndsWith(t, U"半年前"))) {
    phrase = ParseDeadline(t.substr(0, t.size() - 1), context);
    phrase.ambiguous = true;
    return phrase;
  }
  if (IsDash(t)) {
    phrase.understood = true;
    return phrase;
  }
  // `收到差评后3个工作日内`: the event may be anything.
  if (const size_t days = t.find(U"工作日"); days != TextView::npos) {
    const size_t after = t.substr(0, days).rfind(U'后');
    if (after != TextView::npos && MatchWorkingDays(t, after + 1).end > days) t = t.substr(after + 1);
  }
  bool any = false;
  for (size_t i = 0; i < t.size();) {
    Match match = MatchDeadline(t, i);
    // `月度`, `季度` alone say how often; behind a number they belong to a date.
    if (match.end == 0 && !any && i == 0) match = MatchPeriodWord(t, i);
    if (match.end > 0) {
      Merge(match, context, phrase);
      any = true;
      i = match.end;
    } else if (const size_t filler = ReadFiller(t, i); filler > 0) {
      i += filler;
    } else {
      phrase.deadline.Clear();
      return phrase;
    }
  }
  static const WordTable& fillers = WordTable::Of("deadline_fillers");
  phrase.at_once = !any && fillers.In(t, "at_once");
  phrase.understood = any || phrase.at_once;
  if (!any) phrase.deadline.Clear();
  return phrase;
}

DeadlinePhrase ParseDeadline(std::string_view utf8, const DeadlineContext& context) {
  const SourceLine line = MakeSourceLine(DecodeUtf8(utf8), 0);
  std::u32string text = line.text;
  std::erase(text, U' ');
  DeadlinePhrase phrase = ParseDeadline(text, context);
  phrase.deadline.set_printed(std::string(utf8));
  return phrase;
}

std::vector<FoundDeadline> FindDeadlines(TextView t, const DeadlineContext& context) {
  std::vector<FoundDeadline> found;
  for (size_t i = 0; i < t.size();) {
    if (!MayStartDeadline(t, i) || (i > 0 && IsDigit(t[i]) && (IsAsciiWord(t[i - 1]) || t[i - 1] == '.'))) {
      ++i;
      continue;
    }
    const Match match = MatchDeadline(t, i);
    const bool is_period_count = i > 0 && t[i] == U'年' && (IsDigit(t[i - 1]) || IsChineseNumeral(t[i - 1]));
    if (match.end == 0 || !match.says_end || is_period_count) {
      // Skips the rest of a number, so that `12345热线` is not looked at digit by digit.
      const auto number = ReadDigits(t, i);
      i = match.end > 0 ? match.end : i + (number.has_value() ? number->length : 1);
      continue;
    }
    FoundDeadline deadline;
    deadline.begin = i;
    deadline.end = match.end;
    deadline.phrase.understood = true;
    Merge(match, context, deadline.phrase);
    found.push_back(std::move(deadline));
    i = match.end;
  }
  return found;
}

std::vector<DeadlineStage> StagesIn(TextView t) {
  constexpr TextView kSigns = U" 。;,、:";
  std::vector<DeadlineStage> stages;
  // Where every word is a date or belongs to one, the whole is one deadline.
  if (ParseDeadline(t, DeadlineContext()).understood) return stages;
  bool texts = false;
  for (size_t i = 0; i < t.size(); ++i) {
    if (i > 0 && kSigns.find(t[i - 1]) == TextView::npos) continue;
    // `①6月底前`.
    const size_t date = i + (t[i] >= 0x2460 && t[i] <= 0x2473);
    const Match match = date < t.size() && MayStartDeadline(t, date) ? MatchDeadline(t, date) : Match();
    if (match.end == 0 || match.kind != Deadline::BY_DATE) {
      if (stages.empty()) return stages;
      continue;
    }
    stages.push_back({date, match.end, match.end, t.size()});
    if (stages.size() > 1) stages[stages.size() - 2].text_end = i;
    i = match.end - 1;
  }
  for (DeadlineStage& stage : stages) {
    while (stage.text_begin < stage.text_end && kSigns.find(t[stage.text_begin]) != TextView::npos) ++stage.text_begin;
    while (stage.text_end > stage.text_begin && kSigns.find(t[stage.text_end - 1]) != TextView::npos) --stage.text_end;
    texts = texts || stage.text_end > stage.text_begin;
  }
  if (stages.size() < 2 || !texts) stages.clear();
  return stages;
}

std::optional<size_t> DeadlineSuffix(TextView t) {
  static const WordTable& fillers = WordTable::Of("deadline_fillers");
  size_t first = t.size() > kLongestDeadline ? t.size() - kLongestDeadline : 0;
  if (const size_t stop = t.substr(0, t.size() - std::min<size_t>(t.size(), 1)).rfind(U'。'); stop != TextView::npos) {
    first = std::max(first, stop + 1);
  }
  for (size_t i = first; i < t.size(); ++i) {
    const bool at_once = fillers.LengthAt(t, i, "at_once") > 0;
    const bool starts = MayStartDeadline(t, i) || MatchAny(t, i,
                                                           {U"常", U"长", U"持续", U"全年", U"日常", U"经常", U"贯穿",
                                                            U"即时", U"随时", U"实时", U"适时"}) > 0;
    if ((!starts && !at_once) || (i > 0 && IsDigit(t[i]) && IsDigit(t[i - 1]))) continue;
    if (!at_once && MatchDeadline(t, i).end == 0) continue;
    if (ParseDeadline(t.substr(i), DeadlineContext()).understood) return i;
  }
  return std::nullopt;
}

bool StartsWithDate(TextView t) {
  if (t.empty() || !MayStartDeadline(t, 0)) return false;
  const Match match = MatchDeadline(t, 0);
  return match.kind == Deadline::BY_DATE && (match.month > 0 || match.says_end);
}

bool IsDeadline(TextView t) {
  t = Trim(t);
  if (t.empty() || t.size() > kLongestDeadline) return false;
  const DeadlinePhrase phrase = ParseDeadline(t, DeadlineContext());
  return phrase.understood && (phrase.at_once || phrase.deadline.kind() != Deadline::KIND_UNSPECIFIED);
}

}  // namespace duban
