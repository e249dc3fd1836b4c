// UTF-8 text: decoding, cutting, and how much room it takes. All of it by ICU.
//
// Pure and thread-safe. A byte that belongs to no character counts as a character of its own.

#ifndef DUBAN_COMMON_BASE_TEXT_H_
#define DUBAN_COMMON_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace duban {

// Number of code points; nothing where the bytes are not valid UTF-8.
std::optional<size_t> CodePoints(std::string_view text);

// The code points; what is no UTF-8 becomes U+FFFD.
std::u32string DecodeUtf8(std::string_view utf8);
// As UTF-8; what is no character becomes U+FFFD.
std::string EncodeUtf8(std::u32string_view text);

// Bytes of the character that begins at `at`. REQUIRES: `at` lies in the text, at the beginning of a character.
size_t CharacterBytes(std::string_view text, size_t at);

// The longest beginning of at most `max_bytes` that ends between characters.
std::string_view CutUtf8(std::string_view text, size_t max_bytes);

// Without blanks, tabs, line ends and the ideographic space at both ends.
std::string_view TrimSpaces(std::string_view text);

// Columns the text takes in a terminal: two for East Asian wide characters, none for combining and control ones.
size_t DisplayWidth(std::string_view text);

// The longest beginning that takes at most `columns`; with `…` at its end where something was cut.
std::string Ellipsize(std::string_view text, size_t columns);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_TEXT_H_
