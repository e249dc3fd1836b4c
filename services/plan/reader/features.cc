#include "services/plan/reader/features.h"

#include <algorithm>
#include <array>
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
  std::array<Axis, 5> axes = {};  // The rest is empty.
};

// In the order of Family.
constexpr NamedFamily kFamilies[] = {
    {"emit", {kModes, kFieldNames, kEvidenceNames}},
    {"move", {kModes, kFieldNames, kFieldNames, kSpacingNames}},
    {"behind", {kModes, kFieldNames, kFieldNames, kBeforeNames}},
    {"enter", {kModes, kFieldNames, kFieldNames, kEvidenceNames}},
    {"take_number", {kModes, kRelationNames, kSpacingNames}},
    {"take_number_behind", {kModes, kRelationNames, kBeforeNames}},
    {"take_number_level", {kModes, kRelationNames, kLevels}},
    {"take_number_from", {kModes, kFieldNames, kBeforeNames}},
    {"leave_number", {kModes, kRelationNames, kSpacingNames}},
    {"leave_number_behind", {kModes, kRelationNames, kBeforeNames}},
    {"leave_number_level", {kModes, kRelationNames, kLevels}},
    {"bare_number_alone_next", {kYesNo, kYesNo}},
    {"end_item_units_level_line", {kModes, kEndingNames, kYesNo, kLevels, kYesNo}},
    {"take_label", {kEvidenceNames, kBeforeNames}},
    {"leave_label", {kEvidenceNames}},
    {"unit_bracket", {kBeforeNames, kBracketEnds}},
    {"plain_bracket", {kBeforeNames, kBracketEnds}},
    {"resume_firm", {kYesNo, kBeforeNames}},
    {"lost_bracket", {}},
    {"lone_bracket", {}},
    {"skip_column", {kKinds, kSpacingNames}},
    {"next_units", {kEvidenceNames, kSpacingNames, kYesNo}},
    {"role_unit", {kRoles, kEvidenceNames, kYesNo}},
    {"open_role", {kRoles, kEvidenceNames, kSpacingNames}},
    {"hint", {kYesNo}},
    {"next_text", {kSpacingNames}},
    {"wrap", {}},
    {"layout", {kModes}},
};
static_assert(std::size(kFamilies) == static_cast<size_t>(Family::kFamilies));

constexpr auto MakeShapes() {
  std::array<FamilyShape, std::size(kFamilies) + 1> shapes = {};
  for (size_t f = 0; f < std::size(kFamilies); ++f) {
    FeatureId size = 1;
    for (size_t i = 0; i < kFamilies[f].axes.size(); ++i) {
      shapes[f].sizes[i] = static_cast<FeatureId>(kFamilies[f].axes[i].size());
      if (shapes[f].sizes[i] > 0) size *= shapes[f].sizes[i];
    }
    shapes[f + 1].base = shapes[f].base + size;
  }
  return shapes;
}

}  // namespace

constinit const std::array<FamilyShape, static_cast<size_t>(Family::kFamilies) + 1> kFamilyShapes = MakeShapes();

std::string FeatureName(FeatureId id) {
  size_t f = 0;
  while (f + 1 < std::size(kFamilies) && kFamilyShapes[f + 1].base <= id) ++f;
  FeatureId rest = id - kFamilyShapes[f].base;
  std::string name;
  for (size_t axis = kFamilies[f].axes.size(); axis-- > 0;) {
    const FeatureId size = kFamilyShapes[f].sizes[axis];
    if (size == 0) continue;
    name = StrCat(".", kFamilies[f].axes[axis][rest % size], name);
    rest /= size;
  }
  return StrCat(kFamilies[f].name, name);
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
