#include "common/backup/node_backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/civil_time.h"
#include "common/base/civil.h"
#include "common/base/disk_files.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/kept_files.h"
#include "google/protobuf/util/json_util.h"

namespace duban {
namespace {

constexpr char kManifest[] = "/manifest.json";
constexpr char kPartial[] = ".partial";
// Within the data folder, while a restore is under way.
constexpr char kRestoring[] = "/.restoring";
// Far above what the files of the largest store take.
constexpr int64_t kMaxManifestBytes = 64 << 20;

absl::Status NoFolder() {
  return Error(v1::WRONG_STATE, "this server makes no backups; start it with --backup-dir=DIR",
               "该服务未设置备份目录；请加 --backup-dir=目录 后重启", {{"state", "NO_BACKUP_DIR"}});
}

absl::Status TooSoon(const std::string& folder, absl::Time next) {
  const std::string when = absl::FormatTime("%Y-%m-%d %H:%M:%S", next, Shanghai());
  return Error(v1::WRONG_STATE,
               StrCat("the backup ", folder, " was made a moment ago; the next may be begun at ", when,
                      ", or start the server with a shorter --backup-interval-minutes"),
               StrCat("备份 ", folder, " 刚做完，", when, " 之后可再做；或缩短 --backup-interval-minutes 后重启"),
               {{"state", "BACKUP_TOO_RECENT"},
                {"backup", folder},
                {"nextTime", absl::FormatTime(absl::RFC3339_full, next, absl::UTCTimeZone())}});
}

absl::Status NotMade(const absl::Status& cause) {
  if (absl::IsCancelled(cause)) return cause;
  const std::string why(ToStd(cause.message()));
  return Error(v1::INVARIANT_BROKEN, StrCat("no backup was made, and nothing of it is left: ", why),
               StrCat("备份没有做成，未留下任何文件：", why));
}

absl::Status Damaged(const std::string& folder, const std::string& english, const std::string& chinese) {
  return Error(v1::UNREADABLE_DOCUMENT, StrCat("the backup ", folder, " is not whole: ", english, "; use another"),
               StrCat("备份 ", folder, " 不完整：", chinese, "；请换用其他备份"), {{"folder", folder}});
}

// Refuses to work on what is there.
absl::Status Refused(const std::string& english, const std::string& chinese) {
  return Error(v1::WRONG_STATE, english, chinese, {{"state", "REFUSED"}});
}

absl::Status NotRestored(const absl::Status& cause) {
  if (ReasonOf(cause) != v1::ERROR_REASON_UNSPECIFIED) return cause;
  const std::string why(ToStd(cause.message()));
  return Error(v1::INVARIANT_BROKEN, StrCat("nothing was restored: ", why), StrCat("未能恢复，未留下任何数据：", why));
}

v1::Backup WithoutFiles(v1::Backup backup) {
  for (auto& store : *backup.mutable_stores()) store.clear_files();
  return backup;
}

absl::StatusOr<v1::Backup> ReadManifest(const std::string& folder) {
  absl::StatusOr<std::string> json = ReadWhole(StrCat(folder, kManifest), kMaxManifestBytes);
  if (absl::IsNotFound(json.status())) {
    return Error(v1::RESOURCE_NOT_FOUND, StrCat(folder, " is no backup: it has no manifest.json; check the path"),
                 StrCat(folder, " 不是备份：其中没有 manifest.json；请检查路径"), {{"name", folder}});
  }
  DUBAN_RETURN_IF_ERROR(json.status());
  v1::Backup backup;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(*json, &backup, options).ok()) {
    return Damaged(folder, "manifest.json does not parse", "manifest.json 无法解析");
  }
  return backup;
}

absl::Status WriteManifest(const std::string& folder, const v1::Backup& backup) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(backup, &json, options).ok()) {
    return absl::InternalError("the manifest cannot be written as JSON");
  }
  return WriteWhole(StrCat(folder, kManifest), json);
}

// Of the files beside a store, in its folder of a backup.
constexpr char kFiles[] = "/evidence";

