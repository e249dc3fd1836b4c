// `duban audit`: who did what, what was refused, and the proof of it.

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/access/audit_chain.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/words/method_words.h"
#include "duban/v1/audit_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageToJsonString;

struct ServedBy {
  std::string service;
  Peer peer;
};

const std::vector<ServedBy>& Services() {
  static const auto* const services = new std::vector<ServedBy>{
      {"plan", Peer::kPlan}, {"assignment", Peer::kAssignment}, {"notification", Peer::kNotification}};
  return *services;
}

// --- list ---

constexpr int kPresetMost = 50;

struct ListOptions {
  std::vector<std::string> services;
  v1::ListAuditEntriesRequest::Filter filter;
  std::string since;
  std::string until;
  bool refused = false;
  std::optional<int> most;
};

// What lies in a plan without being one of its nouns: `plans/p1/tasks/t1/order`, `plans/p1/addressees/l-1`.
std::optional<Phrase> PartOfPlan(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  if (parts.size() == 5 && parts[2] == "tasks" && parts[4] == "order") {
    return Phrase{StrCat(parts[1], "/", parts[3], "（交办单）"), StrCat(parts[1], "/", parts[3], " (the order)")};
  }
  if (parts.size() == 4 && parts[2] == "addressees") {
    return Phrase{StrCat(parts[1], "（承办单位名单）"), StrCat(parts[1], " (whom it is addressed to)")};
  }
  return std::nullopt;
}

// An entity as people name it: of what lies in an assignment the assignment, and whose half of it.
std::string EntityWords(const Session& session, const std::string& name) {
  if (const std::optional<Phrase> part = PartOfPlan(name)) return session.Say(*part);
  const size_t half = name.rfind('/');
  const std::string_view owner = std::string_view(name).substr(0, half == std::string::npos ? 0 : half);
  if (ParseName(owner).noun != Noun::kAssignment) return ShortAssignmentName(name);
  const bool units = std::string_view(name).substr(half) == "/execution";
  return StrCat(ShortAssignmentName(owner), session.Say(units ? Phrase{"（承办情况）", " (the unit's half)"}
                                                              : Phrase{"（交办方的处理）", " (the issuer's half)"}));
}

Cell OutcomeCell(const Session& session, const v1::AuditEntry& entry) {
  if (entry.outcome() == v1::AuditEntry::DONE) return Cell(session.Say({"完成", "done"}));
  std::string words = session.Say({"拒绝", "refused"});
  if (entry.times() > 1) words = StrCat(words, " ×", entry.times());
  return Cell(words, Style::kRed);
}

std::string AboutWords(const Session& session, const v1::AuditEntry& entry) {
  if (entry.entities().empty()) return "";
  const int more = entry.entity_count() - 1;
  const std::string first = EntityWords(session, entry.entities(0));
  if (more <= 0) return first;
  return session.Say({StrCat(first, " 等 ", more + 1, " 项"), StrCat(first, " and ", more, " more")});
}

void Print(Session& session, const v1::ListAuditEntriesResponse& list) {
  Table table({{session.Say({"时间", "Time"}), false, false},
               {session.Say({"服务", "Service"}), false, false},
               {session.Say({"调用方", "Caller"}), false, true},
               {session.Say({"来源", "From"}), false, false},
               {session.Say({"操作", "Method"}), false, true},
               {session.Say({"结果", "Outcome"}), false, false},
               {session.Say({"对象", "About"}), false, true}});
  for (const v1::AuditEntry& entry : list.entries()) {
    const std::string caller = entry.caller().empty() ? session.Say({"（本节点）", "(this node)"}) : entry.caller();
    table.Row({TimeWords(entry.commit_time()), entry.service(), caller, entry.address(),
               session.Say(MethodWords(entry.method())), OutcomeCell(session, entry), AboutWords(session, entry)});
  }
  session.printer().Show(table, {"没有符合条件的审计记录", "no such entries"});
}

// The latest entries of one service, page after page, until there are enough.
absl::Status ListOf(Session& session, const ListOptions& options, const ServedBy& served,
                    v1::ListAuditEntriesResponse* all) {
  v1::ListAuditEntriesRequest request;
  request.set_service(served.service);
  *request.mutable_filter() = options.filter;
  const int most = options.most.value_or(kPresetMost);
  int found = 0;
  do {
    request.set_page_size(most - found);
    v1::ListAuditEntriesResponse page;
    DUBAN_RETURN_IF_ERROR(session.CallAt(served.peer, "AuditService/ListAuditEntries", &request, &page));
    found += page.entries_size();
    request.set_page_token(page.next_page_token());
    for (v1::AuditEntry& entry : *page.mutable_entries()) *all->add_entries() = std::move(entry);
  } while (found < most && !request.page_token().empty());
  return absl::OkStatus();
}

