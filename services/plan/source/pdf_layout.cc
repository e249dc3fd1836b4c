#include "services/plan/source/pdf_layout.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/text.h"
#include "services/plan/source/table_builder.h"

namespace duban {
namespace {

// Headers of a table, at least.
constexpr size_t kFewestColumns = 3;
// So many chapters and sections stand in a row between the rows of a table; more lines are no part of it.
constexpr size_t kMostChapters = 2;
// A line that ends this near to the right edge, in half-width characters, goes on in the next.
constexpr size_t kNearEdge = 5;
// A paragraph's first line stands at least so far behind the edge.
constexpr size_t kIndent = 2;
// What stands so far behind it is centred.
constexpr size_t kCentred = 8;

// Text between two gaps of a line.
struct Piece {
  size_t begin = 0;
  size_t end = 0;
};

struct PrintedLine {
  std::u32string text;
  std::vector<Piece> pieces;
  bool after_blank = false;  // A blank line stands in front of it.

  size_t begin() const { return pieces.front().begin; }
  // Where it ends, in half-width characters from its first.
  size_t width() const { return DisplayWidth(EncodeUtf8(text.substr(begin()))); }
};
using Lines = std::vector<PrintedLine>;

std::vector<Piece> PiecesOf(std::u32string_view text) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U' ') continue;
    const bool goes_on = !pieces.empty() && i < pieces.back().end + 2;
    if (!goes_on) pieces.push_back({i, i});
    pieces.back().end = i + 1;
  }
  return pieces;
}

// `- 3 -`, `第3页`: it stands above or below what is read, and would fall into a table's last row.
bool IsPageNumber(const PrintedLine& line) {
  constexpr std::u32string_view kSigns = U" -—－–·第页共/0123456789";
  return line.text.find_first_not_of(kSigns) == std::u32string::npos &&
         line.text.find_first_of(U"0123456789") != std::u32string::npos && line.pieces.size() <= 3;
}

void DropPageNumbers(Lines& page) {
  if (!page.empty() && IsPageNumber(page.back())) page.pop_back();
  if (!page.empty() && IsPageNumber(page.front())) page.erase(page.begin());
}

std::vector<Lines> PagesOf(std::u32string_view text) {
  std::vector<Lines> pages(1);
  bool blank = false;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(U"\n\f", begin), text.size());
    PrintedLine line;
    line.text = text.substr(begin, end - begin);
    line.pieces = PiecesOf(line.text);
    line.after_blank = blank;
    blank = line.pieces.empty();
    if (!blank) pages.back().push_back(std::move(line));
    if (end < text.size() && text[end] == U'\f') pages.emplace_back(), blank = false;
    begin = end + 1;
  }
  for (Lines& page : pages) DropPageNumbers(page);
  return pages;
}

// The columns of a table: where each begins, found from what no line of it runs over.
class Columns {
 public:
  explicit Columns(const PrintedLine& headers) : spans_(headers.pieces) {}

  size_t size() const { return spans_.size(); }
  size_t begin() const { return spans_.front().begin; }

  // The column a piece stands in: that which it overlaps, or else the nearest. Where it overlaps several it is none.
  size_t Of(const Piece& piece) const {
    size_t best = size();
    for (size_t c = 0; c < size(); ++c) {
      if (piece.begin >= spans_[c].end || piece.end <= spans_[c].begin) continue;
      if (best != size()) return size();
      best = c;
    }
    if (best != size()) return best;
    size_t nearest = 0;
    for (size_t c = 1; c < size(); ++c) {
      if (Distance(piece, spans_[c]) < Distance(piece, spans_[nearest])) nearest = c;
    }
    return nearest;
  }

  bool Fits(const PrintedLine& line) const {
    size_t last = size();
    for (const Piece& piece : line.pieces) {
      const size_t column = Of(piece);
      if (column == size() || (last != size() && column <= last)) return false;
      last = column;
    }
    return true;
  }

  // Columns are as wide as what stands in them.
  void Widen(const PrintedLine& line) {
    for (const Piece& piece : line.pieces) {
      Piece& span = spans_[Of(piece)];
      span = {std::min(span.begin, piece.begin), std::max(span.end, piece.end)};
    }
  }

