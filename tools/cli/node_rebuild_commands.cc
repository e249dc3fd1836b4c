// `duban node rebuild`: gives a node that lost its disk, or was restored from an old backup, what its neighbours hold.
//
// It opens the stores itself, while no server of the node runs, and calls the neighbours. That is simpler and safer
// than a server that rebuilds itself: nothing else can write meanwhile, nobody is served half of what there is, and
// what is missing is in front of the person who decides whether to wait.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/rebuild.h"
#include "common/node/node.h"
#include "common/rpc/server_options.h"
#include "services/assignment/assignment_logic.h"
#include "services/notification/notification_logic.h"
#include "services/plan/plan_logic.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

using v1::RebuildReport;

struct Flags {
  std::string data_dir;
  std::string node;
  std::vector<std::string> upstreams;
  std::vector<std::string> downstreams;
  std::vector<std::string> without;
};

// Where a neighbour's services are, and the calls to them.
class Neighbours {
 public:
  explicit Neighbours(const Session& session) : session_(session) {}

  absl::Status Add(const std::string& text, bool upstream) {
    absl::StatusOr<UpstreamOptions> parsed = ParseUpstream(text);
    if (!parsed.ok()) {
      const std::string option = upstream ? "--upstream" : "--downstream";
      return UsageError({StrCat(option, "=", text, " 应写作 节点=主机:端口"),
                         StrCat(option, "=", text, ": write NODE=HOST:PORT; ", ToStd(parsed.status().message()))});
    }
    all_.push_back({parsed->node, upstream});
    options_[parsed->node] = *std::move(parsed);
    return absl::OkStatus();
  }
  const std::vector<Rebuild::Neighbour>& all() const { return all_; }

  absl::StatusOr<Rebuild::Answer> Ask(const Rebuild::Call& call) {
    const std::string address = ServerOptions::AddressOf(options_.at(call.neighbour), call.feed);
    if (address.empty()) return absl::UnavailableError(StrCat("no address for its ", call.feed, " service"));
    std::shared_ptr<FeedPeer>& peer = peers_[address];
    if (peer == nullptr) {
      DUBAN_ASSIGN_OR_RETURN(peer, session_.environment().feed_peer(address, call.neighbour, session_.Keys()));
    }
    return AskNeighbour(*peer, call);
  }

 private:
  const Session& session_;
  std::vector<Rebuild::Neighbour> all_;
  std::map<std::string, UpstreamOptions> options_;
  std::map<std::string, std::shared_ptr<FeedPeer>> peers_;
};

template <typename Logic>
LogicFactory FactoryOf(const std::string& service) {
  return {service, [](const Ports& ports) -> std::unique_ptr<ServiceLogic> { return std::make_unique<Logic>(ports); }};
}

absl::StatusOr<std::unique_ptr<Node>> OpenNode(Session& session, const Flags& flags) {
  NodeOptions options;
  options.node = flags.node;
  options.data_dir = flags.data_dir;
  options.rebuilding = true;
  NodePorts ports;
  ports.clock = session.environment().clock;
  ports.ids = session.environment().ids;
  return Node::Open(options, ports,
                    {FactoryOf<PlanLogic>("plan"), FactoryOf<AssignmentLogic>("assignment"),
                     FactoryOf<NotificationLogic>("notification")});
}

Phrase KindWords(const std::string& kind) {
  static const auto* const words = new std::map<std::string, Phrase>{
      {"plans", {"计划", "plans"}},
      {"units", {"单位", "units"}},
      {"groups", {"单位集合", "groups"}},
      {"calendars", {"工作日历", "calendars"}},
      {"orders", {"本级的交办单", "orders issued here"}},
      {"addressees", {"交办单的承办单位", "whom they are addressed to"}},
      {"oversights", {"本级的审核意见", "what was done about them here"}},
      {"executions", {"本级的承办情况", "what this node's units did"}},
      {"decompositions", {"本级的分解情况", "what this node's units made of it"}},
      {"deliveries", {"本级的送达记录", "when orders reached this node"}},
      {"below", {"下级报来的情况", "what came up from below"}},
      {"followed", {"上级下发的内容", "what comes from above"}},
  };
  const auto found = words->find(kind);
  return found == words->end() ? Phrase{kind, kind} : found->second;
}

