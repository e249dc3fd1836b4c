#include "services/plan/reader/document_to_plan.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/reader/column_rows.h"
#include "services/plan/reader/document_parts.h"
#include "services/plan/reader/document_words.h"
#include "services/plan/reader/finish_plan.h"
#include "services/plan/reader/outline.h"
#include "services/plan/reader/text_rows.h"
#include "services/plan/reader/unit_phrase.h"

namespace duban {
namespace {

// Columns printed one header a line, or all in one line.
struct Header {
  size_t begin = 0;
  size_t end = 0;  // Behind its last line; 0: no header.
  bool squashed = false;
  std::vector<LabelMatch> columns;
  // Squashed: how far it goes in its line; the first row may follow in the same line.
  size_t line_offset = 0;
};

bool NamesUnits(const std::vector<LabelMatch>& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const LabelMatch& column) {
    return column.kind == FieldKind::kUnits || column.kind == FieldKind::kDeadline;
  });
}

// A header between two that are known, whose word is not: one short word, with another known header below it.
bool IsUnknownColumn(const std::vector<TextLine>& lines, size_t at, size_t columns_before) {
  const TextView t = lines[at].flow.text();
  if (columns_before == 0 || t.size() > 8 || t.find_first_of(U"。;:,、(") != TextView::npos || NumberAlone(t) > 0 ||
      MatchMark(t, 0).level != kNoLevel) {
    return false;
  }
  for (size_t k = at + 1; k < lines.size(); ++k) {
    if (!lines[k].blank) return MatchColumn(lines[k].flow.text()).kind != FieldKind::kNone;
  }
  return false;
}

Header FindHeader(const std::vector<TextLine>& lines) {
  Header header;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].blank) continue;
    const TextView t = lines[i].flow.text();
    for (size_t p = 0; p < t.size() && p < 120; ++p) {
      if (t[p] != U'序' && p > 0 && MatchColumnAt(t, p).length < 3) continue;
      const size_t n = MatchHeaderRun(t, p, header.columns);
      if (n == 0) continue;
      header.begin = i;
      header.end = i + 1;
      header.squashed = true;
      header.line_offset = p + n;
      return header;
    }
    std::vector<LabelMatch> columns;
    size_t end = i;
    for (size_t k = i; k < lines.size(); ++k) {
      if (lines[k].blank) continue;
      const LabelMatch match = MatchColumn(lines[k].flow.text());
      if (match.kind == FieldKind::kNone && !IsUnknownColumn(lines, k, columns.size())) break;
      columns.push_back(match);
      end = k + 1;
    }
    if (columns.size() >= 2 && NamesUnits(columns)) {
      header.begin = i;
      header.end = end;
      header.columns = std::move(columns);
      return header;
    }
    if (columns.size() > 1) i = end - 1;
  }
  header.columns.clear();
  return header;
}

// Lines without the header, wherever a page repeats it.
std::vector<TextLine> WithoutHeader(const std::vector<TextLine>& lines, const Header& header) {
  std::vector<TextLine> kept(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(header.begin));
  if (header.squashed && header.line_offset < lines[header.begin].flow.size()) {
    TextLine rest = lines[header.begin];
    rest.flow = rest.flow.Slice(header.line_offset);
    kept.push_back(std::move(rest));
  }
  for (size_t i = header.end; i < lines.size(); ++i) {
    if (lines[i].blank) {
      kept.push_back(lines[i]);
      continue;
    }
    if (header.squashed) {
      std::vector<LabelMatch> again;
      const size_t n = MatchHeaderRun(lines[i].flow.text(), 0, again);
      if (n > 0 && again.size() == header.columns.size()) {
        if (n < lines[i].flow.size()) {
          kept.push_back(lines[i]);
          kept.back().flow = lines[i].flow.Slice(n);
        }
        continue;
      }
    } else {
      size_t run = 0;
      size_t k = i;
      for (; k < lines.size() && run < header.columns.size(); ++k) {
        if (lines[k].blank) continue;
        const FieldKind kind = MatchColumn(lines[k].flow.text()).kind;
        if (kind == FieldKind::kNone || kind != header.columns[run].kind) break;
        ++run;
      }
      if (run == header.columns.size() && run >= 2) {
        i = k - 1;
        continue;
      }
    }
    kept.push_back(lines[i]);
  }
  return kept;
}

