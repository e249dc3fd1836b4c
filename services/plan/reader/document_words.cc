#include "services/plan/reader/document_words.h"

namespace duban {
namespace {

using v1::Responsibility;

// Length of a word that names who acts, such as `牵头单位`; its role goes to `role`.
size_t MatchActor(TextView t, size_t at, Responsibility::Role& role) {
  bool lead = false, share = false, help = false;
  size_t i = at;
  size_t words = 0;
  if (const size_t n = MatchAny(t, i, {U"主要", U"各", U"具体", U"直接"}); n > 0) i += n;
  while (words < 4) {
    size_t n = MatchAny(t, i, {U"牵头", U"主办", U"主责", U"主牵头"});
    if (n > 0) {
      lead = true;
    } else if (n = MatchAny(t, i, {U"责任", U"落实", U"负责", U"承办", U"实施", U"承担", U"完成", U"主管", U"执行"});
               n > 0) {
      share = true;
    } else if (n = MatchAny(t, i, {U"配合", U"协办", U"协助", U"参与", U"协同", U"参加", U"支持"}); n > 0) {
      help = true;
    }
    if (n == 0) break;
    i += n;
    ++words;
    i += MatchAny(t, i, {U"及", U"和", U"与", U"/", U"、", U")", U"("});
  }
  if (words == 0) return 0;
  if (i < t.size() && t[i - 1] != '(' && t[i] == '(') ++i;
  const size_t noun =
      MatchAny(t, i,
               {U"单位", U"部门", U"科室", U"处室", U"股室", U"机构", U"主体", U"单位(部门)", U"单位(科室)",
                U"部门(单位)", U"单位及部门", U"部门和单位", U"部门及单位", U"单位和部门", U"镇街", U"区县"});
  if (noun == 0) return 0;
  role = lead && !share && !help   ? Responsibility::LEAD
         : help && !lead && !share ? Responsibility::COOPERATE
                                   : Responsibility::RESPONSIBLE;
  return i + noun - at;
}

size_t MatchDeadlineWord(TextView t, size_t at) {
  return MatchAny(
      t, at,
      {U"完成时限", U"完成时间", U"办理时限", U"办结时限",     U"办结时间", U"时限要求", U"时间要求", U"时间安排",
       U"时间节点", U"完成期限", U"推进时间", U"计划完成时间", U"进度安排", U"时间进度", U"工作时限", U"实施时间",
       U"落实时限", U"落实时间", U"完成节点", U"时限",         U"推进时限", U"整改时限", U"完成日期", U"完成时间节点",
       U"工作进度", U"进度要求", U"节点要求", U"期限",         U"任务时限", U"计划时限", U"目标时限"});
}

size_t MatchRemarkWord(TextView t, size_t at) {
  return MatchAny(
      t, at, {U"备注",     U"其他",     U"说明",     U"责任领导", U"分管领导", U"牵头领导", U"责任人",   U"联系人",
              U"联系方式", U"联系电话", U"市领导",   U"区领导",   U"县领导",   U"挂钩领导", U"完成情况", U"进展情况",
              U"落实情况", U"工作进展", U"任务来源", U"文件依据", U"姓名",     U"职务",     U"电话",     U"手机",
              U"邮箱",     U"签收人",   U"考核分值", U"分值",     U"包抓领导", U"挂帅领导"});
}

size_t MatchNumberWord(TextView t, size_t at) {
  return MatchAny(t, at, {U"序号", U"编号", U"任务编号", U"NO.", U"No.", U"序"});
}

size_t MatchTextWord(TextView t, size_t at) {
  return MatchAny(
      t, at,
      {U"具体要求", U"具体任务",     U"重点任务", U"工作任务",     U"主要任务", U"目标任务", U"任务内容", U"工作内容",
       U"工作措施", U"具体措施",     U"主要措施", U"工作举措",     U"具体举措", U"主要举措", U"重点工作", U"工作要点",
       U"任务",     U"具体内容",     U"主要内容", U"工作事项",     U"任务事项", U"事项内容", U"年度任务", U"任务要求",
       U"工作目标", U"年度目标",     U"目标要求", U"重点任务内容", U"具体工作", U"任务清单", U"落实举措", U"建设内容",
       U"项目内容", U"具体工作任务", U"任务分解", U"工作标准",     U"措施",     U"内容",     U"具体目标"});
}

size_t MatchTitleWord(TextView t, size_t at) {
  return MatchAny(t, at,
                  {U"项目名称", U"任务名称", U"事项名称", U"行动名称", U"项目", U"事项", U"名称", U"工作名称",
                   U"任务项目", U"工作项目"});
}

size_t MatchHeadingWord(TextView t, size_t at) {
  return MatchAny(t, at, {U"工作要求", U"类别",     U"分类",     U"类型",     U"工作类别", U"任务类别", U"重点领域",
                          U"领域",     U"一级指标", U"二级指标", U"板块",     U"方面",     U"任务分类", U"工作分类",
                          U"工程",     U"行动",     U"专项行动", U"一级任务", U"二级任务", U"大类"});
}

// A column that lists who acts without a role word.
size_t MatchPlainActor(TextView t, size_t at) {
  return MatchAny(
      t, at,
      {U"区县", U"县区", U"县(市、区)", U"单位", U"部门", U"科室", U"处室", U"股室", U"镇街", U"街道", U"乡镇",
       U"单位名称", U"部门名称", U"责任分工", U"任务分工", U"职责分工", U"分工", U"地区", U"责任"});
}

// The longest word at `at` of every kind. `columns`: also the words that are only used in headers.
LabelMatch MatchWord(TextView t, size_t at, bool columns) {
  LabelMatch match;
  const auto offer = [&](FieldKind kind, size_t length, Responsibility::Role role = Responsibility::ROLE_UNSPECIFIED) {
    if (length > match.length) match = {kind, role, length};
  };
  Responsibility::Role role = Responsibility::ROLE_UNSPECIFIED;
  const size_t actor = MatchActor(t, at, role);
  offer(FieldKind::kUnits, actor, role);
  offer(FieldKind::kDeadline, MatchDeadlineWord(t, at));
  offer(FieldKind::kRemark, MatchRemarkWord(t, at));
  offer(FieldKind::kUnits, MatchAny(t, at, {U"责任分工", U"任务分工", U"分工"}), Responsibility::RESPONSIBLE);
  if (!columns) {
    offer(FieldKind::kUnits, MatchAny(t, at, {U"牵头"}), Responsibility::LEAD);
    offer(FieldKind::kUnits, MatchAny(t, at, {U"配合", U"协办"}), Responsibility::COOPERATE);
    offer(FieldKind::kUnits, MatchAny(t, at, {U"责任"}), Responsibility::RESPONSIBLE);
    offer(FieldKind::kText, MatchTextWord(t, at));
    return match;
  }
  offer(FieldKind::kNumber, MatchNumberWord(t, at));
  offer(FieldKind::kText, MatchTextWord(t, at));
  offer(FieldKind::kTitle, MatchTitleWord(t, at));
  offer(FieldKind::kHeading, MatchHeadingWord(t, at));
  offer(FieldKind::kUnits, MatchPlainActor(t, at), Responsibility::RESPONSIBLE);
  return match;
}

}  // namespace

LabelMatch MatchLabel(TextView t, size_t at) {
  // Most places are settled without comparing words: no colon, no box, no bracket in front.
  constexpr size_t kLongestLabel = 20;
  const bool after_bracket = at > 0 && t[at - 1] == '(';
  if (!after_bracket && t.substr(at, kLongestLabel).find_first_of(U":】]〕") == TextView::npos) return LabelMatch();
  size_t i = at;
  const bool boxed = i < t.size() && (t[i] == U'【' || t[i] == '[' || t[i] == U'〔');
  i += boxed;
  LabelMatch match = MatchWord(t, i, false);
  if (match.kind == FieldKind::kNone) return match;
  i += match.length;
  bool closed = false;
  if (boxed) {
    if (i >= t.size() || !IsCloseBracket(t[i])) {
      if (i >= t.size() || t[i] != ':') return LabelMatch();
    } else {
      ++i;
    }
    closed = true;
  }
  if (i < t.size() && t[i] == ':') {
    ++i;
    closed = true;
  }
  // Behind an opening bracket the colon is sometimes left out; a short word (`牵头`) then is no label but a role.
  const bool in_bracket = after_bracket && match.length >= 4 && match.kind == FieldKind::kUnits;
  if (!closed && !in_bracket) return LabelMatch();
  match.length = i - at;
  return match;
}

LabelMatch MatchColumnAt(TextView t, size_t at) {
  return MatchWord(t, at, true);
}

size_t MatchHeaderRun(TextView t, size_t at, std::vector<LabelMatch>& columns) {
  size_t end = at;
  bool names_units = false;
  columns.clear();
  while (end < t.size()) {
    const LabelMatch match = MatchColumnAt(t, end);
    if (match.kind == FieldKind::kNone) break;
    columns.push_back(match);
    names_units = names_units || match.kind == FieldKind::kUnits || match.kind == FieldKind::kDeadline;
    end += match.length;
    while (end < t.size() && t[end] == ' ') ++end;
  }
  return columns.size() >= 3 && names_units ? end - at : 0;
}

LabelMatch MatchColumn(TextView t) {
  t = Trim(t);
  // Too short to be looked for inside a line.
  if (t == U"区" || t == U"县" || t == U"市" || t == U"镇") {
    return {FieldKind::kUnits, Responsibility::RESPONSIBLE, t.size()};
  }
  LabelMatch match = MatchColumnAt(t, 0);
  if (match.length == t.size()) return match;
  // `重点任务(2022年)`, `完成时限(月)`: a note behind the word.
  if (match.kind != FieldKind::kNone && t[match.length] == '(' && t.back() == ')') return match;
  // `2022年重点任务`, `主要责任领导`: words in front of it.
  for (size_t i = 1; i < t.size() && t.size() <= 12; ++i) {
    match = MatchColumnAt(t, i);
    if (match.kind != FieldKind::kNone && i + match.length == t.size() && match.length >= 2 &&
        (match.kind != FieldKind::kUnits || match.length >= 4)) {
      return match;
    }
  }
  return LabelMatch();
}

}  // namespace duban