void PrintCounts(Session& session, const RebuildReport& report) {
  Table table({{session.Say({"来源", "From"}), false, false},
               {session.Say({"内容", "What"}), false, true},
               {session.Say({"取回", "Taken"}), true, false},
               {session.Say({"已有", "Same"}), true, false},
               {session.Say({"本级更新", "Newer here"}), true, false},
               {session.Say({"不予接收", "Refused"}), true, false}});
  for (const auto& neighbour : report.neighbours()) {
    for (const auto& count : neighbour.counts()) {
      if (count.taken() + count.same() + count.older() + count.refused() == 0) continue;
      table.Row({neighbour.node(), session.Say(KindWords(count.kind())), StrCat(count.taken()), StrCat(count.same()),
                 StrCat(count.older()), StrCat(count.refused())});
    }
  }
  session.printer().Show(table, {"没有取回任何内容", "nothing came back"});
}

void PrintNeighbours(Session& session, const RebuildReport& report) {
  Printer& printer = session.printer();
  for (const auto& neighbour : report.neighbours()) {
    if (neighbour.given_up()) {
      printer.Line({StrCat("已放弃“", neighbour.node(), "”的", neighbour.service(), "服务"),
                    StrCat("given up: the ", neighbour.service(), " service of `", neighbour.node(), "`")},
                   Style::kYellow);
    } else if (!neighbour.complete()) {
      const std::string why = neighbour.error().empty() ? "" : StrCat("：", neighbour.error());
      printer.Line({StrCat("尚未取完“", neighbour.node(), "”的", neighbour.service(), "服务", why),
                    StrCat("not complete: the ", neighbour.service(), " service of `", neighbour.node(), "`",
                           neighbour.error().empty() ? "" : StrCat(": ", neighbour.error()))},
                   Style::kRed);
    }
  }
  for (const std::string& node : report.not_asked()) {
    printer.Line({StrCat("单位名录中还有下级节点“", node, "”，这次没有询问；如需要，请加 --downstream=", node, "=地址"),
                  StrCat("the directory names node `", node, "` below this one, which was not asked; add --downstream=",
                         node, "=ADDRESS where it is there")},
                 Style::kYellow);
  }
}

void PrintReport(Session& session, const RebuildReport& report) {
  Printer& printer = session.printer();
  printer.Json(report);
  PrintCounts(session, report);
  PrintNeighbours(session, report);
  bool restored = false;
  for (const auto& store : report.stores()) {
    restored |= store.state() == RebuildReport::RESTORED;
    if (store.state() != RebuildReport::KEPT) continue;
    printer.Line({StrCat(store.service(), " 的存储正在使用，没有改动"),
                  StrCat("the store of ", store.service(), " was in use and is left as it is")});
  }
  printer.Gap();
  printer.Line(restored ? Phrase{"备份之后只有本节点才有、已无法取回的内容（据所能判断）：",
                                 "only the lost node had, since the backup, as far as can be told:"}
                        : Phrase{"只有本节点才有、已无法取回的内容（据所能判断）：",
                                 "only the lost node had, as far as can be told:"},
               Style::kBold);
  for (const auto& lost : report.lost()) {
    printer.Line({StrCat("  · ", lost.text_zh()), StrCat("  - ", lost.text_en())});
  }
  if (report.has_last_sign_of_life()) {
    const std::string time = TimeWords(report.last_sign_of_life());
    printer.Line(
        {StrCat("相邻节点所知本节点最后一次办理：", time), StrCat("last act that a neighbour knows of: ", time)});
  }
  if (!report.finished()) return;
  printer.Hint({StrCat("重建完成，可以启动节点“", report.node(), "”"),
                StrCat("done; node `", report.node(), "` may be started")});
}

