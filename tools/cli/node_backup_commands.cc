// `duban node backup`, `backups`, `restore`: copies of the servers' stores, and stores made from them.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/backup/node_backup.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/node_service.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/node_jobs.h"

namespace duban::cli {
namespace {

std::string SizeWords(int64_t bytes) {
  return bytes < 1 << 20 ? absl::StrFormat("%.1f KiB", static_cast<double>(bytes) / 1024)
                         : absl::StrFormat("%.1f MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string AgeWords(Session& session, const google::protobuf::Timestamp& time) {
  const int64_t minutes = absl::ToInt64Minutes(session.environment().clock->Now() - FromProto(time));
  if (minutes < 60) return session.Say({StrCat(minutes, " 分钟前"), StrCat(minutes, " min ago")});
  if (minutes < 48 * 60) return session.Say({StrCat(minutes / 60, " 小时前"), StrCat(minutes / 60, " h ago")});
  return session.Say({StrCat(minutes / 1440, " 天前"), StrCat(minutes / 1440, " days ago")});
}

void HintMissing(Session& session, const v1::ListBackupsResponse& list) {
  std::vector<std::string> missing = {"plan", "assignment", "notification"};
  for (const v1::Backup& backup : list.backups()) {
    for (const auto& store : backup.stores()) std::erase(missing, store.service());
  }
  if (missing.empty()) return;
  const std::string names = absl::StrJoin(missing, ", ");
  session.printer().Hint(
      {StrCat("没有备份到的服务：", names, "。它们另有进程时，请用 --plan-server 等选项写明地址后再备份"),
       StrCat("not backed up: ", names, "; where they are other processes, name them with --plan-server and so on")});
}

struct BackupFlags {
  Mutation mutation;
  bool detach = false;
};

// Begins the backup of one process, and follows it where it is not to go on by itself.
absl::Status BackUp(Session& session, const BackupFlags& flags, Peer peer, v1::ListBackupsResponse& made) {
  v1::StartBackupRequest request;
  request.set_request_id(session.RequestIdFor(flags.mutation.request_id, session.Servers().of(peer)));
  v1::Job job;
  DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/StartBackup", &request, &job));
  if (flags.detach) {
    session.printer().Json(job);
    session.printer().Line({StrCat("已开始备份：", job.name()), StrCat("the backup has begun: ", job.name())});
    HintDetached(session, job);
    return absl::OkStatus();
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::Job done, FollowJob(session, peer, std::move(job)));
  *made.add_backups() = done.backup();
  return absl::OkStatus();
}

absl::Status Backup(Session& session, const BackupFlags& flags) {
  const std::vector<Peer> peers = DistinctPeers(session.Servers());
  if (flags.detach && peers.size() > 1) {
    return UsageError(
        {"各服务分处多个进程时须依次备份，不能用 --detach",
         "where the services are several processes, one is backed up after the other: leave --detach out"});
  }
  v1::ListBackupsResponse made;
  absl::Status failed;
  for (const Peer peer : peers) {
    failed = BackUp(session, flags, peer, made);
    if (!failed.ok()) break;
  }
  if (flags.detach) return failed;
  // Those that were made are there, whatever became of the others.
  if (failed.ok() || made.backups_size() > 0) PrintBackups(session, made);
  if (failed.ok()) HintMissing(session, made);
  return failed;
}

absl::Status List(Session& session) {
  v1::ListBackupsResponse all;
  for (const Peer peer : DistinctPeers(session.Servers())) {
    v1::ListBackupsRequest request;
    v1::ListBackupsResponse list;
    DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/ListBackups", &request, &list));
    all.MergeFrom(list);
  }
  PrintBackups(session, all);
  return absl::OkStatus();
}

struct RestoreFlags {
  std::vector<std::string> backups;
  std::string data_dir;
};

absl::Status Restore(Session& session, const RestoreFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(
      const v1::Restoration restored,
      RestoreNode(flags.backups, flags.data_dir, session.environment().clock, session.environment().ids));
  Printer& printer = session.printer();
  printer.Json(restored);
  printer.Line({StrCat("已恢复节点“", restored.node(), "”到 ", restored.data_dir()),
                StrCat("restored node `", restored.node(), "` into ", restored.data_dir())},
               Style::kBold);
  Table table({{session.Say({"服务", "Service"}), false, false},
               {session.Say({"恢复到", "Head"}), true, false},
               {session.Say({"最后一笔", "Last change"}), false, false},
               {session.Say({"距今", "Age"}), false, false},
               {session.Say({"新的历史", "New epoch"}), false, false}});
  for (const auto& store : restored.stores()) {
    table.Row({store.service(), StrCat(store.backup_head().sequence()), TimeWords(store.backup_head_time()),
               AgeWords(session, store.backup_head_time()), store.head().epoch()});
  }
  printer.Show(table, {"没有存储", "no stores"});
  printer.Hint({StrCat("此后的变动不在备份中。先用 duban node rebuild 取回上下级手中本节点的内容，再以 --node=",
                       restored.node(), " --data-dir=", restored.data_dir(), " 启动服务"),
                StrCat("what was done after that is not in the backup: get back what the neighbours hold with duban "
                       "node rebuild, then start the server with --node=",
                       restored.node(), " --data-dir=", restored.data_dir())});
  return absl::OkStatus();
}

}  // namespace

void PrintBackups(Session& session, const v1::ListBackupsResponse& list) {
  session.printer().Json(list);
  Table table({{session.Say({"备份", "Backup"}), false, true},
               {session.Say({"服务", "Service"}), false, false},
               {session.Say({"进度", "Head"}), true, false},
               {session.Say({"截至", "Up to"}), false, false},
               {session.Say({"大小", "Size"}), true, false}});
  for (const v1::Backup& backup : list.backups()) {
    std::string folder = backup.folder();
    for (const auto& store : backup.stores()) {
      table.Row({folder, store.service(), StrCat(store.head().sequence()), TimeWords(store.copy_time()),
                 SizeWords(store.size_bytes())});
      folder.clear();
    }
  }
  session.printer().Show(table, {"还没有备份", "no backups yet"});
}

void AddNodeBackup(Command node) {
  auto backup = std::make_shared<BackupFlags>();
  node.Leaf("backup", {"备份服务器的存储，不停机", "back up the servers' stores while they work"},
            [backup](Session& session) { return Backup(session, *backup); })
      .Changes(&backup->mutation, /*with_etag=*/false)
      .Flag("--detach", &backup->detach, {"只开始，不等结束", "begin it and do not wait"})
      .Footer({"备份写在服务器的 --backup-dir 下；核对无误后才算数，旧的按 --keep-backups 清理",
               "Backups go below the servers' --backup-dir; they count once they were read back, and old ones go as "
               "--keep-backups says"});
  node.Leaf("backups", {"列出备份", "list backups"}, [](Session& session) { return List(session); });

  auto restore = std::make_shared<RestoreFlags>();
  node.Leaf("restore", {"用备份重建数据目录，不连服务器", "make a data folder from a backup; talks to no server"},
            [restore](Session& session) { return Restore(session, *restore); })
      .Texts("--backup=DIR", &restore->backups,
             {"备份目录；各服务分开备份的，每个都写上", "folder of a backup; one of each process where they are apart"},
             kRequired)
      .Text("--data-dir=DIR", &restore->data_dir, {"数据目录，须为空或不存在", "the data folder, empty or not there"},
            kRequired);
}

}  // namespace duban::cli
