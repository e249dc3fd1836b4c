// StrCat and its kin for std::string_view. Debian 12's Abseil is built with a string_view of its own, which does not
// take the standard one; delete this file when its Abseil uses the standard type (version 20230125 or later).
// Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_STRINGS_H_
#define DUBAN_COMMON_BASE_STRINGS_H_

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace duban {

// The standard view as Abseil's; everything else as it is.
template <typename T>
decltype(auto) ToAbsl(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return absl::string_view(value.data(), value.size());
  } else {
    return (value);
  }
}

// Abseil's view as the standard one.
inline std::string_view ToStd(absl::string_view view) {
  return {view.data(), view.size()};
}

template <typename... Args>
std::string StrCat(const Args&... args) {
  return absl::StrCat(ToAbsl(args)...);
}

template <typename... Args>
void StrAppend(std::string* out, const Args&... args) {
  absl::StrAppend(out, ToAbsl(args)...);
}

// Whole text as a decimal number; false where it is anything else or does not fit.
template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  return absl::SimpleAtoi(ToAbsl(text), number);
}

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_STRINGS_H_
