// `duban node verify`: looks the stores over, at work or at rest.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/backup/node_backup.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/verification.h"
#include "duban/v1/node_service.pb.h"
#include "services/assignment/restand.h"
#include "services/notification/schedule_planner.h"
#include "services/plan/plan_logic.h"
#include "tools/cli/commands.h"
#include "tools/cli/node_jobs.h"

namespace duban::cli {
namespace {

Phrase WordOf(v1::NodeCheck::What what) {
  switch (what) {
    case v1::NodeCheck::CHECKSUMS:
      return {"文件校验", "checksums"};
    case v1::NodeCheck::CHAIN:
      return {"提交链", "chain of commits"};
    case v1::NodeCheck::FEED:
      return {"同步索引", "feed"};
    case v1::NodeCheck::RECORDS:
      return {"记录", "records"};
    case v1::NodeCheck::HIGH_WATER:
      return {"最高水位", "high-water mark"};
    case v1::NodeCheck::NEIGHBOUR:
      return {"与来源比对", "against the source"};
    case v1::NodeCheck::INDEXES:
      return {"查询索引", "indexes"};
    case v1::NodeCheck::OFFERED:
      return {"与上级留存比对", "against what went up"};
    case v1::NodeCheck::FILES:
      return {"材料文件", "files of evidence"};
    default:
      return {"？", "?"};
  }
}

Cell ResultCell(Session& session, v1::NodeCheck::Result result) {
  if (result == v1::NodeCheck::GOOD) return Cell(session.Say({"一致", "good"}), Style::kGreen);
  if (result == v1::NodeCheck::BAD) return Cell(session.Say({"不一致", "BAD"}), Style::kRed);
  return Cell(session.Say({"未能核对", "not known"}), Style::kYellow);
}

std::string Subject(const v1::NodeCheck& check) {
  return check.hop().empty() ? check.service() : StrCat(check.service(), " ", check.hop());
}

// Exit 7 where something is wrong, 3 where something could not be looked at.
absl::Status Verdict(const v1::Verification& all) {
  int bad = 0;
  int unknown = 0;
  for (const v1::NodeCheck& check : all.checks()) {
    bad += check.result() == v1::NodeCheck::BAD ? 1 : 0;
    unknown += check.result() == v1::NodeCheck::UNKNOWN ? 1 : 0;
  }
  if (bad > 0) {
    return Error(v1::INVARIANT_BROKEN, StrCat(bad, " of ", all.checks_size(), " checks found something wrong"),
                 StrCat(all.checks_size(), " 项核对中有 ", bad, " 项不一致"));
  }
  if (unknown == 0) return absl::OkStatus();
  return Error(v1::NOT_SERVING, StrCat(unknown, " of ", all.checks_size(), " checks could not be made"),
               StrCat(all.checks_size(), " 项核对中有 ", unknown, " 项未能进行"));
}

struct VerifyFlags {
  std::string data_dir;
  std::string request_id;
  bool skip_neighbours = false;
  bool detach = false;
};

absl::Status VerifyServers(Session& session, const VerifyFlags& flags) {
  v1::Verification all;
  const Addresses servers = session.Servers();
  for (const Peer peer : DistinctPeers(servers, {Peer::kPlan, Peer::kAssignment, Peer::kNotification})) {
    v1::StartVerificationRequest request;
    request.set_request_id(session.RequestIdFor(flags.request_id, servers.of(peer)));
    request.set_skip_neighbours(flags.skip_neighbours);
    v1::Job job;
    DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/StartVerification", &request, &job));
    if (flags.detach) {
      session.printer().Json(job);
      session.printer().Line({StrCat("已开始核对：", job.name()), StrCat("the verification has begun: ", job.name())});
      HintDetached(session, job);
      continue;
    }
    DUBAN_ASSIGN_OR_RETURN(const v1::Job done, FollowJob(session, peer, std::move(job)));
    all.MergeFrom(done.verification());
  }
  return flags.detach ? absl::OkStatus() : PrintVerification(session, all);
}

absl::Status VerifyFolder(Session& session, const std::string& data_dir) {
  DUBAN_RETURN_IF_ERROR(CheckNotServing(data_dir));
  v1::Verification all;
  const std::pair<const char*, IndexRows> services[] = {
      {"plan", PlanIndexRows}, {"assignment", AssignmentIndexRows}, {"notification", ReminderIndexRows}};
  for (const auto& [service, rows] : services) {
    const std::string path = StrCat(data_dir, "/", service);
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) continue;
    for (const v1::NodeCheck& check : VerifyStoreFolder(nullptr, path, rows)) *all.add_checks() = check;
  }
  if (all.checks().empty()) {
    return NotFoundError({StrCat(data_dir, " 中没有任何服务的存储，请检查 --data-dir"),
                          StrCat(data_dir, " holds no service's store; check --data-dir")});
  }
  return PrintVerification(session, all);
}

}  // namespace

absl::Status PrintVerification(Session& session, const v1::Verification& all) {
  session.printer().Json(all);
  Table table({{session.Say({"对象", "Subject"}), false, false},
               {session.Say({"核对", "Check"}), false, false},
               {session.Say({"结果", "Result"}), false, false},
               {session.Say({"数量", "Count"}), true, false},
               {session.Say({"摘要", "Digest"}), false, false},
               {session.Say({"说明", "Finding"}), false, true}});
  for (const v1::NodeCheck& check : all.checks()) {
    std::string digest;
    if (check.source_digest() + check.held_digest() != 0 && check.result() != v1::NodeCheck::UNKNOWN) {
      digest = absl::StrFormat("%08x", check.source_digest() >> 32);
      if (check.source_digest() != check.held_digest()) {
        StrAppend(&digest, " ≠ ", absl::StrFormat("%08x", check.held_digest() >> 32));
      }
    }
    std::string finding = check.finding();
    if (!check.entities().empty()) StrAppend(&finding, ": ", absl::StrJoin(check.entities(), ", "));
    table.Row({Subject(check), session.Say(WordOf(check.what())), ResultCell(session, check.result()),
               check.count() == 0 ? "" : StrCat(check.count()), digest, finding});
  }
  session.printer().Show(table, {"没有可核对的存储", "there are no stores"});
  return Verdict(all);
}

void AddNodeVerify(Command node) {
  auto flags = std::make_shared<VerifyFlags>();
  node.Leaf("verify", {"核对存储，并与来源比对", "look the stores over, and compare them with their sources"},
            [flags](Session& session) {
              return flags->data_dir.empty() ? VerifyServers(session, *flags) : VerifyFolder(session, flags->data_dir);
            })
      .Text("--data-dir=DIR", &flags->data_dir,
            {"核对停着的服务的数据目录，不连服务器", "a data folder whose server is stopped; talks to no server"})
      .Text("--request-id=ID", &flags->request_id,
            {"请求编号：同一编号只核对一次", "made by you: the same id begins one verification"})
      .Flag("--detach", &flags->detach, {"只开始，不等结束", "begin it and do not wait"})
      .Flag("--skip-neighbours", &flags->skip_neighbours, {"只核对本机存储", "this machine's stores only"})
      .Footer({"全部一致退出码为 0；有不一致为 7；有未能核对的（如来源连不上）为 3",
               "Exit code 0: everything agrees; 7: something does not; 3: something could not be looked at, as where a "
               "source is not reached"});
}

}  // namespace duban::cli
