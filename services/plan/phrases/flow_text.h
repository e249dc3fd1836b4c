// Text that was put together from lines of a document, and still knows where each part of it stands.
//
// Layout noise is settled here and nowhere else: line breaks inside a cell and stray spaces between characters are
// taken out (a space between Latin words stays, as does one inside “quotation marks”, where slogans are printed with
// it). Where something was taken out is remembered as a gap, since a gap may also be a separator or the place of a lost
// character.
//
// A value; not thread-safe while it is built.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_FLOW_TEXT_H_
#define DUBAN_SERVICES_PLAN_PHRASES_FLOW_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/chinese_text.h"
#include "services/plan/source/source_document.h"

namespace duban {

class FlowText {
 public:
  FlowText() = default;
  // Text of a document that is not at hand, such as an answer a person typed; its spans are empty.
  explicit FlowText(std::string_view utf8);

  // Adds part of a line, [begin, end) in code points of `line.printed`. A line other than the last one added is a
  // break.
  void Append(const SourceLine& line, size_t begin = 0, size_t end = std::u32string::npos);
  // Adds all of another flow behind a break.
  void Append(const FlowText& other);
  // The part [begin, end), trimmed of spaces.
  FlowText Slice(size_t begin, size_t end = std::u32string::npos) const;

  // The folded text, which is judged.
  TextView text() const { return text_; }
  // The printed text, code point by code point the same length.
  TextView printed() const { return printed_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  // Whether white space or a line break was printed just before offset `at`.
  bool GapBefore(size_t at) const;
  // Whether a line ended just before offset `at`.
  bool BreakBefore(size_t at) const;
  // The last gap before offset `at`; 0 where there is none.
  size_t GapUpTo(size_t at) const;

  // [begin, end) as printed, in UTF-8.
  std::string Printed(size_t begin = 0, size_t end = std::u32string::npos) const;
  // Where [begin, end) stands in the source.
  v1::SourceSpan SpanOf(size_t begin = 0, size_t end = std::u32string::npos) const;
  // The line offset `at` stands in; 0 where it has none.
  int32_t LineAt(size_t at) const;

 private:
  // From `offset` on, code points stand one by one from this line and column.
  struct Run {
    uint32_t offset;
    int32_t line;
    int32_t column;
  };

  // Few texts have more.
  using Offsets = absl::InlinedVector<uint32_t, 2>;

  const Run* RunAt(size_t at) const;
  bool KeepsSpace(char32_t next) const;
  void Push(char32_t text, char32_t printed, int32_t line, int32_t column);
  void AddGap(bool is_break);

  std::u32string text_;
  std::u32string printed_;
  absl::InlinedVector<Run, 1> runs_;
  Offsets gaps_;
  Offsets breaks_;
  int open_quotes_ = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_FLOW_TEXT_H_
