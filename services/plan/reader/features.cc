#include "services/plan/reader/features.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "common/base/strings.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

constexpr std::string_view kModes[] = {"flow", "cells", "squashed", "glued"};
constexpr std::string_view kFieldNames[] = {"outside", "text", "units", "deadline", "other", "after", "number"};
constexpr std::string_view kEvidenceNames[] = {
    "short_words", "some_words",     "many_words", "sentence_start", "dated",    "unit_weak",
    "unit_strong", "unit_known",     "collective", "role",           "rule",     "separator",
    "semicolon",   "stop",           "colon",      "open",           "close",    "number",
    "unit_label",  "deadline_label", "text_label", "other_label",    "deadline", "closing"};
constexpr std::string_view kSpacingNames[] = {"none", "gap", "break", "blank"};
constexpr std::string_view kBeforeNames[] = {"separator", "stop", "close", "units", "sign", "words"};
constexpr std::string_view kRelationNames[] = {"next", "first", "restart", "repeated", "slip", "jump", "stray"};
constexpr std::string_view kEndingNames[] = {"leaf", "parent", "last"};
constexpr std::string_view kBracketEnds[] = {"none", "closes", "gap", "short", "goes_on"};
constexpr std::string_view kYesNo[] = {"no", "yes"};
constexpr std::string_view kLevels[] = {"none", "chapter", "section", "item", "subitem", "point"};
constexpr std::string_view kKinds[] = {"none", "number", "heading", "title", "text", "units", "deadline", "remark"};
constexpr std::string_view kRoles[] = {"none", "lead", "responsible", "cooperate"};

// The names of what one part of a feature may be.
using Axis = absl::Span<const std::string_view>;

struct NamedFamily {
  std::string_view name;
  std::vector<Axis> axes;
  FamilyShape shape = {};
};

// In the order of Family.
const std::vector<NamedFamily>& Families() {
  static const auto& families = *[] {
    const Axis mode = kModes, field = kFieldNames, evidence = kEvidenceNames, spacing = kSpacingNames,
               before = kBeforeNames, relation = kRelationNames, ending = kEndingNames, yes = kYesNo, level = kLevels,
               kind = kKinds;
    auto* all = new std::vector<NamedFamily>{
        {"emit", {mode, field, evidence}},
        {"move", {mode, field, field, spacing}},
        {"behind", {mode, field, field, before}},
        {"enter", {mode, field, field, evidence}},
        {"take_number", {mode, relation, spacing}},
        {"take_number_behind", {mode, relation, before}},
        {"take_number_level", {mode, relation, level}},
        {"take_number_from", {mode, field, before}},
        {"leave_number", {mode, relation, spacing}},
        {"leave_number_behind", {mode, relation, before}},
        {"leave_number_level", {mode, relation, level}},
        {"bare_number_alone_next", {yes, yes}},
        {"end_item_units_level_line", {mode, ending, yes, level, yes}},
        {"take_label", {evidence, before}},
        {"leave_label", {evidence}},
        {"unit_bracket", {before, kBracketEnds}},
        {"plain_bracket", {before, kBracketEnds}},
        {"resume_firm", {yes, before}},
        {"lost_bracket", {}},
        {"lone_bracket", {}},
        {"skip_column", {kind, spacing}},
        {"next_units", {evidence, spacing, yes}},
        {"role_unit", {kRoles, evidence, yes}},
        {"open_role", {kRoles, evidence, spacing}},
        {"hint", {yes}},
        {"next_text", {spacing}},
        {"wrap", {}},
        {"layout", {mode}},
    };
    FeatureId base = 0;
    for (NamedFamily& family : *all) {
      family.shape.base = base;
      FeatureId size = 1;
      for (size_t i = 0; i < family.axes.size(); ++i) {
        family.shape.sizes[i] = static_cast<FeatureId>(family.axes[i].size());
        size *= family.shape.sizes[i];
      }
      base += size;
    }
    all->push_back({"", {}, {base, {}}});
    return all;
  }();
  return families;
}

}  // namespace

const FamilyShape& ShapeOf(Family family) {
  static const std::vector<NamedFamily>& families = Families();
  return families[static_cast<size_t>(family)].shape;
}

FeatureId FeatureCount() {
  return Families().back().shape.base;
}

std::string FeatureName(FeatureId id) {
  const std::vector<NamedFamily>& families = Families();
  size_t f = 0;
  while (f + 1 < families.size() && families[f + 1].shape.base <= id) ++f;
  FeatureId rest = id - families[f].shape.base;
  std::vector<std::string_view> parts;
  for (size_t axis = families[f].axes.size(); axis-- > 0;) {
    const auto size = static_cast<FeatureId>(families[f].axes[axis].size());
    parts.push_back(families[f].axes[axis][rest % size]);
    rest /= size;
  }
  std::string name(families[f].name);
  for (size_t i = parts.size(); i-- > 0;) name += StrCat(".", parts[i]);
  return name;
}