// Reads one part of a document into rows.
class PartReader {
 public:
  PartReader(const UnitLexicon& lexicon, RowTable& table) : lexicon_(lexicon), table_(table) {}

  absl::Status Read(const DocumentPart& part) {
    const bool has_tables = std::any_of(part.blocks.begin(), part.blocks.end(), [](const PartBlock& block) {
      return std::holds_alternative<const SourceTable*>(block);
    });
    for (const PartBlock& block : part.blocks) {
      if (const auto* line = std::get_if<TextLine>(&block)) {
        lines_.push_back(*line);
        continue;
      }
      const SourceTable& source = *std::get<const SourceTable*>(block);
      const std::vector<FlowText> headings = HeadingsAboveTable();
      DUBAN_ASSIGN_OR_RETURN(const bool read, ReadTableRows(source, headings, lexicon_, columns_, table_));
      if (read) {
        table_read_ = true;
        lines_.clear();
      } else {
        AddTableLines(source);
      }
    }
    if (!lines_.empty() && (!has_tables || !table_read_ || LooksLikeTasks())) ReadLines();
    return absl::OkStatus();
  }

 private:
  // Chapter headings printed between tables; other lines above a table are read as text first.
  std::vector<FlowText> HeadingsAboveTable() {
    std::vector<FlowText> headings;
    bool only_headings = true;
    for (const TextLine& line : lines_) {
      if (line.blank) continue;
      const OutlineMark mark = MatchMark(line.flow.text(), 0);
      if (mark.level == kChapter || mark.level == kSection) {
        if (line.flow.size() <= 60) {
          if (mark.level == kChapter) headings.clear();
          headings.push_back(line.flow);
          continue;
        }
      }
      only_headings = only_headings && line.flow.size() < 60;
    }
    if (!only_headings && LooksLikeTasks()) {
      ReadLines();
      headings.clear();
    }
    return headings;
  }

  // Whether the lines hold requirements and not only titles, notes and signatures.
  bool LooksLikeTasks() const { return CountActors(lines_) >= 2; }

  // Whether a column holds what is to be done, or may: one whose header is not understood.
  static bool NamesTasks(const std::vector<LabelMatch>& columns) {
    return std::any_of(columns.begin(), columns.end(), [](const LabelMatch& column) {
      return column.kind == FieldKind::kText || column.kind == FieldKind::kTitle ||
             column.kind == FieldKind::kHeading || column.kind == FieldKind::kNumber || column.kind == FieldKind::kNone;
    });
  }

  static size_t CountActors(const std::vector<TextLine>& lines) {
    size_t labels = 0;
    for (const TextLine& line : lines) {
      const TextView t = line.flow.text();
      for (TextView word : {TextView(U"牵头"), TextView(U"责任单位"), TextView(U"配合")}) labels += Contains(t, word);
    }
    return labels;
  }

  // A table that is no plan table may still hold the plan's text (a page laid out by a table).
  void AddTableLines(const SourceTable& source) {
    for (const auto& row : source.rows) {
      for (const SourceCell& cell : row) {
        for (const SourceLine& source_line : cell.lines) {
          TextLine line;
          line.flow.Append(source_line);
          line.line = source_line.line;
          if (!line.flow.empty()) lines_.push_back(std::move(line));
        }
      }
    }
  }

