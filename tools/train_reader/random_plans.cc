#include "tools/train_reader/random_plans.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"

namespace duban {
namespace {

using v1::Deadline;
using v1::Responsibility;
using Words = std::vector<std::string>;

const Words kStems = {"财政",     "教育",       "发展改革",     "民政",     "司法",     "人力资源社会保障",
                      "自然资源", "生态环境",   "住房城乡建设", "交通运输", "水利",     "农业农村",
                      "商务",     "文化和旅游", "卫生健康",     "应急管理", "审计",     "市场监管",
                      "统计",     "医疗保障",   "信访",         "行政审批", "城市管理", "大数据",
                      "林业",     "体育",       "工业和信息化", "科技",     "公安",     "退役军人事务",
                      "金融监管", "气象",       "税务",         "社会事业", "经济发展", "旅发",
                      "经信",     "人社",       "住建",         "环保",     "规划",     "国资",
                      "综合执法", "投资促进"};
const Words kSections = {"办公室",   "政策法规科", "规划财务科", "人事科",    "信息科",     "质量科",
                         "标准化科", "机关党委",   "督导室",     "安全科",    "行政审批科", "执法大队",
                         "综合科",   "技术中心",   "宣教科",     "基础教育科"};
const Words kOthers = {"融媒体中心",   "政务服务中心", "公共资源交易中心", "总工会",   "团委",     "妇联",
                       "残联",         "科协",         "供电公司",         "水务公司", "公交公司", "供销社",
                       "消防救援大队", "海关",         "国投集团",         "城投公司", "检察院",   "法院",
                       "工商联",       "园区管委会",   "交警大队",         "档案馆",   "图书馆",   "邮政公司",
                       "人民银行支行", "两岸发展公司", "传媒有限公司"};
const Words kGroups = {"各街道",       "各乡镇人民政府", "各有关单位",           "各镇（街道）",
                       "各部门",       "各县区",         "各责任单位",           "各行业主管部门",
                       "各片区管理局", "各区属事业单位", "各乡镇（街道办事处）", "各成员单位",
                       "各设区市",     "各县、区"};
const Words kNational = {"财政部",       "商务部",         "教育部",         "人民银行",           "发展改革委",
                         "科技部",       "工业和信息化部", "银保监会",       "税务总局",           "市场监管总局",
                         "文化和旅游部", "海关总署",       "住房城乡建设部", "人力资源社会保障部", "国家卫生健康委",
                         "扶贫办",       "证监会",         "体育总局",       "交通运输部",         "农业农村部",
                         "生态环境部",   "民政部",         "全国总工会",     "广电总局",           "版权局"};
const Words kVerbs = {"完善", "推进", "建立", "开展", "加强", "落实", "规范", "提升", "优化", "公开",
                      "梳理", "编制", "培育", "支持", "引导", "扩大", "健全", "清理", "整治", "新建",
                      "改造", "组织", "探索", "对",   "围绕", "鼓励", "实施", "打造", "强化", "推动"};
const Words kObjects = {"办事指南",
                        "收费清单",
                        "综合窗口",
                        "供水管网12公里",
                        "停车位800个",
                        "老旧小区改造",
                        "台账管理制度",
                        "预约办理",
                        "服务热线12345",
                        "教育资源均衡配置",
                        "农村公路养护",
                        "社区食堂3.5万平方米",
                        "“一件事一次办”改革",
                        "信息共享",
                        "市场主体（含个体工商户）培训",
                        "责任体系",
                        "应急演练不少于2次",
                        "数据目录",
                        "河道巡查",
                        "文化惠民活动20场",
                        "排查整治专项行动",
                        "《办法》的宣传解读",
                        "审批时限压缩至5个工作日",
                        "示范项目建设",
                        "产业园区配套",
                        "基层队伍培训",
                        "用地、用能、融资等要素保障",
                        "进（出）口便利化措施",
                        "食品、药品、特种设备等领域监管",
                        "第三方评估",
                        "就业见习基地",
                        "经济运行情况",
                        "整改问题清单",
                        "党建品牌创建",
                        "市级财政资金绩效管理",
                        "部门间联动机制",
                        "平安创建",
                        "预警监测体系"};
const Words kTails = {"，形成长效机制",
                      "，及时回应社会关切",
                      "，做到底数清、情况明",
                      "，提高群众满意度",
                      "，年内取得明显成效",
                      "，6月底前完成",
                      "，确保按时完成",
                      "，各部门要密切配合",
                      "，由主管部门牵头会商",
                      "，每季度通报一次",
                      "，让企业少跑腿",
                      "，比例达到95%以上",
                      "，建立“红黑名单”",
                      "，会同相关部门定期研究",
                      "",
                      "",
                      "",
                      ""};
const Words kTopics = {"加强组织保障", "优化营商环境",   "提升服务水平", "改善人居环境", "深化重点领域改革",
                       "推进信息公开", "保障和改善民生", "守住安全底线", "促进产业发展", "夯实基层基础",
                       "抓好问题整改", "推动高质量发展", "加快项目建设", "强化监督管理"};
// A deadline as printed in a plan of 2024, and what it says.
struct Time {
  const char* printed;
  Deadline::Kind kind;
  const char* due;
};
constexpr Time kTimes[] = {{"9月底前", Deadline::BY_DATE, "2024-09-30"},
                           {"12月底前", Deadline::BY_DATE, "2024-12-31"},
                           {"全年", Deadline::WHOLE_PERIOD, ""},
                           {"长期坚持", Deadline::STANDING, ""},
                           {"2024年10月底前", Deadline::BY_DATE, "2024-10-31"},
                           {"上半年", Deadline::BY_DATE, "2024-06-30"},
                           {"6月30日前", Deadline::BY_DATE, "2024-06-30"},
                           {"每季度", Deadline::PERIODIC, ""},
                           {"持续推进", Deadline::STANDING, ""},
                           {"年底前", Deadline::BY_DATE, "2024-12-31"},
                           {"2024年12月", Deadline::BY_DATE, "2024-12-31"},
                           {"常态化开展", Deadline::STANDING, ""},
                           {"11月", Deadline::BY_DATE, "2024-11-30"},
                           {"第三季度", Deadline::BY_DATE, "2024-09-30"},
                           {"汛期前", Deadline::KIND_UNSPECIFIED, ""},
                           {"春节前", Deadline::KIND_UNSPECIFIED, ""},
                           {"开学前", Deadline::KIND_UNSPECIFIED, ""},
                           {"2024.8.15", Deadline::BY_DATE, "2024-08-15"},
                           {"收到申请后3个工作日内", Deadline::WORKING_DAYS, ""},
                           {"2024年6月至9月", Deadline::BY_DATE, "2024-09-30"},
                           {"3月20日前报送", Deadline::BY_DATE, "2024-03-20"},
                           {"每月5日前", Deadline::PERIODIC, ""},
                           {"立行立改", Deadline::KIND_UNSPECIFIED, ""},
                           {"立即整改", Deadline::KIND_UNSPECIFIED, ""},
                           {"立行立改，长期坚持", Deadline::STANDING, ""},
                           {"一季度完成方案；三季度完成主体；12月底前投用", Deadline::BY_DATE, "2024-12-31"},
                           {"6月底前完成一半；10月底前全部完成", Deadline::BY_DATE, "2024-10-31"},
                           {"一季度摸底；二季度整改；年底前验收", Deadline::BY_DATE, "2024-12-31"}};
// The last of them have stages, which are not told apart where cells are run together.
constexpr size_t kStagedTimes = 3;
const Words kStages = {"一季度完成选址；二季度开工；三季度完成主体；年底前投用",
                       "3月底前制定方案；6月底前完成一半；11月底前全部完成", "上半年完成招标；下半年进场施工"};
const Words kRemarks = {"已列入年度预算", "去年结转", "续建项目", "民生实事",
                        "需协调解决",     "市级重点", "新增",     "分两年实施"};
const Words kPeople = {"王建国", "李明", "张晓华", "陈立", "赵志强", "刘某某", "周敏、吴杰"};
const Words kNumerals = {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"};

std::string Numeral(int n) {
  if (n <= 10) return kNumerals[n - 1];
  return (n < 20 ? "" : kNumerals[n / 10 - 1]) + "十" + (n % 10 == 0 ? "" : kNumerals[n % 10 - 1]);
}

// One requirement before it is laid out.
struct Draft {
  std::string title;  // Its opening sentence, with its stop; may be empty.
  std::string text;
  Words lead, share, help;
  const Time* time = nullptr;
  std::string people;

  std::string deadline() const { return time == nullptr ? "" : time->printed; }
};

class PlanWriter {
 public:
  explicit PlanWriter(unsigned seed) : random_(seed) {
    plan_.name = StrCat("random", seed, ".txt");
    level_ = Pick({"市", "区", "县", "镇", "省"});
    kind_ = static_cast<int>(Below(6));
    stops_ = !Chance(5);
    // A plan is one line, or a line a paragraph; paragraphs of one line are told apart by a space or by nothing.
    const size_t run = Below(10);
    break_ = run < 6 ? "\n" : run < 8 ? " " : "";
    if (run < 6 && Chance(4)) break_ = "\n\n";
    list_ = Chance(4) ? "，" : "、";
  }

  GoldenPlan Write() {
    out_ = StrCat("澄江", level_, "2024年", Pick(kTopics), "工作方案\n");
    if (Chance(2)) Preamble();
    const size_t layout = Below(18);
    if (layout < 8) {
      WriteColumns(layout < 4 ? layout : 2 + layout % 2);
    } else {
      WriteFlow(layout - 8);
    }
    if (Chance(2)) Closing();
    plan_.bytes = out_;
    return std::move(plan_);
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  bool Chance(size_t n) { return Below(n) == 0; }
  const std::string& Pick(const Words& words) { return words[Below(words.size())]; }

  // ---- What is said ----

  std::string Sentence() {
    std::string text = Pick(kVerbs) + Pick(kObjects) + Pick(kTails);
    if (Chance(3)) text += StrCat("，", Pick(kVerbs), Pick(kObjects));
    if (Chance(9)) text += StrCat("（包括", Pick(kTopics), "、", Pick(kTopics), "）");
    return text;
  }

  std::string Text() {
    std::string text = Sentence() + "。";
    const size_t more = Below(4);
    for (size_t i = 0; i < more; ++i) text += Sentence() + (Chance(6) ? "；" + Sentence() : "") + "。";
    if (Chance(12)) text += StrCat("一是", Sentence(), "；二是", Sentence(), "。");
    if (Chance(10)) text += StrCat("具体为：1.", Sentence(), "；2.", Sentence(), "；3.", Sentence(), "。");
    if (Chance(12)) text += StrCat("打造", Pick(kTopics), "中心、", Pick(kOthers), "、研发设计中心、物流分拨中心。");
    if (Chance(14)) text += StrCat(Unit(), "、", Unit(), "、", Unit(), "等部门要", Sentence(), "。");
    if (Chance(14)) text += StrCat(Pick(kGroups), "要", Sentence(), "。");
    if (Chance(10)) text += StrCat("推动", Unit(), "和", Pick(kGroups), "协同发力。");
    if (!stops_ && !Chance(3)) text.resize(text.size() - 3);
    return text;
  }

  std::string Unit() {
    if (kind_ == 0) return Pick(kSections);
    if (kind_ == 1) return Pick(kNational);
    const std::string name = Chance(5) ? Pick(kOthers) : Pick(kStems) + (kind_ == 2 && Chance(2) ? "委" : "局");
    return (Chance(6) && kind_ != 3 ? "" : level_) + name +
           (Chance(25) ? StrCat("（", level_, Pick(kStems), "办）") : "");
  }

  void Add(Words& list, size_t count, bool group) {
    while (count-- > 0) {
      const std::string name = group && count == 0 && Chance(2) ? Pick(kGroups) : Unit();
      if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
    }
  }

  Draft MakeDraft() {
    Draft draft;
    if (Chance(2)) draft.title = Pick(kVerbs) + Pick(kTopics) + "。";
    draft.text = Text();
    if (Chance(2)) Add(draft.lead, 1 + Chance(4), false);  // Mostly one leads.
    if (draft.lead.empty() || Chance(2)) Add(draft.share, 1 + Below(4), true);
    if (!draft.lead.empty() && Chance(2)) Add(draft.help, 1 + Below(3), true);
    if (has_deadlines_) draft.time = &kTimes[Below(std::size(kTimes) - (glued_ ? kStagedTimes : 0))];
    if (has_people_) draft.people = Pick(kPeople);
    return draft;
  }

  std::string Join(const Words& units) {
    std::string joined;
    for (const std::string& unit : units) joined += (joined.empty() ? "" : Chance(9) ? "，" : list_) + unit;
    return joined;
  }

  // `A牵头，B负责，C配合`.
  std::string RolePhrase(const Draft& draft) {
    std::string phrase;
    const bool labelled = !draft.lead.empty() || !draft.help.empty() || !Chance(3);
    const auto add = [&](const Words& units, const Words& words) {
      if (units.empty()) return;
      phrase += (phrase.empty() ? "" : "，") + Join(units) + (labelled ? Pick(words) : "");
    };
    add(draft.lead, {"牵头", "牵头负责"});
    add(draft.share, {"负责", "按职责分工负责", "等按职责分工负责", "分别负责"});
    add(draft.help, {"配合", "参与", "等单位配合"});
    return phrase;
  }

  void Golden(const Draft& draft, const Words& headings, int number, bool with_title) {
    GoldenTask task;
    task.table = "body";
    if (number > 0) task.number = StrCat(number);
    task.headings = headings;
    task.texts = {with_title ? draft.title + draft.text : draft.text};
    const auto add = [&](const Words& units, Responsibility::Role role) {
      for (const std::string& unit : units) task.units.push_back({unit, unit, role});
    };
    add(draft.lead, Responsibility::LEAD);
    add(draft.share, Responsibility::RESPONSIBLE);
    add(draft.help, Responsibility::COOPERATE);
    task.printed_deadline = draft.deadline();
    if (draft.time != nullptr) task.deadline = draft.time->kind, task.due = draft.time->due;
    plan_.tasks.push_back(std::move(task));
  }

  // ---- What stands around it ----

  void Preamble() {
    out_ += StrCat("为贯彻落实上级部署，结合", level_, "实际，制定本方案。", break_);
    if (Chance(3)) {
      out_ += StrCat("一、总体要求", break_, Sentence(), "。", break_);
      first_chapter_ = 2;
      if (Chance(2))
        out_ += StrCat("（一）坚持", Pick(kTopics), "。", Sentence(), "。", break_, "（二）坚持", Pick(kTopics), "。",
                       Sentence(), "。", break_);
    }
  }

  void Closing() {
    if (break_ == "\n" || break_ == "\n\n") {
      out_ += StrCat("\n各部门要", Sentence(), "，", Unit(), "要加强督查。");
      if (Chance(2)) out_ += StrCat("\n澄江", level_, "人民政府办公室\n2024年3月", 1 + Below(28), "日");
      out_ += "\n（此件公开发布）\n扫一扫在手机打开当前页\n";
    } else if (Chance(2)) {
      out_ += StrCat(" 来源：", level_, "政府办 附件下载");
    }
  }

  // ---- Running text ----

  // The units, closed off from the text in the layout's way.
  std::string Units(const Draft& draft, size_t way) {
    const std::string stop = Chance(3) ? "。" : "";
    switch (way) {
      case 0:  // （A牵头，B配合，9月底前）
        return StrCat("（", RolePhrase(draft), draft.deadline().empty() ? "" : "，" + draft.deadline(), Rule(), "）");
      case 1: {  // （牵头单位：A；配合单位：B）
        const std::string labels = Labels(draft, Chance(2) ? "；" : "，");
        return StrCat("（", labels.substr(0, labels.size() - 3), Rule(), "）", stop);
      }
      case 2:  // 责任单位：A配合单位：B
        return Labels(draft, "") + stop;
      case 3:  // A line for each.
        return "\n" + Labels(draft, "\n");
      case 6:  // 责任单位：A。责任领导：B。完成时限：C。
        return Labels(draft, "。");
      case 5: {  // 由A牵头，B配合，9月底前完成。
        const std::string phrase = RolePhrase(draft);
        const bool acts = !draft.lead.empty() || !draft.help.empty() || phrase.ends_with("负责");
        return StrCat("由", phrase, acts ? "" : "负责",
                      draft.deadline().empty() ? "" : StrCat("，", draft.deadline(), "完成"), "。");
      }
      default:  // 责任单位：A牵头，B负责
        return StrCat(" ", draft.deadline().empty() ? "" : "完成时限：" + draft.deadline() + "，", "责任单位：",
                      RolePhrase(draft), stop);
    }
  }

  // A rule for the whole plan, which the first brackets may hold.
  std::string Rule() {
    if (ruled_ || !Chance(3)) return "";
    ruled_ = true;
    return Pick({"。列第一位者为牵头单位，下同", "，排在第一位的部门为牵头部门，下同", "。以下均需各街道配合，不再列出",
                 "；适用范围：所有试点单位", "，以下责任单位均包含各县区政府"});
  }

  std::string Labels(const Draft& draft, const std::string& between) {
    std::string text;
    const std::string noun = noun_;
    if (has_goals_ && between != "，" && between != "；") {
      const std::string stop = between == "。" ? "" : "。";
      if (Chance(3)) text += StrCat("阶段目标：", Pick(kStages), stop, between);
      text += StrCat("整改目标：", Sentence(), stop, between, "整改措施：", Sentence(), stop, between);
    }
    if (!draft.people.empty()) text += StrCat("责任领导：", draft.people, between);
    if (!draft.lead.empty()) text += StrCat("牵头", noun, "：", Join(draft.lead), between);
    if (!draft.share.empty()) text += StrCat("责任", noun, "：", Join(draft.share), between);
    if (!draft.help.empty()) text += StrCat("配合", noun, "：", Join(draft.help), between);
    if (!draft.deadline().empty()) text += StrCat("完成时限：", draft.deadline(), between);
    return text;
  }

  std::string Heading(const std::string& mark) {
    if (Chance(6))
      return StrCat(mark, "围绕", level_, "委、", level_, "政府工作部署，", Pick(kVerbs), Pick(kTopics),
                    stops_ ? "。" : "");
    return mark + Pick(kVerbs) + Pick(kTopics) + (Chance(3) ? "，" + Pick(kTopics) : "");
  }

  void WriteFlow(size_t layout) {
    const size_t way = stops_ ? Below(7) : Below(5);
    const bool lines = break_ == "\n" || break_ == "\n\n";
    const size_t units = way == 3 && !lines ? 2 : way;
    has_deadlines_ = Chance(2);
    has_people_ = Chance(3);
    has_goals_ = Chance(5);
    noun_ = Chance(4) ? "部门" : "单位";
    const std::string glue = lines ? break_ : Chance(2) ? break_ : "";
    const size_t chapters = 1 + Below(4);
    const bool running = Chance(2);
    int number = 0;
    int section = 0;
    for (size_t c = 0; c < chapters; ++c) {
      const std::string chapter = Heading(Numeral(static_cast<int>(c) + first_chapter_) + "、");
      if (layout < 8) out_ += chapter + glue;
      if (!running) section = 0;
      const size_t items = 2 + Below(4);
      if (layout < 3) {  // （一）title。text
        for (size_t i = 0; i < items; ++i)
          WriteParagraph({chapter}, "（" + Numeral(++section) + "）", units, layout == 2);
      } else if (layout < 6) {  // （一）heading, 1.text under it
        for (size_t s = 0; s < 1 + Below(3); ++s) {
          const std::string heading = Heading("（" + Numeral(++section) + "）");
          out_ += heading + glue;
          if (!running) number = 0;
          for (size_t i = 0; i < items; ++i) WriteItem({chapter, heading}, ++number, i + 1 == items, units);
        }
      } else if (layout < 8) {  // 1.text right under the chapter
        if (!running) number = 0;
        for (size_t i = 0; i < items; ++i) WriteItem({chapter}, ++number, false, units);
      } else if (layout == 8) {  // 一、text: the chapter is the task
        for (size_t i = 0; i < items; ++i) {
          Draft draft = MakeDraft();
          draft.text = Sentence() + "。";
          out_ += Numeral(++chapter_number_) + "、" + draft.text + Units(draft, units) + break_;
          Golden(draft, {}, chapter_number_, false);
        }
      } else {  // No numbers at all.
        for (size_t i = 0; i < items; ++i) {
          Draft draft = MakeDraft();
          out_ += "　　" + draft.text + Units(draft, units < 2 ? units : 0) + "\n";
          Golden(draft, {}, 0, false);
        }
      }
    }
  }

  // `（一）title。text（units）`, or several of them in one paragraph.
  void WriteParagraph(const Words& above, const std::string& mark, size_t units, bool several) {
    Draft draft = MakeDraft();
    if (draft.title.empty()) draft.title = Pick(kVerbs) + Pick(kTopics) + "。";
    Words headings = above;
    headings.push_back(mark + draft.title);
    out_ += headings.back() + draft.text + Units(draft, units);
    Golden(draft, headings, 0, false);
    if (several && units < 2 && Chance(2)) {
      Draft next = MakeDraft();
      next.text = Sentence() + "。";
      out_ += next.text + Units(next, units);
      Golden(next, headings, 0, false);
    }
    out_ += break_;
  }

  void WriteItem(const Words& headings, int number, bool may_nest, size_t units) {
    Draft draft = MakeDraft();
    if (may_nest && Chance(3)) {  // 2.heading, （1）（2） under it
      Words inner = headings;
      inner.push_back(StrCat(number, ".", Pick(kVerbs), Pick(kTopics)));
      out_ += inner.back() + break_;
      for (int k = 1; k <= 2 + static_cast<int>(Below(3)); ++k) {
        const Draft leaf = MakeDraft();
        out_ += StrCat("（", k, "）", leaf.title, leaf.text, Units(leaf, units), break_);
        Golden(leaf, inner, k, true);
      }
      return;
    }
    const std::string sign = Chance(12) ? "、" : ".";
    out_ += StrCat(number, sign, draft.title, draft.text, Units(draft, units), break_);
    Golden(draft, headings, number, true);
  }

  // ---- Columns ----

  struct Column {
    std::string name;
    char field;  // n, g, q, t, l, s, h, d, p, r: number, group, problem, text, lead, share, help, deadline, people,
                 // remark.
  };

  std::vector<Column> MakeColumns(bool cells) {
    std::vector<Column> columns;
    if (Chance(2)) columns.push_back({"序号", 'n'});
    if (!columns.empty() && Chance(3)) columns.push_back({Pick({"工作类别", "项目名称", "重点领域"}), 'g'});
    const bool problems = !columns.empty() && columns.back().field == 'n' && Chance(4);
    if (problems) columns.push_back({Pick({"存在问题", "问题描述", "项目名称"}), 'q'});
    columns.push_back({Pick({"工作任务", "重点任务", "具体任务", "工作内容"}), 't'});
    if (problems) columns.back().name = Pick({"整改措施", "整改举措", "具体内容"});
    // Where cells are not told apart, a deadline in front of the units is not either.
    const bool early = cells && Chance(4);
    const auto deadline = [&] { columns.push_back({Pick({"完成时限", "时限要求", "完成时间", "整改时限"}), 'd'}); };
    if (early) deadline();
    const size_t shape = Below(4);
    if (shape != 0) columns.push_back({shape == 1 ? "责任单位" : "牵头单位", shape == 1 ? 's' : 'l'});
    if (shape == 0) columns.push_back({"责任部门", 's'});
    if (shape == 2) columns.push_back({"配合单位", 'h'});
    if (shape == 3) columns.push_back({"责任单位", 's'});
    if (!early && Chance(2)) deadline();
    if (Chance(3)) columns.push_back({columns.front().field == 'n' ? "备注" : "工作要求", 'r'});
    if (Chance(5)) columns.push_back({"责任人", 'p'});
    // Some offices print what is to be done last: in the place of another column, or behind them all.
    if (columns.front().field == 'n' && columns[1].field == 't' && columns.back().field != 'p' && Chance(4)) {
      const auto last = columns.end() - (columns.back().field == 'r' ? 1 : 0);
      if (Chance(2)) {
        std::swap(columns[1], *(last - 1));
      } else {
        std::rotate(columns.begin() + 1, columns.begin() + 2, last);
      }
    }
    return columns;
  }

  // `layout` 0: a cell a line; 1: with tabs; 2: rows run together; 3: all in one line.
  void WriteColumns(size_t layout) {
    const bool cells = layout < 2;
    std::vector<Column> columns = MakeColumns(cells);
    // Two headers run together are not seen as such.
    // Nothing tells a title from the text that is run together with it.
    if (!cells) std::erase_if(columns, [](const Column& column) { return column.field == 'g' || column.field == 'q'; });
    if (!cells && columns.size() < 3) columns.push_back({"完成时限", 'd'});
    const bool own_number = columns.front().field == 'n';
    const std::string tab = layout == 1 ? "\t" : "";
    const std::string cell_end = cells ? (layout == 0 && Chance(2) ? "\n\n" : "\n") : "";
    const bool spaced = !cells && Chance(3);
    has_deadlines_ = std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.field == 'd'; });
    has_people_ = HasColumn(columns, 'p');
    if (!cells) stops_ = Chance(2);
    cells_noise_ = !cells && Chance(3);
    glued_ = !cells;
    broken_cells_ = layout == 0 && Chance(3);
    // Names that all begin with their level need nothing between them.
    if (!cells && kind_ == 3 && Chance(3)) list_ = Chance(2) ? "" : " ";
    for (const Column& column : columns) out_ += tab + column.name + cell_end;
    const std::string row_end = cells ? "\n" : layout == 2 ? "\n" : "";
    if (!cells) out_ += row_end;
    int number = 0;
    const size_t chapters = own_number ? 1 : 1 + Below(3);
    for (size_t c = 0; c < chapters; ++c) {
      Words headings;
      if (!own_number) {
        headings.push_back(Heading(Numeral(static_cast<int>(c) + 1) + "、"));
        out_ += tab + headings.back() + cell_end;
        if (Chance(2)) {
          headings.push_back(Heading("（一）"));
          out_ += tab + headings.back() + cell_end;
        }
      }
      const size_t rows = 3 + Below(5);
      for (size_t r = 0; r < rows; ++r) WriteRow(columns, headings, ++number, tab, cell_end, row_end, spaced);
    }
  }

  void WriteRow(const std::vector<Column>& columns, const Words& headings, int number, const std::string& tab,
                const std::string& cell_end, const std::string& row_end, bool spaced) {
    Draft draft = MakeDraft();
    FitColumns(columns, draft);
    std::string row, problem;
    for (const Column& column : columns) {
      std::string cell;
      switch (column.field) {
        case 'n':
          cell = StrCat(number);
          break;
        case 't':
          cell = (columns.front().field == 'n' ? "" : StrCat(number, ".")) +
                 (cells_noise_ ? Spaced(draft.text) : draft.text);
          if (broken_cells_) cell = Broken(cell);
          break;
        case 'g':
          // A merged cell is printed with its first row.
          if (group_.empty() || Chance(2)) {
            group_ = Pick(kTopics);
            cell = group_;
          }
          break;
        case 'q':
          problem = Pick(kTopics) + (Chance(2) ? "" : "不够，" + Sentence()) + (Chance(2) ? "。" : "");
          cell = problem;
          break;
        case 'l':
          cell = Join(draft.lead);
          break;
        case 's':
          cell = draft.lead.empty() || HasColumn(columns, 'l') ? Join(draft.share) : RolePhrase(draft);
          break;
        case 'h':
          cell = Join(draft.help);
          break;
        case 'd':
          cell = draft.deadline();
          break;
        case 'p':
          cell = draft.people;
          break;
        default:
          if (!Chance(3)) cell = Chance(2) ? Pick(kRemarks) : Sentence() + (Chance(2) ? "。" : "");
      }
      row += tab + cell + (spaced ? " " : "") + cell_end;
    }
    out_ += row + row_end;
    Words above = headings;
    if (!group_.empty()) above.push_back(group_);
    if (!problem.empty()) above.push_back(problem);
    Golden(draft, above, number, false);
  }

  // Spaces that a broken line leaves in a row.
  std::string Spaced(const std::string& row) {
    std::string spaced;
    size_t next = 30 + 3 * Below(30);
    for (size_t i = 0; i < row.size(); ++i) {
      const bool whole = (row[i] & 0xC0) != 0x80;
      if (whole && i >= next) {
        spaced += ' ';
        next = i + 60 + 3 * Below(60);
      }
      spaced += row[i];
    }
    return spaced;
  }

  // A cell that goes on in a second line behind its first comma.
  static std::string Broken(std::string cell) {
    const std::string comma = "，";
    if (const size_t at = cell.find(comma); at != std::string::npos) cell.insert(at + comma.size(), "\n");
    return cell;
  }

  static bool HasColumn(const std::vector<Column>& columns, char field) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& column) { return column.field == field; });
  }

  // Moves the units to the columns there are.
  void FitColumns(const std::vector<Column>& columns, Draft& draft) {
    const bool lead = HasColumn(columns, 'l');
    const bool share = HasColumn(columns, 's');
    const bool help = HasColumn(columns, 'h');
    if (!share) draft.share.clear();
    if (!help) draft.help.clear();
    if (lead && !share && draft.lead.empty()) Add(draft.lead, 1 + Chance(4), false);
    if (!lead && share) {
      draft.help.clear();
      if (draft.share.empty()) Add(draft.share, 1 + Below(2), true);
    }
    // More often than nobody leads, nobody helps.
    if (lead && (share || help) && draft.lead.empty() && !Chance(8)) Add(draft.lead, 1, false);
    if (lead && share && draft.share.empty() && (draft.lead.empty() || !Chance(4)))
      Add(draft.share, 1 + Below(2), true);
    if (lead && help && draft.help.empty() && (draft.lead.empty() || !Chance(3))) Add(draft.help, 1 + Below(2), true);
    // Where nothing parts the names, the first leads.
    if ((help || share) && !draft.lead.empty() && (list_.empty() || list_ == " ")) draft.lead.resize(1);
    const auto drop = [](Words& list, const Words& taken) {
      std::erase_if(
          list, [&](const std::string& name) { return std::find(taken.begin(), taken.end(), name) != taken.end(); });
    };
    drop(draft.share, draft.lead);
    drop(draft.help, draft.lead);
    drop(draft.help, draft.share);
  }

  std::mt19937 random_;
  GoldenPlan plan_;
  std::string out_;
  std::string level_, break_, list_, noun_;
  int kind_ = 0;
  bool stops_ = true;
  bool has_deadlines_ = false;
  bool has_people_ = false;
  bool has_goals_ = false;
  bool cells_noise_ = false;
  bool broken_cells_ = false;
  bool glued_ = false;
  bool ruled_ = false;
  std::string group_;
  int first_chapter_ = 1;
  int chapter_number_ = 0;
};

}  // namespace

GoldenPlan MakeRandomPlan(unsigned seed) {
  return PlanWriter(seed).Write();
}

}  // namespace duban
