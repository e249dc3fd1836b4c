#include "tools/cli/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::cli {
namespace {

// Blanks between two columns.
constexpr size_t kGap = 2;
// A flexible column is not made narrower than this, nor than its longest word where that is no longer than a date in
// brackets: a date that is broken cannot be read.
constexpr size_t kNarrowest = 8;
constexpr size_t kLongestWord = 15;

// Marks that may not begin a line, and marks that may not end one.
constexpr std::string_view kClosing = "、，。；：！？）》」』】〕〉”’…—％),.;:!?%]}";
constexpr std::string_view kOpening = "（《「『【〔〈“‘([{";

bool IsOneOf(std::string_view character, std::string_view set) {
  for (size_t at = 0; at < set.size(); at += CharacterBytes(set, at)) {
    if (set.substr(at, CharacterBytes(set, at)) == character) return true;
  }
  return false;
}

// Pieces of a line that are not broken: a word, or a Chinese character with the marks that cling to it. A piece of
// blanks is a piece of its own.
std::vector<std::string_view> Pieces(std::string_view line) {
  std::vector<std::string_view> pieces;
  size_t begin = 0;
  bool open = false;      // The next character joins this piece whatever it is.
  bool breakable = true;  // A wide character ends a piece.
  const auto flush = [&](size_t end) {
    if (end > begin) pieces.push_back(line.substr(begin, end - begin));
    begin = end;
  };
  for (size_t at = 0; at < line.size();) {
    const size_t bytes = CharacterBytes(line, at);
    const std::string_view character = line.substr(at, bytes);
    const bool blank = character == " ";
    const bool wide = DisplayWidth(character) == 2;
    const bool closing = IsOneOf(character, kClosing);
    const bool was_blank = begin < at && line[begin] == ' ';
    if (blank != was_blank && begin < at) {
      flush(at);
    } else if (!blank && !open && !closing && (wide || breakable)) {
      flush(at);
    }
    open = !blank && IsOneOf(character, kOpening);
    breakable = wide || (closing && breakable);
    at += bytes;
  }
  flush(line.size());
  return pieces;
}

// The longest beginning of `text` that takes at most `columns`, but at least one character.
size_t FittingBytes(std::string_view text, size_t columns) {
  size_t at = CharacterBytes(text, 0);
  while (at < text.size()) {
    const size_t next = at + CharacterBytes(text, at);
    if (DisplayWidth(text.substr(0, next)) > columns) break;
    at = next;
  }
  return at;
}

void WrapLine(std::string_view line, size_t columns, std::vector<std::string>* out) {
  std::string current;
  for (std::string_view piece : Pieces(line)) {
    const size_t used = DisplayWidth(current);
    if (used + DisplayWidth(piece) <= columns) {
      current += piece;
      continue;
    }
    if (!current.empty()) {
      out->push_back(current);
      current.clear();
    }
    if (piece.front() == ' ') continue;
    while (DisplayWidth(piece) > columns) {
      const size_t bytes = FittingBytes(piece, columns);
      if (bytes == piece.size()) break;
      out->emplace_back(piece.substr(0, bytes));
      piece.remove_prefix(bytes);
    }
    current = std::string(piece);
  }
  out->push_back(current);
}

// Columns of the longest piece of a text that is no longer than kLongestWord.
size_t LongestWord(std::string_view text) {
  size_t longest = 0;
  for (const std::string& line : Wrap(text, 0)) {
    for (std::string_view piece : Pieces(line)) {
      const size_t width = DisplayWidth(piece);
      if (width <= kLongestWord) longest = std::max(longest, width);
    }
  }
  return longest;
}

void TrimRight(std::string* line) {
  while (!line->empty() && line->back() == ' ') line->pop_back();
}

}  // namespace

std::string Styled(std::string_view text, Style style, const Look& look) {
  if (!look.color || style == Style::kPlain || text.empty()) return std::string(text);
  const char* code = "1";
  switch (style) {
    case Style::kDim:
      code = "90";
      break;
    case Style::kRed:
      code = "31";
      break;
    case Style::kGreen:
      code = "32";
      break;
    case Style::kYellow:
      code = "33";
      break;
    default:
      break;
  }
  return StrCat("\x1b[", code, "m", text, "\x1b[0m");
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = CharacterBytes(text, at);
    const std::string_view character = text.substr(at, bytes);
    at += bytes;
    const auto first = static_cast<unsigned char>(character[0]);
    if (character == "\t") {
      out += ' ';
    } else if ((first < 0x20 && first != '\n') || first == 0x7F) {
      continue;
    } else if (first == 0xC2 && bytes == 2 && static_cast<unsigned char>(character[1]) < 0xA0) {
      continue;  // U+0080 to U+009F.
    } else if ((character >= "\u202A" && character <= "\u202E") || (character >= "\u2066" && character <= "\u2069")) {
      continue;
    } else {
      out += character;
    }
  }
  return out;
}

std::vector<std::string> Wrap(std::string_view text, size_t columns) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (columns == 0 || DisplayWidth(line) <= columns) {
      lines.emplace_back(line);
    } else {
      WrapLine(line, columns, &lines);
    }
    if (end == text.size()) break;
    begin = end + 1;
  }
  for (std::string& line : lines) TrimRight(&line);
  return lines;
}

