#include "services/plan/phrases/text_targets.h"

#include <algorithm>

#include "common/base/text.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

bool EndsClause(char32_t c) {
  return TextView(U"。;,、:!?()“”《》〔〕").find(c) != TextView::npos;
}

struct Figure {
  size_t begin = 0;
  size_t end = 0;  // Behind the measure word.
  double value = 0;
  size_t measure_begin = 0;
};

// The number at `at` with its scale and measure word; end 0 where it is none.
Figure ReadFigure(TextView t, size_t at) {
  Figure figure;
  const auto whole = ReadDigits(t, at);
  if (!whole.has_value()) return figure;
  size_t i = at + whole->length;
  double value = whole->value;
  if (i + 1 < t.size() && t[i] == '.' && IsDigit(t[i + 1])) {
    const auto part = ReadDigits(t, i + 1);
    if (!part.has_value()) return figure;
    double scale = 1;
    for (size_t k = 0; k < part->length; ++k) scale *= 10;
    value += part->value / scale;
    i += 1 + part->length;
  }
  struct Scale {
    TextView word;
    double factor;
  };
  static constexpr Scale kScales[] = {{U"千万", 1e7}, {U"百万", 1e6}, {U"十万", 1e5},
                                      {U"万", 1e4},   {U"亿", 1e8},   {U"千", 1e3}};
  for (const Scale& scale : kScales) {
    if (!StartsWith(t.substr(i), scale.word)) continue;
    value *= scale.factor;
    i += scale.word.size();
    break;
  }
  figure.begin = at;
  figure.measure_begin = i;
  figure.value = value;
  const size_t n =
      MatchAny(t, i, {U"个百分点", U"个",   U"项",     U"家", U"件", U"条", U"名",       U"人次", U"人",   U"户",
                      U"套",       U"场次", U"场",     U"篇", U"期", U"处", U"所",       U"公里", U"万元", U"元",
                      U"亩",       U"吨",   U"平方米", U"%",  U"‰",  U"辆", U"座",       U"台",   U"批",   U"例",
                      U"株",       U"张",   U"份",     U"种", U"类", U"米", U"平方公里", U"分",   U"位"});
  if (n == 0) return figure;
  figure.end = i + n;
  return figure;
}

// Words right in front of a figure that relate it to the subject.
size_t RelationBefore(TextView t, size_t end, std::string& relation) {
  struct Word {
    TextView word;
    const char* relation;
  };
  static constexpr Word kWords[] = {{U"不少于", ">="}, {U"不低于", ">="}, {U"至少", ">="},   {U"达到", ">="},
                                    {U"达", ">="},     {U"超过", ">="},   {U"突破", ">="},   {U"不超过", "<="},
                                    {U"不高于", "<="}, {U"控制在", "<="}, {U"提升至", ">="}, {U"提高到", ">="},
                                    {U"增至", ">="},   {U"不多于", "<="}, {U"提高至", ">="}, {U"提升到", ">="},
                                    {U"压缩至", "<="}, {U"降至", "<="},   {U"降低到", "<="}, {U"缩短至", "<="}};
  size_t best = 0;
  for (const Word& word : kWords) {
    if (word.word.size() > best && EndsWith(t.substr(0, end), word.word)) {
      best = word.word.size();
      relation = word.relation;
    }
  }
  return best;
}

// A verb of achieving at the beginning of the subject; its length.
size_t VerbAtStart(TextView t) {
  return MatchAny(t, 0, {U"实现", U"确保",     U"完成",   U"推出", U"新增", U"新建", U"建成", U"建设", U"培育",
                         U"打造", U"举办",     U"开展",   U"组织", U"发布", U"创建", U"改造", U"力争", U"制作",
                         U"开放", U"实现开放", U"新开放", U"累计", U"使",   U"将",   U"各",   U"全年", U"召开",
                         U"培训", U"引进",     U"认定",   U"解读", U"归集", U"公布", U"梳理", U"编制", U"抽检",
                         U"抽查", U"检查",     U"办理",   U"选树", U"建立", U"设立", U"年内", U"上线", U"年底前"});
}

}  // namespace

std::vector<v1::Target> FindTargets(TextView t) {
  std::vector<v1::Target> targets;
  for (size_t i = 0; i < t.size(); ++i) {
    if (!IsDigit(t[i])) continue;
    const bool starts = i == 0 || !(IsAsciiWord(t[i - 1]) || t[i - 1] == '.' || t[i - 1] == U'第' || t[i - 1] == '-' ||
                                    t[i - 1] == '+');
    Figure figure = starts ? ReadFigure(t, i) : Figure();
    if (figure.end == 0) {
      while (i + 1 < t.size() && (IsDigit(t[i + 1]) || t[i + 1] == '.')) ++i;
      continue;
    }
    const bool days =
        StartsWith(t.substr(figure.measure_begin), U"个工作日") || StartsWith(t.substr(figure.measure_begin), U"个月");
    size_t begin = i;
    while (begin > 0 && !EndsClause(t[begin - 1]) && i - begin < 30) --begin;
    v1::Target target;
    std::string relation;
    const size_t relation_length = RelationBefore(t, figure.begin, relation);
    size_t subject_begin = begin;
    bool verb = false;
    for (size_t n = VerbAtStart(t.substr(subject_begin, i - subject_begin)); n > 0;
         n = VerbAtStart(t.substr(subject_begin, i - subject_begin))) {
      subject_begin += n;
      verb = true;
      if (subject_begin >= i) break;
    }
    size_t end = figure.end;
    if (const size_t n = MatchAny(t, end, {U"以上", U"及以上"}); n > 0) relation = ">=", end += n;
    if (const size_t n = MatchAny(t, end, {U"以内", U"以下", U"之内"}); n > 0) relation = "<=", end += n;
    i = figure.end - 1;
    const TextView clause = t.substr(begin, figure.begin - begin);
    const bool frequency = Contains(clause, U"每年") || Contains(clause, U"每月") || Contains(clause, U"每季") ||
                           Contains(clause, U"每周");
    if (days || frequency || (relation.empty() && !verb)) continue;
    TextView subject = t.substr(
        subject_begin, figure.begin - relation_length - std::min(subject_begin, figure.begin - relation_length));
    if (subject.empty()) {
      // `推出30个以上应用`: what is counted stands behind.
      size_t stop = end;
      while (stop < t.size() && !EndsClause(t[stop]) && stop - end < 20) ++stop;
      subject = t.substr(end, stop - end);
      end = stop;
    }
    if (subject.empty()) continue;
    target.set_subject(EncodeUtf8(subject));
    target.set_value(figure.value);
    target.set_measure(EncodeUtf8(t.substr(figure.measure_begin, figure.end - figure.measure_begin)));
    target.set_relation(relation.empty() ? "=" : relation);
    target.set_printed(EncodeUtf8(t.substr(begin, end - begin)));
    targets.push_back(std::move(target));
    if (targets.size() == 50) break;
  }
  return targets;
}

}  // namespace duban