// Notes a file of the folder of a backup, which is synced already.
void NoteFile(const std::string& path, FileDigest digest, v1::Backup::Store& entry) {
  v1::Backup::File& noted = *entry.add_files();
  noted.set_path(path);
  noted.set_size_bytes(digest.size_bytes);
  entry.set_size_bytes(entry.size_bytes() + digest.size_bytes);
  noted.set_sha256(std::move(digest.sha256));
}

// Gives the files beside a store a name in a backup.
absl::Status AddFiles(const Store& store, const std::string& folder, Work* work, v1::Backup::Store& entry) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<FileOnDisk> files, ListKeptFiles(FilesFolder(store.options().path)));
  if (files.empty()) return absl::OkStatus();
  const std::string inside = StrCat(entry.service(), kFiles);
  DUBAN_RETURN_IF_ERROR(MakeFolder(StrCat(folder, "/", inside)));
  for (const FileOnDisk& file : files) {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work));
    absl::StatusOr<FileDigest> digest = DigestFile(file.path);
    // It was removed a moment ago: nothing named it.
    if (absl::IsNotFound(digest.status())) continue;
    DUBAN_RETURN_IF_ERROR(digest.status());
    if (absl::BytesToHexString(digest->sha256) != file.sha256) {
      Log(LogLevel::kError, "backup.file_left_out", {{"path", file.path}, {"cause", "it is not what was put in"}});
      continue;
    }
    const std::string path = StrCat(inside, "/", file.sha256);
    DUBAN_RETURN_IF_ERROR(LinkPath(file.path, StrCat(folder, "/", path)));
    NoteFile(path, *std::move(digest), entry);
  }
  return SyncPath(StrCat(folder, "/", inside));
}

// Copies one store, reads the copy, and notes its files.
absl::Status AddCopy(const Store& store, const std::string& folder, Clock* clock, Work* work,
                     v1::Backup::Store& entry) {
  const std::string& service = store.options().service;
  const std::string path = StrCat(folder, "/", service);
  work->SetSubject(service);
  *entry.mutable_copy_time() = ToProto(clock->Now());
  DUBAN_ASSIGN_OR_RETURN(StoreCopy copy, CopyStore(store, path, work));
  DUBAN_FAILPOINT("backup.after_copy");
  DUBAN_ASSIGN_OR_RETURN(StoreCopy read, CheckCopy(nullptr, path, work));
  work->Advance(store.estimated_rows());
  if (read.head.SerializeAsString() != copy.head.SerializeAsString()) {
    return absl::DataLossError(StrCat(path, " does not hold what was copied"));
  }
  DUBAN_RETURN_IF_ERROR(DeletePath(StrCat(path, "/LOCK")));
  entry.set_service(service);
  *entry.mutable_head() = copy.head;
  *entry.mutable_head_time() = ToProto(copy.head_time);
  entry.set_format_version(kFormatVersion);
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(path));
  for (const std::string& name : names) {
    const std::string file = StrCat(path, "/", name);
    DUBAN_RETURN_IF_ERROR(CheckWanted(work));
    DUBAN_RETURN_IF_ERROR(SyncPath(file));
    DUBAN_ASSIGN_OR_RETURN(FileDigest digest, DigestFile(file));
    NoteFile(StrCat(service, "/", name), std::move(digest), entry);
  }
  DUBAN_RETURN_IF_ERROR(AddFiles(store, folder, work, entry));
  return SyncPath(path);
}

// Whether the path of a file in a manifest is in the folder of its store, or in that of the files beside it.
bool IsInside(const std::string& path, const std::string& service) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return path == StrCat(service, "/", name) || path == StrCat(service, kFiles, "/", name);
}