absl::Status Missing(const std::vector<std::string>& nodes) {
  std::string names;
  for (const std::string& node : nodes) StrAppend(&names, names.empty() ? "" : ", ", node);
  return Error(
      v1::NOT_SERVING,
      StrCat("not everything is back from ", names,
             "; the node does not start. Run the same command again when they answer, or with --without=NODE "
             "for one that is gone for good"),
      StrCat("尚未取完：", names, "。节点暂不能启动。请待其恢复后再次运行同一命令；确已不复存在的，加 --without=节点"),
      {{"nodes", names}});
}

absl::Status Run(Session& session, const Flags& flags) {
  if (session.environment().feed_peer == nullptr) return UsageError({"无法连接相邻节点", "no way to reach neighbours"});
  // What happens is in the report; lines of the log between it would only hide it.
  SetLogLevel(LogLevel::kError);
  Neighbours neighbours(session);
  for (const std::string& text : flags.upstreams) DUBAN_RETURN_IF_ERROR(neighbours.Add(text, true));
  for (const std::string& text : flags.downstreams) DUBAN_RETURN_IF_ERROR(neighbours.Add(text, false));
  if (neighbours.all().empty()) {
    return UsageError(
        {"请至少写一个相邻节点：--upstream 或 --downstream", "name a neighbour at least: --upstream or --downstream"});
  }
  DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<Node> node, OpenNode(session, flags));
  std::vector<Rebuild::Part> parts;
  for (const auto& part : node->parts()) parts.push_back({part->store.get(), part->hops});
  Rebuild rebuild(std::move(parts), neighbours.all(), session.environment().clock);
  DUBAN_RETURN_IF_ERROR(rebuild.Begin());
  for (const std::string& gone : flags.without) DUBAN_RETURN_IF_ERROR(rebuild.GiveUp(gone));
  while (true) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Rebuild::Call> call, rebuild.Prepare());
    if (!call.has_value()) break;
    DUBAN_RETURN_IF_ERROR(rebuild.Deliver(neighbours.Ask(*call)));
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> missing, rebuild.Missing());
  if (missing.empty()) DUBAN_RETURN_IF_ERROR(rebuild.Finish());
  DUBAN_ASSIGN_OR_RETURN(const RebuildReport report, rebuild.Report());
  PrintReport(session, report);
  return missing.empty() ? absl::OkStatus() : Missing(missing);
}

}  // namespace

void AddNodeRebuild(Command node) {
  auto flags = std::make_shared<Flags>();
  node.Leaf(
          "rebuild",
          {"从上下级取回本节点的内容（节点须已停止）", "get back what the neighbours hold, while the node is stopped"},
          [flags](Session& session) { return Run(session, *flags); })
      .Text("--data-dir=DIR", &flags->data_dir,
            {"节点的数据目录：空目录，或刚从备份恢复的", "the node's data folder: empty, or fresh from a backup"},
            kRequired)
      .Text("--node=NODE", &flags->node, {"节点编号", "the node's id"}, kRequired)
      .Texts("--upstream=NODE=ADDRESS", &flags->upstreams,
             {"上级节点及地址，同 duban-node 的 --upstream", "a node above and where it listens, as for duban-node"})
      .Texts("--downstream=NODE=ADDRESS", &flags->downstreams,
             {"下级节点及地址，写法相同", "a node below and where it listens, written alike"})
      .Texts("--without=NODE", &flags->without,
             {"放弃这个节点：它手中的内容不再取回", "give up a node that is gone for good"})
      .Footer({"可以反复运行，直到每个节点都已答复；在此之前节点不会启动。\n"
               "完成后照常启动，其余内容由上下级同步补齐",
               "Run it again until every node has answered; until then the node does not start.\n"
               "Then start it as ever: following and offering bring the rest"});
}

}  // namespace duban::cli