absl::Status List(Session& session, ListOptions options) {
  if (options.refused) options.filter.set_outcome(v1::AuditEntry::REFUSED);
  for (const auto& [day, time] : {std::pair(&options.since, options.filter.mutable_begin_time()),
                                  std::pair(&options.until, options.filter.mutable_end_time())}) {
    if (day->empty()) continue;
    const std::optional<absl::CivilDay> read = ParseDay(*day);
    if (!read) {
      return UsageError({StrCat("“", *day, "”不是日期，写法如 2026-09-30"),
                         StrCat("`", *day, "` is no day; write it as 2026-09-30")});
    }
    *time = ToProto(absl::FromCivil(day == &options.until ? *read + 1 : *read, Shanghai()));
  }
  if (options.since.empty()) options.filter.clear_begin_time();
  if (options.until.empty()) options.filter.clear_end_time();
  v1::ListAuditEntriesResponse all;
  for (const ServedBy& served : Services()) {
    const auto& asked = options.services;
    const bool wanted = asked.empty() || std::find(asked.begin(), asked.end(), served.service) != asked.end();
    if (wanted) DUBAN_RETURN_IF_ERROR(ListOf(session, options, served, &all));
  }
  std::stable_sort(all.mutable_entries()->begin(), all.mutable_entries()->end(),
                   [](const v1::AuditEntry& a, const v1::AuditEntry& b) {
                     return FromProto(a.commit_time()) > FromProto(b.commit_time());
                   });
  const int most = options.most.value_or(kPresetMost);
  if (all.entries_size() > most) all.mutable_entries()->DeleteSubrange(most, all.entries_size() - most);
  session.printer().Json(all);
  if (!session.printer().json()) Print(session, all);
  return absl::OkStatus();
}

// --- export ---

absl::Status CannotWrite(const std::string& path) {
  return UsageError({StrCat("无法写入文件“", path, "”，请检查目录与权限"),
                     StrCat("cannot write the file `", path, "`; check its folder and your rights")});
}

// One line of JSON a part.
absl::Status ExportOf(Session& session, const ServedBy& served, std::ostream& out, int64_t* commits) {
  v1::ExportAuditRequest request;
  request.set_service(served.service);
  v1::AuditExport part;
  do {
    part.Clear();
    DUBAN_RETURN_IF_ERROR(session.CallAt(served.peer, "AuditService/ExportAudit", &request, &part));
    std::string line;
    if (!MessageToJsonString(part, &line).ok()) return InvariantBroken("a part of an export has no JSON");
    out << line << '\n';
    *commits += part.commits_size();
    if (!part.commits().empty()) request.set_after_sequence(part.commits().rbegin()->sequence());
  } while (!part.commits().empty() && request.after_sequence() < part.head().sequence());
  return absl::OkStatus();
}

absl::Status Export(Session& session, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) return CannotWrite(path);
  int64_t commits = 0;
  for (const ServedBy& served : Services()) DUBAN_RETURN_IF_ERROR(ExportOf(session, served, out, &commits));
  out.close();
  if (!out) return CannotWrite(path);
  session.printer().Line(
      {StrCat("已导出 ", commits, " 条提交记录到 ", path, "；核验：duban audit verify ", path),
       StrCat("exported ", commits, " commits to ", path, "; check them: duban audit verify ", path)});
  return absl::OkStatus();
}

// --- verify ---

absl::StatusOr<std::map<std::string, AuditChain>> ReadChains(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return NotFoundError({StrCat("找不到文件“", path, "”"), StrCat("there is no file `", path, "`")});
  }
  std::map<std::string, AuditChain> chains;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    v1::AuditExport part;
    if (!JsonStringToMessage(line, &part).ok()) {
      return UsageError({StrCat(path, " 第 ", number, " 行不是审计导出内容；请用 duban audit export 重新导出"),
                         StrCat(path, " line ", number, " is no part of an export; make it with duban audit export")});
    }
    DUBAN_RETURN_IF_ERROR(chains[part.service()].Add(part));
  }
  if (chains.empty()) {
    return UsageError({StrCat(path, " 是空文件，没有可核验的内容"), StrCat(path, " is empty: nothing to check")});
  }
  for (const auto& [service, chain] : chains) DUBAN_RETURN_IF_ERROR(chain.CheckEnd());
  return chains;
}

