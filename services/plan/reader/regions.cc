#include "services/plan/reader/regions.h"

#include <algorithm>
#include <utility>

#include "services/plan/phrases/outline.h"

namespace duban {
namespace {

bool SameKinds(const std::vector<LabelMatch>& a, const std::vector<LabelMatch>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LabelMatch& x, const LabelMatch& y) { return x.kind == y.kind && x.role == y.role; });
}

class RegionCutter {
 public:
  explicit RegionCutter(const std::vector<TextLine>& lines) : lines_(lines) {}

  std::vector<Region> Cut() {
    regions_.emplace_back();
    for (size_t i = 0; i < lines_.size();) {
      const size_t header = lines_[i].blank ? 0 : HeaderLines(i);
      if (header > 0) {
        i += header;
      } else {
        CutLine(lines_[i++]);
      }
    }
    return std::move(regions_);
  }

 private:
  void Begin(std::vector<LabelMatch> columns, bool squashed) {
    if (SameKinds(columns, regions_.back().columns)) return;
    Region region;
    region.columns = std::move(columns);
    region.squashed = squashed;
    regions_.push_back(std::move(region));
  }

  // Headers printed a line each from line `i` on; returns how many lines, 0 where there are none.
  size_t HeaderLines(size_t i) {
    std::vector<LabelMatch> columns;
    size_t end = i;
    for (size_t k = i; k < lines_.size(); ++k) {
      if (lines_[k].blank) continue;
      const LabelMatch match = MatchColumn(lines_[k].flow.text());
      if (match.kind == FieldKind::kNone && !IsUnknownColumn(k, columns.size())) break;
      columns.push_back(match);
      end = k + 1;
    }
    if (columns.size() < 2 || !HasColumn(columns, FieldKind::kUnits, FieldKind::kDeadline)) return 0;
    Begin(std::move(columns), false);
    return end - i;
  }

  // A header between two that are known, whose word is not: one short word, with another known header below it.
  bool IsUnknownColumn(size_t at, size_t columns_before) const {
    const TextView t = lines_[at].flow.text();
    if (columns_before == 0 || t.size() > 8 || t.find_first_of(U"。;:,、(") != TextView::npos || NumberAlone(t) > 0 ||
        MatchMark(t, 0).level != kNoLevel) {
      return false;
    }
    for (size_t k = at + 1; k < lines_.size(); ++k) {
      if (!lines_[k].blank) return MatchColumn(lines_[k].flow.text()).kind != FieldKind::kNone;
    }
    return false;
  }

  // Cuts a line at the headers that are run together in it.
  void CutLine(const TextLine& line) {
    const TextView t = line.flow.text();
    size_t begin = 0;
    for (size_t p = 0; p < t.size(); ++p) {
      std::vector<LabelMatch> columns;
      if (MatchColumnAt(t, p).length < 2 && t[p] != U'序') continue;
      const size_t n = MatchHeaderRun(t, p, columns);
      if (n == 0) continue;
      AddPiece(line, begin, p);
      Begin(std::move(columns), true);
      begin = p + n;
      p = begin - 1;
    }
    if (begin == 0) {
      regions_.back().lines.push_back(line);
    } else {
      AddPiece(line, begin, t.size());
    }
  }

  void AddPiece(const TextLine& line, size_t begin, size_t end) {
    TextLine piece = line.Piece(begin, end);
    if (!piece.flow.empty()) regions_.back().lines.push_back(std::move(piece));
  }

  const std::vector<TextLine>& lines_;
  std::vector<Region> regions_;
};

}  // namespace

std::vector<Region> CutRegions(const std::vector<TextLine>& lines) {
  return RegionCutter(lines).Cut();
}

}  // namespace duban
