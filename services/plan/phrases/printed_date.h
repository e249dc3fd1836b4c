// Years and whole dates as documents print them, in digits or Chinese numerals. Text is folded. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_PRINTED_DATE_H_
#define DUBAN_SERVICES_PLAN_PHRASES_PRINTED_DATE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "services/plan/phrases/chinese_text.h"

namespace duban {

// The year that the four characters at `at` are, `2022` or `二〇二二`, from 1949 to 2199; 0 where they are none.
int YearAt(TextView text, size_t at);

// The date at `at` (`2022年7月18日`, `2022-07-18`, `二〇二二年七月十八日`), as `YYYY-MM-DD`, and its length.
std::optional<std::pair<std::string, size_t>> ReadDate(TextView text, size_t at);

// The date that `text` consists of, in brackets or not, as `YYYY-MM-DD`; empty where it is no date.
std::string DateLine(TextView text);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_PRINTED_DATE_H_