// A folder of a backup holds nothing that the manifest does not name.
absl::Status CheckNothingElse(const std::string& folder, const std::string& inside,
                              const std::set<std::string>& expected) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(StrCat(folder, "/", inside)));
  for (const std::string& name : names) {
    const std::string path = StrCat(inside, "/", name);
    if (StrCat("/", name) == kFiles) {
      DUBAN_RETURN_IF_ERROR(CheckNothingElse(folder, path, expected));
    } else if (!expected.contains(path)) {
      return Damaged(folder, StrCat("its file ", path, " is not in the manifest"),
                     StrCat("文件 ", path, " 不在清单中"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFiles(const std::string& folder, const v1::Backup::Store& store, const Work* work) {
  std::set<std::string> expected;
  if (!IsResourceId(store.service())) return Damaged(folder, "manifest.json was altered", "manifest.json 被改动过");
  for (const v1::Backup::File& file : store.files()) {
    if (!IsInside(file.path(), store.service()))
      return Damaged(folder, "manifest.json was altered", "manifest.json 被改动过");
    expected.insert(file.path());
    DUBAN_RETURN_IF_ERROR(CheckWanted(work));
    absl::StatusOr<FileDigest> digest = DigestFile(StrCat(folder, "/", file.path()));
    if (!digest.ok()) {
      return Damaged(folder, StrCat("its file ", file.path(), " cannot be read: ", ToStd(digest.status().message())),
                     StrCat("文件 ", file.path(), " 缺失或无法读取"));
    }
    if (digest->size_bytes != file.size_bytes() || digest->sha256 != file.sha256()) {
      return Damaged(folder, StrCat("its file ", file.path(), " was altered or damaged"),
                     StrCat("文件 ", file.path(), " 已损坏或被改动"));
    }
  }
  return CheckNothingElse(folder, store.service(), expected);
}

// Whether another process holds the lock of a database. Of this process, closing the file would let go of it.
bool IsLocked(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool held = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(file);
  return held;
}

absl::Status CheckDataDir(const std::string& data_dir) {
  DUBAN_RETURN_IF_ERROR(CheckNotServing(data_dir));
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(data_dir));
  if (names.empty()) return absl::OkStatus();
  if (absl::Status half = CheckNotRestoring(data_dir); !half.ok()) {
    return Refused(std::string(ToStd(half.message())),
                   StrCat("上一次恢复到 ", data_dir, " 中途中断；请清空该目录后重新恢复"));
  }
  return Refused(StrCat("the data folder ", data_dir, " is not empty (it holds ", names[0],
                        "); nothing is written over it. Move it away first"),
                 StrCat("数据目录 ", data_dir, " 不是空的（内有 ", names[0], "），不会覆盖；请先移走"));
}

// A backup to restore from, and where it lies.
struct Source {
  std::string folder;
  v1::Backup manifest;
};

absl::StatusOr<std::vector<Source>> ReadSources(const std::vector<std::string>& backups) {
  std::vector<Source> sources;
  std::set<std::string> services;
  for (const std::string& folder : backups) {
    DUBAN_ASSIGN_OR_RETURN(v1::Backup manifest, CheckBackup(folder));
    if (!sources.empty() && manifest.node() != sources[0].manifest.node()) {
      return Refused(StrCat("the backups are of two nodes, `", sources[0].manifest.node(), "` and `", manifest.node(),
                            "`; restore each node by itself"),
                     StrCat("备份分属“", sources[0].manifest.node(), "”和“", manifest.node(), "”两个节点，请分别恢复"));
    }
    for (const auto& store : manifest.stores()) {
      if (services.insert(store.service()).second) continue;
      return Refused(StrCat("two of the backups hold the service ", store.service(), "; name one of them"),
                     StrCat("有两个备份都包含 ", store.service(), " 服务，请只选一个"));
    }
    sources.push_back({folder, std::move(manifest)});
  }
  return sources;
}

// Copies the files beside a store; the manifest's hashes were compared, their names are compared here.
absl::Status RestoreFiles(const Source& source, const v1::Backup::Store& entry, const std::string& store_path) {
  const std::string inside = StrCat(entry.service(), kFiles, "/");
  for (const v1::Backup::File& file : entry.files()) {
    if (!file.path().starts_with(inside)) continue;
    const std::string sha256 = file.path().substr(inside.size());
    if (absl::BytesToHexString(file.sha256()) != sha256) {
      return Damaged(source.folder, StrCat("its file ", file.path(), " has another SHA-256 than its name says"),
                     StrCat("文件 ", file.path(), " 的内容与其名称不符"));
    }
    const std::string path = KeptFilePath(FilesFolder(store_path), sha256);
    const std::string shard = path.substr(0, path.rfind('/'));
    DUBAN_RETURN_IF_ERROR(MakeFolder(shard));
    DUBAN_RETURN_IF_ERROR(CopyPath(StrCat(source.folder, "/", file.path()), path));
    DUBAN_RETURN_IF_ERROR(SyncPath(shard));
  }
  return absl::OkStatus();
}

absl::StatusOr<RestoredStore> RestoreOne(const Source& source, const v1::Backup::Store& entry, StoreOptions options) {
  options.service = entry.service();
  options.node = source.manifest.node();
  absl::StatusOr<RestoredStore> restored = RestoreStore(options, StrCat(source.folder, "/", entry.service()));
  if (absl::IsDataLoss(restored.status()) || absl::IsFailedPrecondition(restored.status())) {
    const std::string why(ToStd(restored.status().message()));
    return Damaged(source.folder, why, why);
  }
  DUBAN_RETURN_IF_ERROR(restored.status());
  if (restored->copy.head.SerializeAsString() != entry.head().SerializeAsString()) {
    return Damaged(source.folder, StrCat("its copy of ", entry.service(), " is not the one the manifest describes"),
                   StrCat(entry.service(), " 的副本与清单不符"));
  }
  // It opens like any other, or it was not restored.
  DUBAN_RETURN_IF_ERROR(Store::Open(options).status());
  DUBAN_RETURN_IF_ERROR(RestoreFiles(source, entry, options.path));
  return *std::move(restored);
}

absl::StatusOr<v1::Restoration> RestoreInto(const std::vector<Source>& sources, const std::string& data_dir,
                                            Clock* clock, IdSource* ids) {
  const std::string making = StrCat(data_dir, kRestoring);
  v1::Restoration node;
  node.set_data_dir(data_dir);
  StoreOptions options;
  options.clock = clock;
  options.ids = ids;
  options.threaded = false;
  DUBAN_RETURN_IF_ERROR(MakeFolder(making));
  for (const Source& source : sources) {
    node.set_node(source.manifest.node());
    for (const auto& entry : source.manifest.stores()) {
      options.path = StrCat(making, "/", entry.service());
      DUBAN_ASSIGN_OR_RETURN(RestoredStore restored, RestoreOne(source, entry, options));
      v1::Restoration::Store& store = *node.add_stores();
      store.set_service(entry.service());
      *store.mutable_backup_head() = restored.copy.head;
      *store.mutable_backup_head_time() = ToProto(restored.copy.head_time);
      *store.mutable_head() = restored.head;
    }
  }
  DUBAN_FAILPOINT("restore.before_moves");
  for (const auto& store : node.stores()) {
    const std::string& service = store.service();
    DUBAN_RETURN_IF_ERROR(MovePath(StrCat(making, "/", service), StrCat(data_dir, "/", service)));
    DUBAN_FAILPOINT("restore.after_move");
  }
  DUBAN_RETURN_IF_ERROR(DeletePath(making));
  DUBAN_RETURN_IF_ERROR(SyncPath(data_dir));
  return node;
}

}  // namespace

void BackupKeeper::AddStore(Store* store) {
  stores_.insert(stores_.begin(), store);
}

std::string BackupKeeper::Prefix() const {
  if (stores_.size() != 1) return StrCat(options_.node, "-");
  return StrCat(options_.node, "-", stores_[0]->options().service, "-");
}

void BackupKeeper::NoteIn(const v1::Backup& backup) const {
  for (const v1::Backup::Store& entry : backup.stores()) {
    for (Store* store : stores_) {
      if (store->options().service != entry.service()) continue;
      if (absl::Status noted = store->NoteBackup(entry.head()); !noted.ok()) {
        Log(LogLevel::kWarning, "backup.not_noted", {{"cause", std::string(ToStd(noted.message()))}});
      }
    }
  }
}

absl::StatusOr<std::optional<v1::Backup>> BackupKeeper::Find(const std::string& request_id) const {
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Backup> kept, List());
  for (v1::Backup& backup : kept) {
    if (backup.request_id() == request_id) return std::move(backup);
  }
  return std::nullopt;
}

absl::Status BackupKeeper::CheckMayBegin() const {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Backup> kept, List());
  if (kept.empty()) return absl::OkStatus();
  const absl::Time made = FromProto(kept[0].create_time());
  const absl::Time now = options_.clock->Now();
  // One that is of the future was made before the clock was set back.
  if (made > now || now - made >= options_.interval) return absl::OkStatus();
  return TooSoon(kept[0].folder(), made + options_.interval);
}

