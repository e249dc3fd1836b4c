#include "common/words/method_words.h"

#include <cctype>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// By service, in the order of the contracts. A test holds that none is missing.
constexpr std::pair<std::string_view, const char*> kMethods[] = {
    {"AccessService/SignIn", "登录"},
    {"AccessService/BeginSingleSignOn", "开始单点登录"},
    {"AccessService/SignInWithIdToken", "单点登录"},
    {"AccessService/RefreshSession", "续用会话"},
    {"AccessService/SignOut", "退出登录"},
    {"AccessService/ListSessions", "查看会话"},
    {"AccessService/RevokeSession", "终止会话"},
    {"AccessService/ChangePassword", "修改密码"},
    {"AccessService/BeginTotp", "开始绑定动态口令"},
    {"AccessService/ConfirmTotp", "绑定动态口令"},
    {"AccessService/WhoAmI", "查看本人身份"},
    {"AccessService/CreatePerson", "新增人员"},
    {"AccessService/ListPeople", "查看人员"},
    {"AccessService/UpdatePerson", "修改人员"},
    {"AccessService/DisablePerson", "停用人员"},
    {"AccessService/EnablePerson", "启用人员"},
    {"AccessService/ResetPassword", "重置密码"},
    {"AccessService/GrantRole", "授予角色"},
    {"AccessService/ApproveGrant", "复核授权"},
    {"AccessService/RevokeRole", "撤销角色"},
    {"AccessService/ListGrants", "查看授权"},
    {"AccessService/ExplainAccess", "查询权限缘由"},
    {"AssignmentSearchService/SearchAssignments", "检索事项"},
    {"AssignmentService/PullAssignments", "领取"},
    {"AssignmentService/ReceiveAssignment", "签收"},
    {"AssignmentService/ReceiveAssignments", "签收"},
    {"AssignmentService/ReportProgress", "报送进展"},
    {"AssignmentService/SubmitResult", "申请办结"},
    {"AssignmentService/SubmitResults", "申请办结"},
    {"AssignmentService/ReviewSubmission", "审核"},
    {"AssignmentService/ReviewSubmissions", "审核"},
    {"AssignmentService/DeclineAssignment", "申请退办"},
    {"AssignmentService/RequestExtension", "申请延期"},
    {"AssignmentService/RetractReport", "撤回进展"},
    {"AssignmentService/ReaddressAssignment", "改交"},
    {"AssignmentService/BindAssignment", "维持原交办"},
    {"AssignmentService/AnswerExtension", "答复延期"},
    {"AssignmentService/MarkReportsRead", "阅进展"},
    {"AssignmentService/AddRemark", "批示"},
    {"AssignmentService/UrgeAssignments", "催办"},
    {"AssignmentService/GetAssignment", "查看交办事项"},
    {"AssignmentService/ListAssignments", "列出交办事项"},
    {"AssignmentService/GetIssuance", "查看交办进度"},
    {"AssignmentService/GetTimeline", "查看全过程"},
    {"AssignmentService/GetBoard", "查看看板"},
    {"AuditService/ListAuditEntries", "查看审计"},
    {"AuditService/ExportAudit", "导出审计"},
    {"DirectoryService/GetUnit", "查看单位"},
    {"DirectoryService/ListUnits", "列出单位"},
    {"DirectoryService/CreateUnit", "新增单位"},
    {"DirectoryService/UpdateUnit", "修改单位"},
    {"DirectoryService/DeleteUnit", "删除单位"},
    {"DirectoryService/GetUnitGroup", "查看单位组"},
    {"DirectoryService/ListUnitGroups", "列出单位组"},
    {"DirectoryService/CreateUnitGroup", "新增单位组"},
    {"DirectoryService/UpdateUnitGroup", "修改单位组"},
    {"DirectoryService/DeleteUnitGroup", "删除单位组"},
    {"DirectoryService/ExpandUnitGroup", "展开单位组"},
    {"DirectoryService/ImportDirectory", "导入单位名录"},
    {"DirectoryService/ListAliases", "查看别名"},
    {"DirectoryService/RemoveAlias", "删除别名"},
    {"DirectoryService/ResolveUnit", "查找单位"},
    {"DirectoryService/ListCalendars", "查看工作日历"},
    {"DirectoryService/UpdateCalendar", "修改工作日历"},
    {"EvidenceService/UploadEvidence", "上传材料"},
    {"EvidenceService/GetEvidenceFile", "查看材料信息"},
    {"EvidenceService/ReadEvidence", "读取材料"},
    {"EvidenceService/HandUpEvidence", "送交材料"},
    {"FeedService/Fetch", "同步接收"},
    {"FeedService/Offer", "同步上报"},
    {"FeedService/GiveBack", "取回本节点数据"},
    {"NodeService/GetNodeStatus", "查看节点状态"},
    {"NodeService/StartBackup", "开始备份"},
    {"NodeService/StartVerification", "开始核验"},
    {"NodeService/GetJob", "查看作业"},
    {"NodeService/ListJobs", "列出作业"},
    {"NodeService/CancelJob", "取消作业"},
    {"NodeService/ListBackups", "列出备份"},
    {"NodeService/SetLogLevel", "调整日志级别"},
    {"NotificationService/LeaseReminders", "领取提醒"},
    {"NotificationService/ConfirmReminder", "确认提醒"},
    {"NotificationService/ConfirmReminders", "确认提醒"},
    {"NotificationService/RedriveReminder", "重发提醒"},
    {"NotificationService/GetReminder", "查看提醒"},
    {"NotificationService/ListReminders", "列出提醒"},
    {"NotificationService/GetReminderPolicy", "查看提醒规则"},
    {"NotificationService/UpdateReminderPolicy", "修改提醒规则"},
    {"NotificationService/GetContact", "查看联系方式"},
    {"NotificationService/ListContacts", "列出联系方式"},
    {"NotificationService/UpdateContact", "修改联系方式"},
    {"NotificationService/ListChannels", "查看提醒渠道"},
    {"NotificationService/GetDigest", "查看合并提醒"},
    {"NotificationService/ListDigests", "列出合并提醒"},
    {"NotificationService/ListDeliveries", "列出发送情况"},
    {"NotificationService/RedriveDelivery", "重新发送"},
    {"PlanSearchService/SearchPlans", "检索计划"},
    {"IssuerService/ListIssuerItems", "列出待交办方办理事项"},
    {"WatchService/Watch", "关注变更"},
    {"PlanService/ParsePlan", "试读文件"},
    {"PlanService/ImportPlan", "导入计划"},
    {"PlanService/ReimportPlan", "重新导入"},
    {"PlanService/CreatePlan", "新建计划"},
    {"PlanService/GetPlan", "查看计划"},
    {"PlanService/ListPlans", "列出计划"},
    {"PlanService/UpdatePlan", "修改计划"},
    {"PlanService/UpdateTask", "修改任务"},
    {"PlanService/EditPlan", "编辑计划"},
    {"PlanService/DeletePlan", "删除草稿"},
    {"PlanService/SettleFindings", "处理待核实事项"},
    {"PlanService/ReopenFindings", "重新核实"},
    {"PlanService/ProposeAlignments", "查看承接建议"},
    {"PlanService/AlignTasks", "确认承接"},
    {"PlanService/PreviewPublication", "发布前预览"},
    {"PlanService/PublishPlan", "发布计划"},
    {"PlanService/ListKeptHints", "查看版式记录"},
    {"PlanService/DeleteKeptHints", "删除版式记录"},
    {"PlanService/RevisePlan", "开始修订"},
    {"PlanService/ListPlanRevisions", "列出各版"},
    {"PlanService/ComparePlanRevisions", "比较两版"},
    {"PlanService/WithdrawPlan", "撤回计划"},
    {"PlanSourceService/GetPlanSource", "查看原文"},
};