// Compares with the positions that a neighbour's status shows of this node's feeds.
absl::Status CompareWith(const std::string& path, const std::map<std::string, AuditChain>& chains, int* compared) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  v1::NodeStatus status;
  if (!in || !JsonStringToMessage(text, &status).ok()) {
    return UsageError(
        {StrCat("“", path, "”不是节点状态；请在相邻节点执行 duban node status --format=json 得到"),
         StrCat("`", path, "` is no status of a node; make it there with duban node status --format=json")});
  }
  int here = 0;
  for (const v1::NodeStatus::Hop& hop : status.hops()) {
    if (hop.direction() == v1::NodeStatus::Hop::OFFER) continue;
    for (const auto& [service, chain] : chains) {
      // A history that was begun anew has other epochs; whoever followed the old one still calls it by its name.
      const bool by_name = hop.name() == StrCat(chain.node(), "_", service);
      if (!by_name && !chain.IsOfThis(hop.position())) continue;
      DUBAN_RETURN_IF_ERROR(chain.Compare(hop.position()));
      ++here;
    }
  }
  if (here == 0) {
    return UsageError({StrCat("“", path, "”中的节点没有见过本节点的历史，不能作证"),
                       StrCat("the node in `", path, "` has seen nothing of this history and is no witness")});
  }
  *compared += here;
  return absl::OkStatus();
}

absl::Status Verify(Session& session, const std::string& path, const std::vector<std::string>& witnesses) {
  DUBAN_ASSIGN_OR_RETURN(const auto chains, ReadChains(path));
  int compared = 0;
  for (const std::string& witness : witnesses) DUBAN_RETURN_IF_ERROR(CompareWith(witness, chains, &compared));
  Table table({{session.Say({"服务", "Service"}), false, false},
               {session.Say({"起", "After"}), true, false},
               {session.Say({"止", "Up to"}), true, false},
               {session.Say({"提交", "Commits"}), true, false},
               {session.Say({"审计记录", "Entries"}), true, false}});
  for (const auto& [service, chain] : chains) {
    table.Row({service, StrCat(chain.begin()), StrCat(chain.end()), StrCat(chain.commits()), StrCat(chain.entries())});
  }
  session.printer().Show(table, {});
  if (compared > 0) {
    session.printer().Line(
        {StrCat("完好：前后相接，无改动、缺失、重复；与相邻节点所见 ", compared, " 处一致"),
         StrCat("good: nothing altered, missing or doubled, and as seen by neighbours at ", compared, " places")},
        Style::kGreen);
    return absl::OkStatus();
  }
  session.printer().Line({"完好：前后相接，无改动、缺失、重复。未与相邻节点比对（--witness），整体改写无从发现",
                          "good: nothing altered, missing or doubled. Without --witness a history written anew as a "
                          "whole is not found"},
                         Style::kGreen);
  return absl::OkStatus();
}

}  // namespace

void AddAuditCommands(Command root) {
  Command audit = root.Group("audit", {"审计", "who did what"});
  auto listed = std::make_shared<ListOptions>();
  audit
      .Leaf("list", {"最近的操作与拒绝，新的在前", "what was done and refused, the latest first"},
            [listed](Session& session) { return List(session, *listed); })
      .Texts("--service=SERVICE", &listed->services,
             {"只看这些服务：plan、assignment、notification", "only of these services: plan, assignment, notification"})
      .Text("--caller=CALLER", listed->filter.mutable_caller(), {"只看此调用方", "only of this caller"})
      .Text("--method=METHOD", listed->filter.mutable_method(),
            {"只看此接口，如 duban.v1.PlanService/PublishPlan", "only this method"})
      .Text("--about=NAME", listed->filter.mutable_entity(),
            {"只看此对象及其所含，如 plans/p1", "only about this and what is in it, such as plans/p1"})
      .Text("--since=DAY", &listed->since, {"自此日起，如 2026-09-01", "from this day on"})
      .Text("--until=DAY", &listed->until, {"到此日止（含）", "up to and including this day"})
      .Flag("--refused", &listed->refused, {"只看被拒绝的", "only what was refused"})
      .Number("--most=N", &listed->most, 1, 10'000, {"最多列出几条，默认 50", "at most so many; 50 by default"});

  auto out = std::make_shared<std::string>();
  audit
      .Leaf("export", {"导出全部审计记录及其证明", "everything with its proof, to a file"},
            [out](Session& session) { return Export(session, *out); })
      .Text("FILE", out.get(), {"写到此文件", "the file to write"}, kRequired);

  auto file = std::make_shared<std::string>();
  auto witnesses = std::make_shared<std::vector<std::string>>();
  audit
      .Leaf("verify", {"离线核验导出的审计记录", "checks an export, without any server"},
            [file, witnesses](Session& session) { return Verify(session, *file, *witnesses); })
      .Text("FILE", file.get(), {"audit export 所写的文件", "what audit export wrote"}, kRequired)
      .Texts("--witness=FILE", witnesses.get(),
             {"相邻节点的 node status --format=json 输出，可多次",
              "a neighbour's node status --format=json; may come again"});
}

}  // namespace duban::cli
