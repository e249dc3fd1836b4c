// `duban node`: how the servers are.

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/node_service.pb.h"
#include "tools/cli/bulk.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// How long a follower shows that another process of its name was refused.
constexpr int64_t kShownRefused = 600;
// Seconds of silence after which a node below is lost.
constexpr int64_t kLostAfter = 60;

// Where a feed stands; its hash there is for programs.
std::string PositionWords(const Words& words, const v1::FeedPosition& position) {
  return words({StrCat("第 ", position.sequence(), " 条"), StrCat(position.sequence())});
}

// What two nodes told each other that does not fit.
Cell NoticeWords(Session& session, const google::protobuf::RepeatedPtrField<v1::NodeStatus::Notice>& notices) {
  std::string words;
  for (const v1::NodeStatus::Notice& notice : notices) {
    StrAppend(&words, words.empty() ? "" : "\n", session.Say({notice.message_zh(), notice.message()}));
  }
  return Cell(words, Style::kRed);
}

// How a hop is.
Cell StateOfHop(Session& session, const v1::NodeStatus::Hop& hop) {
  if (!hop.error().empty()) return Cell(session.Say({hop.error_zh(), hop.error()}), Style::kRed);
  if (!hop.notices().empty()) return NoticeWords(session, hop.notices());
  // Whoever offers calls; this process only knows what it took in.
  if (hop.direction() == v1::NodeStatus::Hop::TAKE_IN) return Cell(session.Say({"已收取", "taken in"}), Style::kPlain);
  if (!hop.connected()) return Cell(session.Say({"未连接", "not connected"}), Style::kRed);
  if (hop.at_head()) return Cell(session.Say({"已同步", "caught up"}), Style::kGreen);
  return Cell(session.Say({"同步中", "catching up"}), Style::kYellow);
}

// A node below calls every few seconds; one that was silent for longer is not reached or does not run.
bool IsLost(const v1::NodeStatus& status, const v1::NodeStatus::Follower& follower) {
  return !follower.connected() && status.server_time().seconds() - follower.seen_time().seconds() > kLostAfter;
}

// Hops that fail, in words; empty where none does.
std::vector<std::string> FailingHops(const v1::NodeStatus& status) {
  std::vector<std::string> failing;
  for (const v1::NodeStatus::Hop& hop : status.hops()) {
    const bool turned = hop.direction() != v1::NodeStatus::Hop::TAKE_IN;
    if ((turned && !hop.error().empty()) || !hop.notices().empty()) failing.push_back(hop.name());
  }
  std::set<std::string> nodes;
  for (const v1::NodeStatus::Follower& follower : status.followers()) {
    const int64_t refused = status.server_time().seconds() - follower.refused_time().seconds();
    const bool taken = follower.has_refused_time() && refused < kShownRefused;
    const bool fails = follower.downstream() && (taken || !follower.notices().empty() || IsLost(status, follower));
    if (fails && nodes.insert(follower.name()).second) failing.push_back(follower.name());
  }
  return failing;
}

void PrintHops(Session& session, const v1::NodeStatus& status) {
  Printer& printer = session.printer();
  printer.Gap();
  Table hops({{session.Say({"同步", "Hop"}), false, false},
              {session.Say({"方向", "Way"}), false, false},
              {session.Say({"状态", "State"}), false, true},
              {session.Say({"已同步到", "Position"}), false, false},
              {session.Say({"最近", "Progress"}), false, false}});
  for (const auto& hop : status.hops()) {
    hops.Row({hop.name(), session.Say(WordOf(hop.direction())), StateOfHop(session, hop),
              PositionWords(printer.words(), hop.position()), TimeWords(hop.progress_time())});
  }
  printer.Show(hops, {"", ""});
}

// Nodes that follow this one; services of the node itself stand among its hops.
void PrintFollowers(Session& session, const v1::NodeStatus& status) {
  Table followers({{session.Say({"下级节点", "Follower"}), false, false},
                   {session.Say({"数据流", "Feed"}), false, false},
                   {session.Say({"状态", "State"}), false, true},
                   {session.Say({"落后", "Behind"}), true, false},
                   {session.Say({"最近联系", "Seen"}), false, false}});
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
    } else if (!follower.notices().empty()) {
      state = NoticeWords(session, follower.notices());
    } else if (IsLost(status, follower)) {
      state = Cell(session.Say({"失去联系", "lost"}), Style::kRed);
    } else if (follower.behind() > 0) {
      state =
          Cell(session.Say({StrCat("落后", follower.behind()), StrCat(follower.behind(), " behind")}), Style::kYellow);
    } else if (follower.connected()) {
      state = Cell(session.Say({"已同步", "caught up"}), Style::kGreen);
    }
    followers.Row(
        {follower.name(), follower.feed(), state, StrCat(follower.behind()), TimeWords(follower.seen_time())});
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
                {session.Say({"已写到", "Head"}), false, false},
                {session.Say({"格式", "Format"}), true, false}});
  for (const auto& store : status.stores()) {
    const std::string state =
        store.serving()
            ? session.Say({"正常", "serving"})
            : session.Say({StrCat("停止服务：", store.failure()), StrCat("not serving: ", store.failure())});
    stores.Row({store.service(), Cell(state, store.serving() ? Style::kGreen : Style::kRed),
                PositionWords(printer.words(), store.head()), StrCat(store.format_version())});
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
  const std::vector<std::string> failing = FailingHops(all);
  if (failing.empty()) return absl::OkStatus();
  const std::string names = absl::StrJoin(failing, ", ");
  return Error(v1::NOT_SERVING, StrCat("these hops fail: ", names, "; the table says why"),
               StrCat("以下同步不正常：", names, "，原因见上表"), {{"cause", "HOPS"}});
}