absl::StatusOr<v1::Backup> BackupKeeper::Create(const std::string& request_id, Work* work) {
  if (options_.folder.empty()) return NoFolder();
  absl::StatusOr<v1::Backup> backup = Make(request_id, work);
  if (backup.ok()) return WithoutFiles(*std::move(backup));
  if (!absl::IsCancelled(backup.status())) {
    Log(LogLevel::kError, "backup.failed", {{"cause", std::string(ToStd(backup.status().message()))}});
  }
  return NotMade(backup.status());
}

absl::StatusOr<v1::Backup> BackupKeeper::Make(const std::string& request_id, Work* work) {
  DUBAN_RETURN_IF_ERROR(MakeFolder(options_.folder));
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Backup> kept, List());
  const absl::Time now = options_.clock->Now();
  const std::string name = StrCat(Prefix(), absl::FormatTime("%Y%m%d-%H%M%S", now, Shanghai()));
  v1::Backup backup;
  backup.set_folder(name);
  // Two within a second, or a clock that was set back.
  const auto taken = [&] {
    return std::any_of(kept.begin(), kept.end(), [&](const auto& other) { return other.folder() == backup.folder(); });
  };
  for (int number = 2; taken(); ++number) backup.set_folder(StrCat(name, "-", number));
  backup.set_node(options_.node);
  backup.set_version(DUBAN_VERSION);
  backup.set_request_id(request_id);
  *backup.mutable_create_time() = ToProto(now);
  const std::string folder = StrCat(options_.folder, "/", backup.folder());
  const std::string partial = StrCat(folder, kPartial);
  // What a killed one left under the same name: a pretended clock says the same after each start.
  DUBAN_RETURN_IF_ERROR(DeletePath(partial));
  absl::Status filled = Fill(partial, work, backup);
  if (filled.ok()) filled = MovePath(partial, folder);
  if (!filled.ok()) {
    if (absl::Status deleted = DeletePath(partial); !deleted.ok()) {
      Log(LogLevel::kError, "backup.not_deleted", {{"cause", std::string(ToStd(deleted.message()))}});
    }
    return filled;
  }
  Log(LogLevel::kInfo, "backup.made", {{"folder", folder}});
  NoteIn(backup);
  if (absl::Status pruned = Prune(backup.folder()); !pruned.ok()) {
    Log(LogLevel::kWarning, "backup.old_not_deleted", {{"cause", std::string(ToStd(pruned.message()))}});
  }
  return backup;
}

