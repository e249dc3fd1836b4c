// The one form that every document format decodes to, and the decoders. The front door is read_source.h.
//
//   bytes ──ReadSource──▶ SourceDocument ──DocumentToPlan──▶ v1::Plan
//
// A SourceDocument is what a person sees on the page, in reading order: lines, and tables of cells with spans. It knows
// nothing of plans. Decoders (read_*.cc, pdf_layout.h) keep what is printed
// and leave every judgement about it (page furniture, headings, units) to document_to_plan; what a reader of the page
// does not see (scripts, comments, hidden elements, text boxes) they drop.
//
// Plain values, no shared state: any thread may call any function. Nothing here touches a disk, a clock or the network.
// Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) with a message for people that says what is wrong and what to save the
// document as; nothing else.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_SOURCE_DOCUMENT_H_
#define DUBAN_SERVICES_PLAN_SOURCE_SOURCE_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace duban {

// A document above this size in bytes is refused; the same number bounds `content` of ImportPlan and ParsePlan.
inline constexpr size_t kMaxDocumentBytes = 3145728;
// What an archive (DOCX, XLSX) may unpack to in all, in bytes.
inline constexpr size_t kMaxUnpackedBytes = 64 << 20;
// Code points of decoded text; a document whose tables or archive blow up beyond it is refused.
inline constexpr size_t kMaxDocumentChars = kMaxDocumentBytes;
// A document of more lines is refused.
inline constexpr size_t kMaxDocumentLines = 50000;
// A table wider than this, or a span longer than kMaxTableRows, is no plan: refused.
inline constexpr int kMaxTableColumns = 100;
inline constexpr int kMaxTableRows = 20000;
inline constexpr int kMaxTableCells = 200000;

// One line of what is printed: a line of a text file, a paragraph, or a line of a cell.
//
// Where it stands is counted in the decoded text, which for a text file is the file, and for every other format is the
// visible text: one paragraph (or one `<br>` piece, or one line of a cell) is one line, numbered from 1 in reading
// order. So a finding's line can be shown to a person whatever the format was.
struct SourceLine {
  // Line number from 1.
  int32_t line = 0;
  // Column of the first code point of `printed`, from 1. Above 1 for the second cell of a row that was one line.
  int32_t column = 1;
  // As decoded, with its indentation and without the line end. Characters that show nothing (zero width, BOM, soft
  // hyphen, control characters other than tab) were dropped by MakeSourceLine.
  std::u32string printed;
  // FoldWidths(printed): same length, so an offset in one is an offset in the other.
  std::u32string text;

  friend bool operator==(const SourceLine&, const SourceLine&) = default;
};

// A table cell with the lines in it; a blank cell has none, or blank ones.
struct SourceCell {
  std::vector<SourceLine> lines;
  // How many rows and columns it covers, itself included; at least 1. A vertically merged DOCX cell is one cell with a
  // row span, as in HTML.
  int row_span = 1;
  int column_span = 1;

  friend bool operator==(const SourceCell&, const SourceCell&) = default;
};

// A table as HTML writes it: a row lists only the cells that begin in it; places covered by a span from above or from
// the left are left out. Rows may be of unequal length.
//
// A table that only lays out the page is not a SourceTable: where a cell holds a further table, the decoder opens the
// outer one up and emits the contents of its cells as blocks in reading order.
struct SourceTable {
  std::vector<std::vector<SourceCell>> rows;

  // The line its first words stand in; 0 where it has none.
  int32_t FirstLine() const;

  friend bool operator==(const SourceTable&, const SourceTable&) = default;
};

// A line or a table.
struct SourceBlock {
  enum class Kind { kLine, kTable };
  Kind kind = Kind::kLine;
  // For kLine. A blank line is kept: in one-cell-a-line texts it can be a blank cell.
  SourceLine line;
  // For kTable.
  SourceTable table;

  friend bool operator==(const SourceBlock&, const SourceBlock&) = default;
};

// The format a document was decoded from.
enum class SourceFormat { kText, kHtml, kDocx, kXlsx, kCsv, kPdf };

// A decoded document.
struct SourceDocument {
  SourceFormat format = SourceFormat::kText;
  std::vector<SourceBlock> blocks;
  // The title the format itself carries (`<title>`, the core property), where there is one. A hint only.
  std::u32string format_title;

  // The last line that is numbered; 0 where there is none.
  int32_t LastLine() const;

  friend bool operator==(const SourceDocument&, const SourceDocument&) = default;
};

// The decoders. Each refuses more than kMaxDocumentBytes.
//
// ReadText: UTF-8, UTF-16 or GB18030 (see text_encoding.h). Lines of a pipe table, and runs of lines with tabs between
// cells, become a SourceTable; every other line is a line.
absl::StatusOr<SourceDocument> ReadText(std::string_view bytes);
// ReadHtml: a page as saved from a site; the charset comes from BOM, `<meta>` or detection. Entities and network are
// off.
absl::StatusOr<SourceDocument> ReadHtml(std::string_view bytes);
// ReadDocx: `word/document.xml`. The label of a numbered paragraph (Word's list styles) is written in front of its
// text, as Word prints it. Text boxes, headers, footers and deleted text are dropped.
absl::StatusOr<SourceDocument> ReadDocx(std::string_view bytes);

// ReadXlsx: the sheets that are shown, in order; hidden rows and columns are dropped, numbers are written as the sheet
// shows them (dates as `2024年6月30日`), formulas as what they gave when the file was saved; macros are never looked
// at. Rows at the top of a sheet that hold one cell only (a title) are lines; so is such a row at its end.
absl::StatusOr<SourceDocument> ReadXlsx(std::string_view bytes);
// ReadCsv: comma-, tab- or semicolon-separated values, laid out like a sheet. Text without such cells is read as text.
absl::StatusOr<SourceDocument> ReadCsvDocument(std::string_view bytes);

// What decoders build lines from.
//
// Folds what differs in width only, one code point for one: full-width ASCII to ASCII, half-width CJK punctuation to
// full-width, every space and tab to U+0020, small and vertical forms, compatibility ideographs and Kangxi radicals to
// the usual character. Circled and other enclosed numbers stay, since they are numbering. The rule is NFKC where that
// gives one code point.
std::u32string FoldWidths(std::u32string_view printed);
// A line from printed text: drops what shows nothing, composes (NFC), folds.
SourceLine MakeSourceLine(std::u32string_view printed, int32_t line, int32_t column = 1);
// A block of one line.
SourceBlock MakeLineBlock(SourceLine line);

// The error for a document that cannot be read.
absl::Status UnreadableDocument(std::string_view message_zh, std::string_view message_en);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_SOURCE_DOCUMENT_H_
