#include "services/plan/reader/document_to_plan.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/phrases/vocabulary.h"
#include "services/plan/reader/document_parts.h"
#include "services/plan/reader/finish_plan.h"
#include "services/plan/reader/hints.h"
#include "services/plan/reader/region_reader.h"
#include "services/plan/reader/table_rows.h"

namespace duban {
namespace {

// Reads one part of a document into rows.
class PartReader {
 public:
  // Counts into `columns` where names stood. `last`: nothing is read once more, so it also says what is not sure.
  PartReader(const Learned& learned, const Hints& hints, const Weights& weights, bool last, RowTable& table,
             NameColumns& columns)
      : learned_(learned), hints_(hints), weights_(weights), last_(last), table_(table), columns_(columns) {}

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
      DUBAN_ASSIGN_OR_RETURN(const bool read, ReadTableRows(source, headings, hints_.columns, table_columns_, table_));
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
  bool LooksLikeTasks() const {
    const WordTable& signs = DocumentSigns();
    size_t actors = 0;
    for (const TextLine& line : lines_) {
      const TextView t = line.flow.text();
      for (size_t at = 0; at < t.size(); ++at) actors += signs.LengthAt(t, at, "actor") > 0 ? 1 : 0;
    }
    return actors >= 2;
  }

  // Whether a column holds what is to be done, or may: one whose header is not understood.
  static bool NamesTasks(const std::vector<LabelMatch>& columns) {
    return HasColumn(columns, FieldKind::kText, FieldKind::kTitle, FieldKind::kHeading, FieldKind::kNumber,
                     FieldKind::kNone);
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
    for (const Region& region : RegionsOf(std::exchange(lines_, {}), hints_)) {
      // A list of people and telephones is no plan.
      if (!region.columns.empty() && !NamesTasks(region.columns)) continue;
      ReadRegion(region);
    }
  }

  void ReadRegion(const Region& region) {
    const MarkedRegion marked = MarkRegion(region, learned_);
    if (marked.run.flow.empty()) return;
    const Reading reading = BestReading(marked, weights_, last_);
    CountColumns(marked, reading, columns_);
    AddReadingRows(marked, reading, last_ ? &weights_ : nullptr, table_);
  }

  const Learned& learned_;
  const Hints& hints_;
  const Weights& weights_;
  const bool last_;
  RowTable& table_;
  NameColumns& columns_;
  std::vector<TextLine> lines_;
  std::vector<LabelMatch> table_columns_;
  bool table_read_ = false;
};

absl::StatusOr<std::vector<RowTable>> ReadTables(const DocumentParts& parts, const Hints& hints, const Weights& weights,
                                                 bool last, Learned& learned) {
  NameColumns columns;
  std::vector<RowTable> tables;
  size_t tasks = 0;
  for (const DocumentPart& part : parts.parts) {
    RowTable table;
    table.name = part.name;
    DUBAN_RETURN_IF_ERROR(PartReader(learned, hints, weights, last, table, columns).Read(part));
    tasks += table.rows.size();
    if (tasks > kMaxTasks) {
      return UnreadableDocument(
          StrCat("文件里的任务超过 ", kMaxTasks, " 项，请拆成几个文件再导入"),
          StrCat("the document has more than ", kMaxTasks, " tasks; split it and import the parts"));
    }
    tables.push_back(std::move(table));
  }
  learned.columns = std::move(columns);
  return tables;
}

// Teaches the lexicon the names of all units whose borders are printed. The same phrase is printed again and again, so
// each is parsed once.
void LearnNames(const std::vector<RowTable>& tables, UnitLexicon& lexicon) {
  absl::flat_hash_map<std::u32string, std::vector<std::u32string>> parsed;
  for (const RowTable& table : tables) {
    for (const TaskRow& row : table.rows) {
      for (const UnitCell& cell : row.units) {
        // A name that is read twice where its border is not printed is no chance.
        if (row.units_shared) continue;
        const auto [it, added] = parsed.try_emplace(std::u32string(cell.text.printed()));
        if (added) it->second = UnitNamesIn(cell.text);
        for (const std::u32string& name : it->second) lexicon.Learn(name, name);
      }
    }
  }
}

}  // namespace

absl::StatusOr<v1::Plan> DocumentToPlan(const SourceDocument& document, const ReadContext& context) {
  DUBAN_ASSIGN_OR_RETURN(const Hints hints, UnderstandHints(context.hints, document));
  DocumentParts parts = SplitDocument(document);
  for (DocumentPart& part : parts.parts) KeepLines(hints, part.blocks);
  const Weights& weights = context.weights != nullptr ? *context.weights : Weights::Learned();
  Learned learned;
  for (const KnownUnit& unit : context.known_units) {
    std::vector<std::u32string> aliases;
    for (const std::string& alias : unit.aliases) aliases.push_back(DecodeUtf8(alias));
    learned.lexicon.AddKnown(DecodeUtf8(unit.display_name), aliases, unit.resource, unit.group);
  }
  // The first pass learns the names that are printed clearly, and in which column; the second uses them where the print
  // is not clear.
  DUBAN_ASSIGN_OR_RETURN(std::vector<RowTable> tables, ReadTables(parts, hints, weights, false, learned));
  LearnNames(tables, learned.lexicon);
  DUBAN_ASSIGN_OR_RETURN(tables, ReadTables(parts, hints, weights, true, learned));
  v1::Plan plan = FinishPlan(parts.properties, std::move(tables), learned.lexicon, context.year);
  if (context.hints.ByteSizeLong() > 0) *plan.mutable_reading_hints() = context.hints;
  return plan;
}

}  // namespace duban