absl::Status BackupKeeper::Fill(const std::string& folder, Work* work, v1::Backup& backup) const {
  DUBAN_RETURN_IF_ERROR(MakeFolder(folder));
  // Each row is copied, and read back.
  for (const Store* store : stores_) work->Expect(2 * store->estimated_rows());
  for (const Store* store : stores_) {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work));
    DUBAN_RETURN_IF_ERROR(AddCopy(*store, folder, options_.clock, work, *backup.add_stores()));
  }
  DUBAN_RETURN_IF_ERROR(WriteManifest(folder, backup));
  DUBAN_RETURN_IF_ERROR(SyncPath(folder));
  DUBAN_FAILPOINT("backup.before_name");
  return CheckBackup(folder, work).status();
}

absl::StatusOr<std::vector<v1::Backup>> BackupKeeper::List() const {
  if (options_.folder.empty()) return NoFolder();
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(options_.folder));
  std::vector<v1::Backup> backups;
  for (const std::string& name : names) {
    if (!IsOwn(name) || name.ends_with(kPartial)) continue;
    absl::StatusOr<v1::Backup> backup = ReadManifest(StrCat(options_.folder, "/", name));
    if (!backup.ok()) {
      Log(LogLevel::kWarning, "backup.unreadable", {{"cause", std::string(ToStd(backup.status().message()))}});
      continue;
    }
    backup->set_folder(name);
    backups.push_back(WithoutFiles(*std::move(backup)));
  }
  // Of those made within a second, the one with the higher number is the newer.
  const auto key = [](const v1::Backup& backup) {
    return std::make_tuple(FromProto(backup.create_time()), backup.folder().size(), backup.folder());
  };
  std::sort(backups.begin(), backups.end(), [&](const auto& a, const auto& b) { return key(a) > key(b); });
  return backups;
}

