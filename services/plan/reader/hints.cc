#include "services/plan/reader/hints.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

using v1::ReadingHints;

void UnderstandColumns(const ReadingHints& said, Hints* hints, FieldErrors* errors) {
  for (int i = 0; i < said.columns_size(); ++i) {
    const LabelMatch column = MatchColumn(FoldWidths(DecodeUtf8(said.columns(i))));
    hints->columns.push_back(column);
    if (column.kind != FieldKind::kNone) continue;
    errors->Add(
        StrCat("hints.columns[", i, "]"),
        StrCat("`", said.columns(i),
               "` is no column that is known; use words such as 序号, 任务, 牵头单位, 责任单位, "
               "配合单位, 时限, 责任人, 备注"),
        StrCat("“", said.columns(i),
               "”不是认识的栏目，请用“序号、类别、任务、牵头单位、责任单位、配合单位、时限、责任人、备注”一类的词"));
  }
  if (hints->columns.empty()) return;
  if (!HasColumn(hints->columns, FieldKind::kText, FieldKind::kTitle)) {
    errors->Add("hints.columns", "name no column for the task; name one 任务", "没有写任务在哪一栏，请写上“任务”");
  }
  if (!HasColumn(hints->columns, FieldKind::kUnits)) {
    errors->Add("hints.columns", "name no column for units; name one 责任单位",
                "没有写责任单位在哪一栏，请写上“责任单位”");
  }
}

void UnderstandLines(const ReadingHints& said, const SourceDocument& document, Hints* hints, FieldErrors* errors) {
  hints->first_line = said.first_line();
  if (said.last_line() > 0) hints->last_line = said.last_line();
  if (hints->last_line < hints->first_line) {
    errors->Add("hints.last_line", StrCat("is ", said.last_line(), ", before the first, ", said.first_line()),
                StrCat("是第", said.last_line(), "行，在开始的第", said.first_line(), "行之前"));
  }
  const int32_t last = document.LastLine();
  if (hints->first_line > last) {
    errors->Add("hints.first_line", StrCat("is ", said.first_line(), ", but the document ends at line ", last),
                StrCat("是第", said.first_line(), "行，但文件只有", last, "行"));
  }
}

// Whether all that a line says are headers of columns.
bool IsHeader(const TextLine& line) {
  std::vector<LabelMatch> columns;
  return MatchColumn(line.flow.text()).kind != FieldKind::kNone ||
         (line.flow.size() > 0 && MatchHeaderRun(line.flow.text(), 0, columns) == line.flow.size());
}

}  // namespace

absl::StatusOr<Hints> UnderstandHints(const ReadingHints& said, const SourceDocument& document) {
  Hints hints;
  FieldErrors errors;
  hints.layout = said.layout();
  UnderstandColumns(said, &hints, &errors);
  if (said.layout() == ReadingHints::PROSE && !said.columns().empty()) {
    errors.Add("hints.columns", "do not go with PROSE, which has none", "与“没有栏目的正文”（PROSE）矛盾，请去掉一个");
  }
  UnderstandLines(said, document, &hints, &errors);
  DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  return hints;
}

void KeepLines(const Hints& hints, std::vector<PartBlock>& blocks) {
  std::erase_if(blocks, [&](const PartBlock& block) {
    const auto* line = std::get_if<TextLine>(&block);
    const int32_t at = line != nullptr ? line->line : std::get<const SourceTable*>(block)->FirstLine();
    return at < hints.first_line || at > hints.last_line;
  });
}

std::vector<Region> RegionsOf(const std::vector<TextLine>& lines, const Hints& hints) {
  const bool columns = hints.layout == ReadingHints::CELLS || hints.layout == ReadingHints::ROWS;
  if (hints.layout == ReadingHints::PROSE) return {{lines, {}, false}};
  if (columns && !hints.columns.empty()) {
    Region region{{}, hints.columns, hints.layout == ReadingHints::ROWS};
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(region.lines),
                 [](const TextLine& line) { return !IsHeader(line); });
    return {std::move(region)};
  }
  std::vector<Region> regions = CutRegions(lines);
  for (Region& region : regions) {
    if (region.columns.empty()) continue;
    if (!hints.columns.empty()) region.columns = hints.columns;
    if (columns) region.squashed = hints.layout == ReadingHints::ROWS;
  }
  return regions;
}

}  // namespace duban