void Table::Row(std::vector<Cell> cells) {
  assert(cells.size() == columns_.size());
  for (Cell& cell : cells) cell.text = Printable(cell.text);
  rows_.push_back({Line::Kind::kCells, std::move(cells)});
}

void Table::Section(std::string text) {
  rows_.push_back({Line::Kind::kSection, {Cell(Printable(text))}});
}

void Table::Note(std::string text) {
  rows_.push_back({Line::Kind::kNote, {Cell(Printable(text))}});
}

// Every column as wide as its widest line; where that is too much, the flexible ones share what the others leave.
std::vector<size_t> Table::Widths(const Look& look) const {
  std::vector<size_t> widths(columns_.size()), narrowest(columns_.size(), kNarrowest);
  for (size_t i = 0; i < columns_.size(); ++i) {
    widths[i] = DisplayWidth(columns_[i].header);
    for (const Line& row : rows_) {
      if (row.kind != Line::Kind::kCells) continue;
      narrowest[i] = std::max(narrowest[i], LongestWord(row.cells[i].text));
      for (const std::string& line : Wrap(row.cells[i].text, 0)) widths[i] = std::max(widths[i], DisplayWidth(line));
    }
  }
  const size_t gaps = columns_.empty() ? 0 : kGap * (columns_.size() - 1);
  if (look.width == 0 || std::accumulate(widths.begin(), widths.end(), gaps) <= look.width) return widths;
  std::vector<size_t> open;  // Flexible columns whose share is not settled.
  size_t taken = gaps;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].flexible) {
      open.push_back(i);
    } else {
      taken += widths[i];
    }
  }
  // The least demanding first: what it does not need goes to the others.
  std::sort(open.begin(), open.end(),
            [&](size_t a, size_t b) { return widths[a] * columns_[b].weight < widths[b] * columns_[a].weight; });
  size_t left = look.width > taken ? look.width - taken : 0;
  size_t weights = 0;
  for (const size_t i : open) weights += columns_[i].weight;
  for (const size_t i : open) {
    const size_t share = std::max(left * columns_[i].weight / weights, narrowest[i]);
    widths[i] = std::min(widths[i], share);
    left -= std::min(left, widths[i]);
    weights -= columns_[i].weight;
  }
  return widths;
}

void Table::RenderCells(const std::vector<Cell>& cells, const std::vector<size_t>& widths, const Look& look,
                        std::string* out) const {
  std::vector<std::vector<std::string>> wrapped;
  size_t height = 1;
  for (size_t i = 0; i < cells.size(); ++i) {
    wrapped.push_back(Wrap(cells[i].text, columns_[i].flexible ? widths[i] : 0));
    height = std::max(height, wrapped.back().size());
  }
  for (size_t row = 0; row < height; ++row) {
    std::string line;
    size_t owed = 0;  // Blanks that are due before the next text.
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string text = row < wrapped[i].size() ? wrapped[i][row] : "";
      const size_t width = DisplayWidth(text);
      const size_t pad = widths[i] > width ? widths[i] - width : 0;
      if (!text.empty()) {
        line.append(owed + (columns_[i].right ? pad : 0), ' ');
        line += Styled(text, cells[i].style, look);
        owed = columns_[i].right ? 0 : pad;
      } else {
        owed += widths[i];
      }
      owed += kGap;
    }
    *out += line;
    *out += '\n';
  }
}

TableContent Table::Content() const {
  const bool sections = !section_header_.empty();
  TableContent content;
  if (sections) {
    content.headers.push_back(section_header_);
    content.right.push_back(false);
  }
  for (const Column& column : columns_) {
    content.headers.push_back(column.header);
    content.right.push_back(column.right);
  }
  std::string section;
  for (const Line& line : rows_) {
    if (sections && line.kind == Line::Kind::kSection) {
      section = line.cells[0].text;
      continue;
    }
    std::vector<std::string> row;
    if (sections) row.push_back(section);
    for (const Cell& cell : line.cells) row.push_back(cell.text);
    row.resize(content.headers.size());
    content.rows.push_back(std::move(row));
  }
  return content;
}

std::string Table::Render(const Look& look) const {
  const std::vector<size_t> widths = Widths(look);
  const size_t gaps = columns_.empty() ? 0 : kGap * (columns_.size() - 1);
  size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
  if (look.width > 0) total = std::min(total, look.width);
  std::string out;
  std::vector<Cell> header;
  for (const Column& column : columns_) header.emplace_back(column.header, Style::kBold);
  RenderCells(header, widths, look, &out);
  for (size_t i = 0; i < total; ++i) out += "─";
  out += '\n';
  for (const Line& row : rows_) {
    if (row.kind == Line::Kind::kCells) {
      RenderCells(row.cells, widths, look, &out);
      continue;
    }
    const Style style = row.kind == Line::Kind::kSection ? Style::kBold : Style::kPlain;
    for (const std::string& line : Wrap(row.cells[0].text, look.width))
      StrAppend(&out, Styled(line, style, look), "\n");
  }
  return out;
}

}  // namespace duban::cli