bool BackupKeeper::IsOwn(const std::string& name) const {
  const std::string prefix = Prefix();
  return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= '0' &&
         name[prefix.size()] <= '9';
}

absl::Status BackupKeeper::Prune(const std::string& newest) const {
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Backup> backups, List());
  // Whatever the clock says, the newest is the one that was made last.
  std::erase_if(backups, [&](const v1::Backup& backup) { return backup.folder() == newest; });
  for (size_t i = static_cast<size_t>(options_.keep) - 1; i < backups.size(); ++i) {
    const std::string path = StrCat(options_.folder, "/", backups[i].folder());
    DUBAN_RETURN_IF_ERROR(MovePath(path, StrCat(path, kPartial)));
  }
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(options_.folder));
  for (const std::string& name : names) {
    if (IsOwn(name) && name.ends_with(kPartial)) DUBAN_RETURN_IF_ERROR(DeletePath(StrCat(options_.folder, "/", name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Backup> CheckBackup(const std::string& folder, const Work* work) {
  DUBAN_ASSIGN_OR_RETURN(v1::Backup backup, ReadManifest(folder));
  if (backup.stores().empty()) return Damaged(folder, "its manifest names no stores", "清单中没有任何存储");
  for (const v1::Backup::Store& store : backup.stores()) DUBAN_RETURN_IF_ERROR(CheckFiles(folder, store, work));
  return backup;
}

absl::Status CheckNotServing(const std::string& data_dir) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(data_dir));
  for (const std::string& name : names) {
    if (!IsLocked(StrCat(data_dir, "/", name, "/db/LOCK"))) continue;
    return Refused(StrCat("a server is running on ", data_dir, "; stop it first"),
                   StrCat("有服务正在使用 ", data_dir, "；请先停止服务"));
  }
  return absl::OkStatus();
}

absl::Status CheckNotRestoring(const std::string& data_dir) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(data_dir));
  if (std::find(names.begin(), names.end(), kRestoring + 1) == names.end()) return absl::OkStatus();
  return absl::DataLossError(
      StrCat("restoring into ", data_dir, " did not come to its end; empty the folder and restore again"));
}

absl::StatusOr<v1::Restoration> RestoreNode(const std::vector<std::string>& backups, const std::string& data_dir,
                                            Clock* clock, IdSource* ids) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<Source> sources, ReadSources(backups));
  if (absl::Status empty = CheckDataDir(data_dir); !empty.ok()) return NotRestored(empty);
  absl::StatusOr<v1::Restoration> node = RestoreInto(sources, data_dir, clock, ids);
  if (node.ok()) return node;
  // What was moved already goes too: half a node is none.
  std::vector<std::string> made;
  for (const Source& source : sources) {
    for (const auto& store : source.manifest.stores()) made.push_back(StrCat(data_dir, "/", store.service()));
  }
  made.push_back(StrCat(data_dir, kRestoring));
  for (const std::string& path : made) {
    if (absl::Status deleted = DeletePath(path); !deleted.ok()) return NotRestored(deleted);
  }
  return NotRestored(node.status());
}

}  // namespace duban