  void ReadLines() {
    std::vector<TextLine> lines = std::exchange(lines_, {});
    TextLayout layout;
    const Header header = FindHeader(lines);
    if (header.end > 0) {
      // What stands above a header is the annex's title or the plan's preamble.
      std::vector<TextLine> rows = WithoutHeader(lines, header);
      auto above = std::min(rows.size(), header.begin);
      // Requirements may stand there, too, in prose.
      const std::vector<TextLine> prose(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(above));
      if (CountActors(prose) >= 2) {
        ReadTextRows(prose, TextLayout(), lexicon_, table_);
        rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(above));
        above = 0;
      }
      // A list of people and telephones is no plan.
      if (!NamesTasks(header.columns)) return;
      const bool marks_above =
          std::any_of(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(above), [](const TextLine& line) {
            const OutlineMark mark = MatchMark(line.flow.text(), 0);
            return mark.level == kItem && line.flow.size() > 20;
          });
      if (!marks_above) rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(above));
      lines = std::move(rows);
      layout.squashed = header.squashed;
      layout.columns = header.columns;
      if (!header.squashed && CellsAreLines(lines, header.columns) &&
          ReadCellRows(lines, header.columns, lexicon_, table_)) {
        return;
      }
    }
    ReadTextRows(lines, layout, lexicon_, table_);
  }

  // One cell a line, to be sorted into the columns: the numbers stand alone, or there are none at all.
  static bool CellsAreLines(const std::vector<TextLine>& lines, const std::vector<LabelMatch>& columns) {
    size_t alone = 0;
    size_t marked = 0;
    for (const TextLine& line : lines) {
      if (line.blank) continue;
      const TextView t = line.flow.text();
      if (NumberAlone(t) > 0) {
        ++alone;
      } else {
        marked += MatchMark(t, 0).level >= kItem;
      }
    }
    return alone >= 2 ? alone >= marked : marked == 0 && columns.size() >= 2;
  }

  const UnitLexicon& lexicon_;
  RowTable& table_;
  std::vector<TextLine> lines_;
  std::vector<LabelMatch> columns_;
  bool table_read_ = false;
};

absl::StatusOr<std::vector<RowTable>> ReadTables(const DocumentParts& parts, const UnitLexicon& lexicon) {
  std::vector<RowTable> tables;
  size_t tasks = 0;
  for (const DocumentPart& part : parts.parts) {
    RowTable table;
    table.name = part.name;
    DUBAN_RETURN_IF_ERROR(PartReader(lexicon, table).Read(part));
    tasks += table.rows.size();
    if (tasks > kMaxTasks) {
      return UnreadableDocument(
          StrCat("文件里的任务超过 ", kMaxTasks, " 项，请拆成几个文件再导入"),
          StrCat("the document has more than ", kMaxTasks, " tasks; split it and import the parts"));
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

// Teaches the lexicon the names of all units whose borders are printed. The same phrase is printed again and again, so
// each is parsed once.
void LearnNames(const std::vector<RowTable>& tables, UnitLexicon& lexicon) {
  absl::flat_hash_map<std::u32string, std::vector<std::u32string>> parsed;
  for (const RowTable& table : tables) {
    for (const TaskRow& row : table.rows) {
      for (const UnitCell& cell : row.units) {
        if (!cell.clean || row.units_shared) continue;
        const auto [it, added] = parsed.try_emplace(std::u32string(cell.text.printed()));
        if (added) it->second = UnitNamesIn(cell.text);
        for (const std::u32string& name : it->second) lexicon.Learn(name, name);
      }
    }
  }
}

// Whether anything was left unclear that the names learned since could settle.
bool IsUnclear(const std::vector<RowTable>& tables) {
  return std::any_of(tables.begin(), tables.end(), [](const RowTable& table) {
    if (!table.leftovers.empty()) return true;
    return std::any_of(table.rows.begin(), table.rows.end(), [](const TaskRow& row) {
      const bool clean =
          std::all_of(row.units.begin(), row.units.end(), [](const UnitCell& cell) { return cell.clean; });
      return row.units.empty() || !row.notes.empty() || !clean;
    });
  });
}

}  // namespace

absl::StatusOr<v1::Plan> DocumentToPlan(const SourceDocument& document, const ReadContext& context) {
  const DocumentParts parts = SplitDocument(document);
  UnitLexicon lexicon;
  for (const KnownUnit& unit : context.known_units) {
    std::vector<std::u32string> aliases;
    for (const std::string& alias : unit.aliases) aliases.push_back(DecodeUtf8(alias));
    lexicon.AddKnown(DecodeUtf8(unit.display_name), aliases, unit.resource, unit.group);
  }
  // The first reading learns the names that are printed clearly; a second uses them where the print is not clear.
  DUBAN_ASSIGN_OR_RETURN(std::vector<RowTable> tables, ReadTables(parts, lexicon));
  LearnNames(tables, lexicon);
  if (IsUnclear(tables)) {
    DUBAN_ASSIGN_OR_RETURN(tables, ReadTables(parts, lexicon));
  }
  return FinishPlan(parts.properties, std::move(tables), lexicon, context.year);
}

}  // namespace duban