 private:
  static size_t Distance(const Piece& a, const Piece& b) {
    return a.end <= b.begin ? b.begin - a.end : a.begin - b.end;
  }

  std::vector<Piece> spans_;
};

bool EndsSentence(std::u32string_view text) {
  return !text.empty() && std::u32string_view(U"。；！？.;").find(text.back()) != std::u32string_view::npos;
}

class PageReader {
 public:
  PageReader(size_t left, size_t right, BlockBuilder& builder) : left_(left), right_(right), builder_(builder) {}

  void Read(const Lines& lines) {
    for (size_t i = 0; i < lines.size() && builder_.status().ok();) {
      const size_t end = AddTable(lines, i);
      if (end == i) AddLine(lines[end]);
      i = std::max(end, i + 1);
    }
  }

  // What stands at the end of a page may go on on the next.
  void EndParagraph() {
    if (!paragraph_.empty()) builder_.AddLine(std::exchange(paragraph_, {}));
  }

 private:
  void AddLine(const PrintedLine& line) {
    const bool indented = line.begin() >= left_ + kIndent;
    if (!open_ || indented || line.pieces.size() > 1) EndParagraph();
    std::u32string_view text = std::u32string_view(line.text).substr(line.begin());
    text = text.substr(0, line.pieces.back().end - line.begin());
    paragraph_ += text;
    // A centred title ends where it ends.
    open_ = line.begin() < left_ + kCentred && 2 * line.begin() + line.width() + kNearEdge >= 2 * left_ + right_;
  }

  // Just behind the table that begins at `begin`; `begin` where none does. `columns` is widened to what stands in them.
  static size_t TableEnd(const Lines& lines, size_t begin, Columns& columns) {
    size_t end = begin;
    bool several = false;  // A line of several pieces fits.
    size_t wide = 0;
    for (size_t i = begin; i < lines.size() && wide <= kMostChapters; ++i) {
      if (IsWide(lines[i], columns)) {
        ++wide;
        continue;
      }
      if (!columns.Fits(lines[i])) break;
      columns.Widen(lines[i]);
      several = several || lines[i].pieces.size() > 1;
      wide = 0;
      end = i + 1;
    }
    return several ? end : begin;
  }

  // A piece alone at the left edge that runs over into other columns: a chapter.
  static bool IsWide(const PrintedLine& line, const Columns& columns) {
    return line.pieces.size() == 1 && columns.Of(line.pieces[0]) == columns.size() &&
           line.begin() <= columns.begin() + kIndent;
  }

  // Adds the table that begins at `begin`, or goes on there from the page before; where it ends, `begin` where there is
  // none.
  size_t AddTable(const Lines& lines, size_t begin) {
    const size_t pieces = lines[begin].pieces.size();
    const bool headed = pieces >= kFewestColumns && pieces <= static_cast<size_t>(kMaxTableColumns);
    for (const bool goes_on : {true, false}) {
      if (goes_on ? begin > 0 || !table_.has_value() : !headed) continue;
      Columns columns = goes_on ? *table_ : Columns(lines[begin]);
      const size_t rows = begin + !goes_on;
      const size_t end = TableEnd(lines, rows, columns);
      if (end == rows) continue;
      EndParagraph();
      builder_.BeginTable();
      if (!goes_on) AddRow(lines, begin, rows, columns);
      AddSections(lines, rows, end, columns);
      builder_.EndTable();
      table_.reset();
      if (end == lines.size()) table_ = std::move(columns);
      return end;
    }
    table_.reset();
    return begin;
  }

  void AddSections(const Lines& lines, size_t begin, size_t end, const Columns& columns) {
    for (size_t i = begin; i < end;) {
      size_t section = i;
      while (section < end && !IsWide(lines[section], columns)) ++section;
      AddRows(lines, i, section, columns);
      if (section < end) AddWide(lines[section++], columns);
      i = section;
    }
  }

