// UTF-8 text, as far as contracts need it. Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_TEXT_H_
#define DUBAN_COMMON_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace duban {

// Number of code points; nothing where the bytes are not valid UTF-8.
std::optional<size_t> CodePoints(std::string_view text);

// Columns the text takes in a terminal: two for East Asian wide characters, none for combining ones.
size_t DisplayWidth(std::string_view text);

// The longest beginning that takes at most `columns`; with `…` at its end where something was cut.
std::string Ellipsize(std::string_view text, size_t columns);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_TEXT_H_
