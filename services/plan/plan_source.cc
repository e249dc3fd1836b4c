#include "services/plan/plan_source.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

std::string SourceName(std::string_view plan) {
  return StrCat("source/", plan);
}

// Takes over what is printed until there is no more room.
class SourceCopy {
 public:
  explicit SourceCopy(v1::PlanSource* to) : to_(*to) {}

  void Add(const SourceBlock& block) {
    if (to_.cut()) return;
    if (block.kind == SourceBlock::Kind::kLine) {
      v1::PlanSource::Line line = Shown(block.line);
      if (Fits()) *to_.add_blocks()->mutable_line() = std::move(line);
    } else {
      Add(block.table);
    }
  }

 private:
  void Add(const SourceTable& table) {
    v1::PlanSource::Block* block = nullptr;
    for (const std::vector<SourceCell>& cells : table.rows) {
      v1::PlanSource::Row row;
      for (const SourceCell& cell : cells) *row.add_cells() = Shown(cell);
      if (!Fits()) return;
      if (block == nullptr) block = to_.add_blocks();
      *block->add_rows() = std::move(row);
    }
  }

  v1::PlanSource::Cell Shown(const SourceCell& cell) {
    v1::PlanSource::Cell shown;
    for (const SourceLine& line : cell.lines) *shown.add_lines() = Shown(line);
    shown.set_row_span(cell.row_span);
    shown.set_column_span(cell.column_span);
    return shown;
  }

  v1::PlanSource::Line Shown(const SourceLine& line) {
    v1::PlanSource::Line shown;
    shown.set_line(line.line);
    shown.set_column(line.column);
    shown.set_text(EncodeUtf8(line.printed));
    bytes_ += shown.text().size();
    return shown;
  }

  bool Fits() {
    to_.set_cut(bytes_ > kMaxSourceBytes);
    return !to_.cut();
  }

  v1::PlanSource& to_;
  size_t bytes_ = 0;
};

}  // namespace

v1::PlanSource ShownSource(const SourceDocument& document, const v1::Plan& plan) {
  v1::PlanSource source;
  source.set_source_name(plan.source_name());
  source.set_source_sha256(plan.source_sha256());
  SourceCopy copy(&source);
  for (const SourceBlock& block : document.blocks) copy.Add(block);
  return source;
}

void KeepSource(Transaction& transaction, std::string_view plan, const v1::PlanSource& source) {
  transaction.PutLocal(SourceName(plan), source);
}

absl::Status HandOverSource(Transaction& transaction, std::string_view draft, std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(const auto source, transaction.GetLocal<v1::PlanSource>(SourceName(draft)));
  if (source.has_value()) KeepSource(transaction, plan, *source);
  return absl::OkStatus();
}

void ForgetSource(Transaction& transaction, std::string_view plan) {
  transaction.DeleteLocal(SourceName(plan));
}

absl::StatusOr<v1::PlanSource> ReadSourceOf(const ReadView& view, const v1::Plan& plan) {
  DUBAN_ASSIGN_OR_RETURN(auto source, view.GetLocal<v1::PlanSource>(SourceName(plan.name())));
  if (!source.has_value() && !plan.revises().empty()) {
    DUBAN_ASSIGN_OR_RETURN(source, view.GetLocal<v1::PlanSource>(SourceName(plan.revises())));
  }
  // Places in another document would point at the wrong words.
  const bool same = source.has_value() && source->source_sha256() == plan.source_sha256();
  v1::PlanSource shown = same ? *std::move(source) : v1::PlanSource();
  shown.set_name(plan.name());
  return shown;
}

}  // namespace duban