  // Lines without a chapter between them: each row around a line that prints something in the first column.
  void AddRows(const Lines& lines, size_t begin, size_t end, const Columns& columns) {
    std::vector<size_t> anchors;
    for (size_t i = begin; i < end; ++i) {
      if (columns.Of(lines[i].pieces[0]) == 0) anchors.push_back(i);
    }
    size_t from = begin;
    for (size_t a = 0; a < anchors.size(); ++a) {
      const size_t to = a + 1 < anchors.size() ? RowEnd(lines, from, anchors[a], anchors[a + 1]) : end;
      AddRow(lines, from, to, columns);
      from = to;
    }
    if (anchors.empty() && begin < end) AddRow(lines, begin, end, columns);
  }

  // Where the row ends that begins at `from` and has its first cell at `anchor`, before the next's at `next`: as many
  // lines behind as in front of it (or at the top all), where sentences end, and where a blank line stands.
  static size_t RowEnd(const Lines& lines, size_t from, size_t anchor, size_t next) {
    size_t best = anchor + 1;
    int best_cost = 1 << 20;
    for (size_t end = anchor + 1; end <= next; ++end) {
      const auto above = static_cast<int>(anchor - from), below = static_cast<int>(end - anchor - 1);
      int cost = 2 * std::abs(above - below);
      if (above == 0) cost = end == next ? 0 : std::min(cost, 4);
      if (!SentencesEnd(lines[end - 1])) cost += 3;
      if (end < lines.size() && lines[end].after_blank) cost -= 2;
      if (cost < best_cost) best_cost = cost, best = end;
    }
    return best;
  }

  // Whether the longest cell of the line ends a sentence.
  static bool SentencesEnd(const PrintedLine& line) {
    const auto longest = std::max_element(line.pieces.begin(), line.pieces.end(), [](const Piece& a, const Piece& b) {
      return a.end - a.begin < b.end - b.begin;
    });
    return EndsSentence(std::u32string_view(line.text).substr(longest->begin, longest->end - longest->begin));
  }

  void AddRow(const Lines& lines, size_t begin, size_t end, const Columns& columns) {
    std::vector<std::u32string> cells(columns.size());
    for (size_t i = begin; i < end; ++i) {
      for (const Piece& piece : lines[i].pieces) {
        std::u32string& cell = cells[std::min(columns.Of(piece), columns.size() - 1)];
        cell += std::u32string_view(lines[i].text).substr(piece.begin, piece.end - piece.begin);
      }
    }
    builder_.BeginRow();
    for (const std::u32string& cell : cells) {
      builder_.BeginCell(1, 1);
      if (!cell.empty()) builder_.AddLine(cell);
      builder_.EndCell();
    }
    builder_.EndRow();
  }

  void AddWide(const PrintedLine& line, const Columns& columns) {
    builder_.BeginRow();
    builder_.BeginCell(1, static_cast<int>(columns.size()));
    builder_.AddLine(std::u32string_view(line.text).substr(line.begin()));
    builder_.EndCell();
    builder_.EndRow();
  }

  std::optional<Columns> table_;  // That of the end of the page before.
  const size_t left_;
  const size_t right_;  // Behind `left_`, in half-width characters.
  BlockBuilder& builder_;
  std::u32string paragraph_;
  bool open_ = false;  // The last line reached the right edge.
};

}  // namespace

absl::StatusOr<SourceDocument> ReadPdfLayout(std::string_view text) {
  const std::vector<Lines> pages = PagesOf(DecodeUtf8(text));
  size_t left = std::u32string::npos, right = 0;
  for (const Lines& page : pages) {
    for (const PrintedLine& line : page) left = std::min(left, line.begin());
  }
  for (const Lines& page : pages) {
    for (const PrintedLine& line : page) {
      if (line.pieces.size() == 1) right = std::max(right, 2 * (line.begin() - left) + line.width());
    }
  }
  if (left == std::u32string::npos) {
    return UnreadableDocument("PDF 里没有文字（可能是扫描件），请导入 .docx 原件或另存为文本的文件",
                              "the PDF holds no text (a scan, perhaps); import the .docx original or a text file");
  }
  SourceDocument document;
  document.format = SourceFormat::kPdf;
  BlockBuilder builder;
  PageReader reader(left, right, builder);
  for (const Lines& page : pages) reader.Read(page);
  reader.EndParagraph();
  DUBAN_RETURN_IF_ERROR(builder.status());
  document.blocks = builder.Take();
  return document;
}

}  // namespace duban