struct LevelFlags {
  std::string level;
  std::optional<absl::Duration> duration;
  Mutation mutation;
};

// A process, and the services it hosts.
struct Server {
  Peer peer;
  std::string address;
  std::vector<std::string> services;
};

std::vector<Server> ServersThatDiffer(const Session& session) {
  const Addresses addresses = session.Servers();
  std::vector<Server> servers;
  for (const auto& [peer, service] :
       {std::pair(Peer::kPlan, "plan"), {Peer::kAssignment, "assignment"}, {Peer::kNotification, "notification"}}) {
    const std::string& address = addresses.of(peer);
    const auto there =
        std::find_if(servers.begin(), servers.end(), [&](const Server& server) { return server.address == address; });
    if (there == servers.end()) {
      servers.push_back({peer, address, {service}});
    } else {
      there->services.emplace_back(service);
    }
  }
  return servers;
}

Phrase LevelWords(const Server& server, const v1::SetLogLevelResponse& response) {
  const Phrase word = WordOf(response.level());
  const std::string end = TimeWords(response.end_time());
  const std::string services = absl::StrJoin(server.services, ", ");
  return {StrCat("日志级别（", services, "）：", word.zh, end.empty() ? "，到重启为止" : StrCat("，", end, " 恢复")),
          StrCat("log level (", services, "): ", word.en,
                 end.empty() ? ", until the next start" : StrCat(", until ", end))};
}

// Of each server that differs; what each answers is told, whatever another one says.
absl::Status SetLevel(Session& session, const LevelFlags& flags) {
  const std::string command = session.BeginCommand(flags.mutation.request_id);
  Outcome outcome(&session.printer());
  std::string answers;
  for (const Server& server : ServersThatDiffer(session)) {
    v1::SetLogLevelRequest request;
    v1::LogLevel level = v1::LOG_LEVEL_UNSPECIFIED;
    v1::LogLevel_Parse(StrCat("LOG_LEVEL_", absl::AsciiStrToUpper(flags.level)), &level);
    request.set_level(level);
    if (flags.duration) request.mutable_duration()->set_seconds(absl::ToInt64Seconds(*flags.duration));
    request.set_request_id(session.RequestIdFor(command, server.address));
    v1::SetLogLevelResponse response;
    const absl::Status set = session.CallAt(server.peer, "NodeService/SetLogLevel", &request, &response);
    if (!set.ok()) {
      outcome.Refused(absl::StrJoin(server.services, ", "), set);
      continue;
    }
    StrAppend(&answers, answers.empty() ? "" : ",", "{\"services\":[\"", absl::StrJoin(server.services, "\",\""),
              "\"],\"answer\":", ToJson(response, /*pretty=*/false), "}");
    outcome.Done(LevelWords(server, response));
  }
  if (session.printer().json()) session.printer().RawJson(StrCat("{\"servers\":[", answers, "]}"));
  return outcome.Finish();
}

}  // namespace

void AddNodeCommands(Command root) {
  Command node = root.Group("node", {"节点", "the servers"});
  node.Leaf("status", {"存储与同步的状态", "state of stores and hops"},
            [](Session& session) { return Status(session); });
  auto level = std::make_shared<LevelFlags>();
  node.Leaf("log-level", {"临时调整服务器日志级别", "change what the servers log"},
            [level](Session& session) { return SetLevel(session, *level); })
      .Choice("LEVEL", &level->level, {"debug", "info", "warning", "error"}, {"级别", "the level"}, kRequired)
      .Duration("--for=TIME", &level->duration,
                {"多久后恢复，如 10m；不写则到重启为止", "for so long, such as 10m; until the next start if left out"})
      .Changes(&level->mutation, /*with_etag=*/false);
  AddNodeInit(node);
  AddNodeBackup(node);
  AddNodeVerify(node);
  AddNodeJobs(node);
  AddNodeRebuild(node);
}

}  // namespace duban::cli
