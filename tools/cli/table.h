// Tables for people: columns aligned by display width (two columns for a Chinese character), wrapped to the terminal.
//
// A Table is a plain value; not thread-safe while it is filled.

#ifndef DUBAN_TOOLS_CLI_TABLE_H_
#define DUBAN_TOOLS_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duban::cli {

// How a piece of text looks where the terminal has colours. Colour never carries meaning alone.
enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow };

// What the terminal can do.
struct Look {
  // Columns to wrap to; 0: as wide as it takes (output that is not a terminal).
  size_t width = 0;
  bool color = false;
};

// `text` in `style`, where `look` has colours.
std::string Styled(std::string_view text, Style style, const Look& look);

// Text that cannot steer a terminal: control characters (but the line feed) and bidirectional overrides are dropped,
// a tab becomes a space.
std::string Printable(std::string_view text);

// Lines of at most `columns` (0: only line feeds break). Breaks at spaces and between Chinese characters, never before
// a closing mark or behind an opening one, and inside a word only where it is longer than a line.
std::vector<std::string> Wrap(std::string_view text, size_t columns);

// One field of a row. May hold line feeds.
struct Cell {
  Cell(std::string text, Style style = Style::kPlain) : text(std::move(text)), style(style) {}
  Cell(const char* text) : text(text) {}
  std::string text;
  Style style = Style::kPlain;
};

struct Column {
  std::string header;
  bool right = false;
  // Gives way, by wrapping its cells, where the table is wider than the terminal.
  bool flexible = false;
  // Share of what flexible columns have together, beside the others' weights. At least 1.
  size_t weight = 1;
};

// What a table holds, for other programs.
struct TableContent {
  std::vector<std::string> headers;
  // Which columns hold numbers.
  std::vector<bool> right;
  // As many cells as headers.
  std::vector<std::vector<std::string>> rows;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void Row(std::vector<Cell> cells);
  // A line across all columns: the heading of the rows below it.
  void Section(std::string text);
  // A line across all columns, without emphasis.
  void Note(std::string text);
  bool empty() const { return rows_.empty(); }

  // What sections are, as the header of a column: other programs get them so.
  void NameSections(std::string header) { section_header_ = std::move(header); }
  // Its rows, with their sections in a column before the others where these have a name. A note is a row with one cell.
  TableContent Content() const;

  // The table with its header line; every line ends with a line feed and none has blanks before it.
  std::string Render(const Look& look) const;

 private:
  struct Line {
    enum class Kind { kCells, kSection, kNote };
    Kind kind = Kind::kCells;
    std::vector<Cell> cells;
  };

  std::vector<size_t> Widths(const Look& look) const;
  void RenderCells(const std::vector<Cell>& cells, const std::vector<size_t>& widths, const Look& look,
                   std::string* out) const;

  std::vector<Column> columns_;
  std::vector<Line> rows_;
  std::string section_header_;
};

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_TABLE_H_