// `ReviewSubmissions` as `review submissions`.
std::string SpacedOut(std::string_view name) {
  std::string words;
  for (const char letter : name) {
    const bool capital = std::isupper(static_cast<unsigned char>(letter)) != 0;
    if (capital && !words.empty()) words += ' ';
    words += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return words;
}

// What a node does of itself, which stands in its audit beside the calls.
struct OwnWork {
  std::string_view name;
  const char* zh;
  const char* en;
};
constexpr OwnWork kOwnWork[] = {
    {"follow/plan_to_assignment", "按计划交办", "issue what plans say"},
    {"follow/plan_to_notification", "接收计划和单位名录", "take in plans and units"},
    {"follow/assignment_to_notification", "按交办情况安排提醒", "plan reminders"},
    {"start/calendars", "装入放假安排", "put in calendars"},
    {"start/first_officer", "设首任安全管理员", "put in the first officer"},
    {"plan/audiences", "更新下发范围", "send plans to units that moved"},
    {"plan/moved_entries", "更新下发范围", "send plans to units that moved"},
    {"remove_evidence", "清理无人引用的材料", "remove files nothing names"},
    {"restand", "按新日历重算状态", "look again by a new calendar"},
    {"tend/queue", "到时生成提醒", "make what is due"},
    {"tend/replan", "重新安排提醒", "plan reminders anew"},
    {"deliver/take", "开始投递", "take deliveries"},
    {"deliver/finish", "记下投递结果", "note deliveries"},
    {"deliver/drop_unknown", "停掉已撤渠道的投递", "drop deliveries of channels that are gone"},
    {"store/ExpireMemos", "清理过期的请求记录", "forget old requests"},
    {"store/MergeFeeds", "整理数据流", "merge feeds"},
    {"store/NoteBackup", "记下备份", "note a backup"},
    {"store/NoteFollowers", "记下各下级的进度", "note followers"},
    {"store/Restore", "由备份恢复", "restore from a backup"},
    {"store/Trim", "清理过期的历史", "cut history off"},
    {"rebuild/begin", "开始重建", "begin a rebuild"},
    {"rebuild/finish", "完成重建", "finish a rebuild"},
    {"rebuild/give_up", "放弃重建", "give a rebuild up"},
    {"index_words", "建立检索索引", "index words"},
};
// What begins so names the hop behind it.
constexpr OwnWork kHops[] = {
    {"follow/", "与相邻节点同步", "follow"},
    {"take_in/", "收取下级上报", "take in"},
    {"offer/", "上报", "offer"},
};

}  // namespace

Phrase MethodWords(std::string_view method) {
  for (const OwnWork& work : kOwnWork) {
    if (method == work.name) return {work.zh, work.en};
  }
  for (const OwnWork& hops : kHops) {
    if (!method.starts_with(hops.name)) continue;
    const std::string_view hop = method.substr(hops.name.size());
    return {StrCat(hops.zh, "（", hop, "）"), StrCat(hops.en, " ", hop)};
  }
  static const auto* const by_name =
      new absl::flat_hash_map<std::string_view, const char*>(std::begin(kMethods), std::end(kMethods));
  const std::string_view name = method.substr(method.rfind('.') + 1);
  const auto found = by_name->find(name);
  if (found == by_name->end()) return {std::string(name), std::string(name)};
  return {found->second, SpacedOut(name.substr(name.find('/') + 1))};
}

}  // namespace duban