Weights Weights::FromText(std::string_view text) {
  absl::flat_hash_map<std::string, FeatureId> ids;
  for (FeatureId id = 0; id < FeatureCount(); ++id) ids[FeatureName(id)] = id;
  Weights weights(std::vector<float>(FeatureCount(), 0));
  for (std::string_view line : SplitAt(text, '\n')) {
    const std::vector<std::string_view> words = SplitAt(line, ' ');
    if (line[0] == '#' || words.size() != 2) continue;
    float value = 0;
    std::from_chars(words[1].data(), words[1].data() + words[1].size(), value);
    if (words[0] == "least_margin") weights.set_least_margin(value);
    const auto it = ids.find(std::string(words[0]));
    if (it != ids.end()) weights.values_[it->second] = value;
  }
  return weights;
}

const Weights& Weights::Learned() {
  static const Weights& learned = *new Weights(FromText(WeightsFile()));
  return learned;
}

Evidence EvidenceOf(const Mark& mark, TextView text) {
  static const WordTable& closing = WordTable::Of("closing_starts");
  static const WordTable& furniture = WordTable::Of("furniture");
  const bool words = mark.kind == MarkKind::kWords || mark.kind == MarkKind::kUnit;
  if (words && mark.spacing != Spacing::kNone) {
    const size_t label = furniture.LengthAt(text, mark.begin, "label");
    const bool labelled = label > 0 && mark.begin + label < text.size() && text[mark.begin + label] == ':';
    const bool line = mark.spacing != Spacing::kGap && closing.LengthAt(text, mark.begin) > 0;
    if (labelled || line || furniture.LengthAt(text, mark.begin, "start") > 0) return Evidence::kClosing;
  }
  if (mark.kind == MarkKind::kWords) {
    const TextView piece = text.substr(mark.begin, mark.end - mark.begin);
    if (StartsWithDate(piece)) return Evidence::kDated;
    if (StartsLikeSentence(piece)) return Evidence::kSentenceStart;
    return piece.size() <= 3 ? Evidence::kShortWords : piece.size() <= 9 ? Evidence::kSomeWords : Evidence::kManyWords;
  }
  if (mark.kind == MarkKind::kUnit) {
    if (mark.collective) return Evidence::kCollective;
    if (mark.known) return Evidence::kUnitKnown;
    return mark.likeness == UnitLikeness::kStrong ? Evidence::kUnitStrong : Evidence::kUnitWeak;
  }
  if (mark.kind == MarkKind::kLabel) {
    const FieldKind kind = mark.label.kind;
    return kind == FieldKind::kUnits      ? Evidence::kUnitLabel
           : kind == FieldKind::kDeadline ? Evidence::kDeadlineLabel
           : kind == FieldKind::kRemark   ? Evidence::kOtherLabel
                                          : Evidence::kTextLabel;
  }
  static constexpr std::pair<MarkKind, Evidence> kOthers[] = {
      {MarkKind::kRole, Evidence::kRole},           {MarkKind::kRule, Evidence::kRule},
      {MarkKind::kSeparator, Evidence::kSeparator}, {MarkKind::kSemicolon, Evidence::kSemicolon},
      {MarkKind::kStop, Evidence::kStop},           {MarkKind::kColon, Evidence::kColon},
      {MarkKind::kOpen, Evidence::kOpen},           {MarkKind::kClose, Evidence::kClose},
      {MarkKind::kNumber, Evidence::kNumber},       {MarkKind::kDeadline, Evidence::kDeadline}};
  return std::find_if(std::begin(kOthers), std::end(kOthers), [&](const auto& is) { return is.first == mark.kind; })
      ->second;
}

Before BeforeOf(const Mark* previous) {
  if (previous == nullptr) return Before::kStop;
  switch (previous->kind) {
    case MarkKind::kSeparator:
      return Before::kSeparator;
    case MarkKind::kSemicolon:
    case MarkKind::kStop:
      return Before::kStop;
    case MarkKind::kClose:
      return Before::kClose;
    case MarkKind::kUnit:
    case MarkKind::kRole:
    case MarkKind::kDeadline:
      return Before::kUnits;
    case MarkKind::kColon:
    case MarkKind::kOpen:
    case MarkKind::kLabel:
    case MarkKind::kNumber:
      return Before::kSign;
    default:
      return Before::kWords;
  }
}

}  // namespace duban
