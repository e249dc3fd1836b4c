// What no neighbour of a node ever holds, derived from what each service writes: services/plan/plan_store.h and
// directory.cc, services/assignment/records.h and desk.h, services/notification/reminder_rows.h, common/store/keys.h.

#include <algorithm>
#include <utility>

#include "common/feed/rebuild.h"

namespace duban {
namespace {

struct Entry {
  const char* kind;
  // Empty: every store has it.
  const char* service;
  const char* chinese;
  const char* english;
};

constexpr Entry kOnlyHere[] = {
    {"drafts", "plan", "未发布的计划草稿，包括其中的待核实事项和处理结果",
     "drafts that were not published, with their findings and how they were settled"},
    {"plan_findings", "plan", "已发布计划的待核实事项和处理记录（计划正文已取回）",
     "findings of published plans and how they were settled (the plans themselves come back)"},
    {"plans_without_addressees_below", "plan", "没有发给任何下级节点的已发布或已撤回计划",
     "published and withdrawn plans that were addressed to no node below"},
    {"directory_without_nodes_below", "plan", "本级单位名录、集合和工作日历：没有下级节点时",
     "this node's directory, groups and calendars, where it has no node below"},
    {"learned_names", "plan", "本级为上级单位条目记下的别名",
     "names that this node had learned for entries of the directory above"},
    {"assignments_at_this_node", "assignment",
     "本级交办给在本节点办公单位的事项的签收、进展、办结申请和审核；计划已取回的会重新交办",
     "receipts, reports, submissions and reviews of what this node issued to units that work at it; it is issued anew "
     "where the plan came back"},
    {"moved_away", "assignment", "单位调走之后留在本级的旧事项副本",
     "what stayed here of assignments whose unit had moved to another node"},
    {"leases", "assignment", "已领取未签收的领取编号；重新领取即可",
     "leases of what was pulled and not signed for; pull again"},
    {"reminders", "notification", "提醒的发送记录；能确知节点仍在工作的时刻之前的提醒按已发送处理，不再重发",
     "what became of reminders; those of a time at which the node is known to have been at work count as sent"},
    {"policies", "notification", "提醒规则；恢复为默认规则，请重新设置",
     "reminder policies; the default is in force, set them again"},
    {"requests", "", "已办请求的编号记录；同一编号再次提交会被当作新请求",
     "the memory of request ids; the same id is a new request"},
    {"audit", "", "操作记录", "the record of who asked for what"},
    {"not_sent_yet", "", "丢失前尚未送达任何相邻节点的最后改动",
     "the last changes that had not reached a neighbour yet"},
};

}  // namespace

std::vector<v1::RebuildReport::Lost> OnlyHere(const std::vector<std::string>& services) {
  std::vector<v1::RebuildReport::Lost> lost;
  for (const Entry& entry : kOnlyHere) {
    const std::string service = entry.service;
    if (!service.empty() && std::find(services.begin(), services.end(), service) == services.end()) continue;
    if (services.empty()) continue;
    v1::RebuildReport::Lost& item = lost.emplace_back();
    item.set_kind(entry.kind);
    item.set_service(service);
    item.set_text_zh(entry.chinese);
    item.set_text_en(entry.english);
  }
  return lost;
}

}  // namespace duban
