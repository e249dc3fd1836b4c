// `duban node`: how the servers are.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/node_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// How long a follower shows that another process of its name was refused.
constexpr int64_t kShownRefused = 600;

// Where a feed stands: sequence and the first digits of the hash there.
std::string PositionWords(const v1::FeedPosition& position) {
  const std::string hash = absl::BytesToHexString(position.hash()).substr(0, 8);
  return hash.empty() ? StrCat(position.sequence()) : StrCat(position.sequence(), " ", hash);
}

void PrintHops(Session& session, const v1::NodeStatus& status) {
  Printer& printer = session.printer();
  printer.Gap();
  Table hops({{session.Say({"同步", "Hop"}), false, false},
              {session.Say({"方向", "Way"}), false, false},
              {session.Say({"状态", "State"}), false, true},
              {session.Say({"进度", "Position"}), false, false},
              {session.Say({"最近", "Progress"}), false, false}});
  for (const auto& hop : status.hops()) {
    Cell state(session.Say({"同步中", "catching up"}), Style::kYellow);
    if (!hop.error().empty()) {
      state = Cell(session.Say({hop.error_zh(), hop.error()}), Style::kRed);
    } else if (!hop.connected()) {
      state = Cell(session.Say({"未连接", "not connected"}), Style::kRed);
    } else if (hop.at_head()) {
      state = Cell(session.Say({"已同步", "caught up"}), Style::kGreen);
    }
    hops.Row({hop.name(), session.Say(WordOf(hop.direction())), state, PositionWords(hop.position()),
              TimeWords(hop.progress_time())});
  }
  printer.Show(hops, {"", ""});
}

// Nodes that follow this one; services of the node itself stand among its hops.
void PrintFollowers(Session& session, const v1::NodeStatus& status) {
  Table followers({{session.Say({"下级节点", "Follower"}), false, false},
                   {session.Say({"数据流", "Feed"}), false, false},
                   {session.Say({"状态", "State"}), false, true},
                   {session.Say({"进度", "Position"}), false, false},
                   {session.Say({"最近", "Seen"}), false, false}});
  bool any = false;
  for (const auto& follower : status.followers()) {
    if (!follower.downstream()) continue;
    any = true;
    Cell state(session.Say({"未连接", "not connected"}), Style::kRed);
    const int64_t ago = status.server_time().seconds() - follower.refused_time().seconds();
    if (follower.has_refused_time() && ago < kShownRefused) {
      const std::string& who = follower.refused_instance();
      const std::string& from = follower.refused_address();
      state = Cell(session.Say({StrCat("另有进程冒用：", who, " ", from), StrCat("refused another: ", who, " ", from)}),
                   Style::kRed);
    } else if (follower.behind() > 0) {
      state =
          Cell(session.Say({StrCat("落后", follower.behind()), StrCat(follower.behind(), " behind")}), Style::kYellow);
    } else if (follower.connected()) {
      state = Cell(session.Say({"已同步", "caught up"}), Style::kGreen);
    }
    followers.Row(
        {follower.name(), follower.feed(), state, PositionWords(follower.position()), TimeWords(follower.seen_time())});
  }
  if (!any) return;
  session.printer().Gap();
  session.printer().Show(followers, {"", ""});
}

void PrintStatus(Session& session, const v1::NodeStatus& status) {
  Printer& printer = session.printer();
  printer.Line(
      {StrCat("节点：", status.node(), "  版本：", status.version(), "  服务器时间：", TimeWords(status.server_time())),
       StrCat("node: ", status.node(), "  version: ", status.version(),
              "  server time: ", TimeWords(status.server_time()))},
      Style::kBold);
  if (status.pretended_time()) {
    printer.Line({"开发模式：服务器时间是假设的日期", "development mode: the server pretends its date"},
                 Style::kYellow);
  }
  Table stores({{session.Say({"服务", "Service"}), false, false},
                {session.Say({"状态", "State"}), false, true},
                {session.Say({"进度", "Head"}), false, false},
                {session.Say({"格式", "Format"}), true, false}});
  for (const auto& store : status.stores()) {
    const std::string state =
        store.serving()
            ? session.Say({"正常", "serving"})
            : session.Say({StrCat("停止服务：", store.failure()), StrCat("not serving: ", store.failure())});
    stores.Row({store.service(), Cell(state, store.serving() ? Style::kGreen : Style::kRed),
                PositionWords(store.head()), StrCat(store.format_version())});
  }
  printer.Show(stores, {"没有存储", "no stores"});
  if (!status.hops().empty()) PrintHops(session, status);
  PrintFollowers(session, status);
}

// Asks each server that differs; what they say is one status.
absl::Status Status(Session& session) {
  const Addresses servers = session.Servers();
  v1::NodeStatus all;
  std::vector<std::string> asked;
  for (const Peer peer : {Peer::kPlan, Peer::kAssignment, Peer::kNotification}) {
    const std::string& address = servers.of(peer);
    if (std::find(asked.begin(), asked.end(), address) != asked.end()) continue;
    asked.push_back(address);
    v1::GetNodeStatusRequest request;
    v1::NodeStatus status;
    DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/GetNodeStatus", &request, &status));
    all.MergeFrom(status);
  }
  session.printer().Json(all);
  if (!session.printer().json()) PrintStatus(session, all);
  return absl::OkStatus();
}

}  // namespace

void AddNodeCommands(Command root) {
  Command node = root.Group("node", {"节点", "the servers"});
  node.Leaf("status", {"存储与同步的状态", "state of stores and hops"},
            [](Session& session) { return Status(session); });
  AddNodeInit(node);
  AddNodeBackup(node);
  AddNodeVerify(node);
  AddNodeJobs(node);
  AddNodeRebuild(node);
}

}  // namespace duban::cli
