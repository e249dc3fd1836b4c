// `duban doctor`: looks at everything that an operator has to keep an eye on, a line each, with what to do.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/feed/node_card.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "google/protobuf/struct.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/evidence_calls.h"

namespace duban::cli {
namespace {

// A certificate has so long left, a backup is so old, a node below is so silent.
constexpr absl::Duration kCertificateSoon = absl::Hours(24 * 30);
constexpr absl::Duration kCertificateNow = absl::Hours(24 * 7);
constexpr absl::Duration kBackupOld = absl::Hours(30);
constexpr absl::Duration kBackupTooOld = absl::Hours(24 * 7);
constexpr absl::Duration kQuiet = absl::Seconds(20);
constexpr absl::Duration kSilent = absl::Minutes(1);
// So long it is shown that a second process of a name was refused.
constexpr absl::Duration kShownRefused = absl::Minutes(10);
constexpr double kRoomLow = 0.1;
// Changes that a node's stores hold, together, from which on it is wrong that there is no backup: more than a day of
// setting up and trying makes.
constexpr int64_t kWorthABackup = 2000;

enum class Verdict { kGood, kNotice, kWrong };

// One line.
struct Finding {
  Verdict verdict = Verdict::kGood;
  Phrase what;
  Phrase found;
  // What to do; empty where there is nothing.
  Phrase advice = {};
};

Phrase WordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return {"正常", "good"};
    case Verdict::kNotice:
      return {"注意", "notice"};
    case Verdict::kWrong:
      return {"有误", "wrong"};
  }
  return {"有误", "wrong"};
}

std::string GiB(int64_t bytes) {
  const int64_t tenths = bytes / ((1 << 30) / 10);
  return StrCat(tenths / 10, ".", tenths % 10, " GiB");
}

int64_t Days(absl::Duration duration) {
  return duration / absl::Hours(24);
}

// What to do about a hop that fails, by what its error says: TLS tells us in no other way.
Phrase AdviceOf(const std::string& error) {
  const std::string text = absl::AsciiStrToLower(error);
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  if (says("and not the node") || says("--upstream")) {
    return {"该地址是另一个节点：改正 --upstream 中的名称或地址",
            "another node answers there: correct the name or the address in --upstream"};
  }
  if (says("certificate verify failed") || says("certificate_verify_failed")) {
    return {"两端证书不属同一根，或已过期：不要另建根，由上级签发本节点证书（duban keys issue）",
            "the keys are of another root, or have run out: have this node's keys issued by the upper node's authority "
            "(duban keys issue) instead of making a root"};
  }
  if (says("from one disk")) return {"停用复制出的那个节点", "stop the node that was made from a copy of the disk"};
  return {"核对地址、网络和对方是否在运行", "look at the address, the network and whether the other side runs"};
}

class Diagnosis {
 public:
  explicit Diagnosis(absl::Time now) : now_(now) {}

  void Look(const v1::NodeStatus& status) {
    LookAtStores(status);
    LookAtClock(status);
    LookAtDisk(status.machine());
    LookAtCertificate(status.machine());
    LookAtBackups(status);
    LookAtHops(status);
    LookAtFollowers(status);
    LookAtLog(status.machine());
  }

  // Names of units that entries of two nodes have.
  void LookAtUnits(const std::vector<v1::Unit>& units) {
    std::map<std::string, const v1::Unit*> by_name;
    bool any = false;
    for (const v1::Unit& unit : units) {
      const auto [known, is_new] = by_name.emplace(unit.display_name(), &unit);
      if (is_new || known->second->owner_node() == unit.owner_node()) continue;
      any = true;
      Add(Verdict::kNotice, kUnits,
          {StrCat("“", unit.display_name(), "”在节点“", known->second->owner_node(), "”和“", unit.owner_node(),
                  "”的单位名录里各有一个"),
           StrCat("`", unit.display_name(), "` is in the directories of `", known->second->owner_node(), "` and `",
                  unit.owner_node(), "`")},
          {"如为同一单位，请删除本级另建的一个（duban unit delete）", "if it is one unit, delete the one made here"});
    }
    if (!any) Add(Verdict::kGood, kUnits, {StrCat(units.size(), " 个单位，无重名"), StrCat(units.size(), " units")});
  }

  const std::vector<Finding>& findings() const { return findings_; }

 private:
  inline static const Phrase kStore = {"存储", "stores"}, kClock = {"时钟", "clock"}, kDisk = {"磁盘", "disk"},
                             kCertificate = {"证书", "certificate"}, kBackup = {"备份", "backup"},
                             kVerification = {"核验", "verification"}, kHop = {"同步", "hops"},
                             kFollower = {"下级节点", "nodes below"}, kVersion = {"版本", "versions"},
                             kUnits = {"单位名录", "directory"}, kLog = {"日志", "log"};

  void Add(Verdict verdict, const Phrase& what, const Phrase& found, const Phrase& advice = {}) {
    findings_.push_back({verdict, what, found, advice});
  }

  void LookAtStores(const v1::NodeStatus& status) {
    for (const v1::NodeStatus::Store& store : status.stores()) {
      if (store.serving()) {
        Add(Verdict::kGood, kStore,
            {StrCat(store.service(), "：", SizeWords(store.size_bytes())),
             StrCat(store.service(), ": ", SizeWords(store.size_bytes()))});
      } else {
        Add(Verdict::kWrong, kStore,
            {StrCat(store.service(), " 停止服务：", store.failure()),
             StrCat(store.service(), " does not serve: ", store.failure())},
            {"按提示处理磁盘后重启服务；不能启动的，按 deploy/README 从备份恢复",
             "mend the disk, then start the server again; see deploy/README to restore"});
      }
    }
  }

  void LookAtClock(const v1::NodeStatus& status) {
    if (status.pretended_time()) {
      return Add(Verdict::kWrong, kClock, {"服务器使用假设的日期（开发模式）", "the server pretends its date"},
                 {"正式使用前去掉 --pretend-date", "start it without --pretend-date"});
    }
    const absl::Duration ahead = FromProto(status.server_time()) - now_;
    const std::optional<v1::NodeStatus::Notice> off =
        ClockNotice("本机", StrCat("服务器 ", status.node()), ahead, now_);
    const std::optional<v1::NodeStatus::Notice> off_en = ClockNotice("this machine", status.node(), ahead, now_);
    if (off.has_value() && off_en.has_value()) {
      return Add(Verdict::kWrong, kClock, {off->message_zh(), off_en->message()},
                 {"启用时间同步：timedatectl set-ntp true", "let the clock be set: timedatectl set-ntp true"});
    }
    Add(Verdict::kGood, kClock,
        {StrCat("与本机相差 ", absl::ToInt64Seconds(absl::AbsDuration(ahead)), " 秒"),
         StrCat(absl::ToInt64Seconds(absl::AbsDuration(ahead)), " s from this machine's")});
  }

  void LookAtDisk(const v1::NodeStatus::Machine& machine) {
    const Phrase found = {StrCat("剩余 ", GiB(machine.disk_free_bytes()), "，共 ", GiB(machine.disk_bytes())),
                          StrCat(GiB(machine.disk_free_bytes()), " free of ", GiB(machine.disk_bytes()))};
    const Phrase advice = {"清理或扩容数据盘", "make room on the disk of --data-dir"};
    if (machine.disk_free_bytes() < machine.keep_free_bytes()) return Add(Verdict::kWrong, kDisk, found, advice);
    const bool low =
        static_cast<double>(machine.disk_free_bytes()) < kRoomLow * static_cast<double>(machine.disk_bytes());
    low ? Add(Verdict::kNotice, kDisk, found, advice) : Add(Verdict::kGood, kDisk, found);
  }

  void LookAtCertificate(const v1::NodeStatus::Machine& machine) {
    if (!machine.has_certificate_expire_time()) {
      return Add(Verdict::kNotice, kCertificate, {"未启用 TLS，只可在本机开发使用", "no TLS: for development only"},
                 {"用 duban node init 生成证书", "make keys: duban node init"});
    }
    const absl::Duration left = FromProto(machine.certificate_expire_time()) - now_;
    const Phrase found = {StrCat("还有 ", Days(left), " 天到期"), StrCat("runs out in ", Days(left), " days")};
    const Phrase advice = {"duban keys renew，并检查 duban-keys-renew.timer",
                           "duban keys renew; look at duban-keys-renew.timer"};
    if (left < kCertificateNow) return Add(Verdict::kWrong, kCertificate, found, advice);
    left < kCertificateSoon ? Add(Verdict::kNotice, kCertificate, found, advice)
                            : Add(Verdict::kGood, kCertificate, found);
  }

  // Without a backup, a disk takes along all that was done here; on a node that was just set up that is nothing yet.
  static Verdict WithoutBackup(const v1::NodeStatus& status) {
    int64_t changes = 0;
    for (const v1::NodeStatus::Store& store : status.stores()) changes += store.head().sequence();
    return changes >= kWorthABackup ? Verdict::kWrong : Verdict::kNotice;
  }

  void LookAtBackups(const v1::NodeStatus& status) {
    const v1::NodeStatus::Machine& machine = status.machine();
    const Phrase advice = {"duban node backup，并启用 duban-backup.timer",
                           "duban node backup; enable duban-backup.timer"};
    if (!machine.makes_backups()) {
      Add(WithoutBackup(status), kBackup, {"没有设置备份目录", "no folder for backups"},
          {"启动时加 --backup-dir，最好在另一块盘", "start the server with --backup-dir, best on another disk"});
    } else if (!machine.has_last_backup_time()) {
      Add(WithoutBackup(status), kBackup, {"还没有备份", "there is no backup yet"}, advice);
    } else {
      const absl::Duration age = now_ - FromProto(machine.last_backup_time());
      const Phrase found = {StrCat("上次备份 ", TimeWords(machine.last_backup_time())),
                            StrCat("last one ", TimeWords(machine.last_backup_time()))};
      const Verdict verdict = age > kBackupTooOld ? Verdict::kWrong
                              : age > kBackupOld  ? Verdict::kNotice
                                                  : Verdict::kGood;
      Add(verdict, kBackup, found, verdict == Verdict::kGood ? Phrase() : advice);
    }
    if (machine.has_last_verification_time() && !machine.last_verification_good()) {
      Add(Verdict::kWrong, kVerification, {"上次核验发现问题", "the last verification found something"},
          {"duban node jobs 查看结果", "see what: duban node jobs"});
    }
  }

  void LookAtHops(const v1::NodeStatus& status) {
    bool good = true;
    for (const v1::NodeStatus::Hop& hop : status.hops()) {
      if (hop.has_peer() && hop.peer().version() != status.version()) {
        Add(Verdict::kNotice, kVersion,
            {StrCat(hop.peer().node(), " 为 ", hop.peer().version(), "，本节点为 ", status.version()),
             StrCat(hop.peer().node(), " has ", hop.peer().version(), ", this node ", status.version())},
            {"择日升级到同一版本", "bring both to one version"});
      }
      if (!hop.error().empty()) {
        good = false;
        Add(Verdict::kWrong, kHop, {StrCat(hop.name(), "：", hop.error_zh()), StrCat(hop.name(), ": ", hop.error())},
            AdviceOf(hop.error()));
      }
      good = AddNotices(kHop, hop.name(), hop.notices()) && good;
      if (hop.set_aside() > 0) {
        Add(Verdict::kNotice, kHop,
            {StrCat(hop.name(), " 搁置了 ", hop.set_aside(), " 条"),
             StrCat(hop.name(), " has set aside ", hop.set_aside())},
            {"duban node status --format=json 查看原因", "see why: duban node status --format=json"});
      }
    }
    if (good)
      Add(Verdict::kGood, kHop, {StrCat(status.hops_size(), " 条同步正常"), StrCat(status.hops_size(), " hops")});
  }

  void LookAtFollowers(const v1::NodeStatus& status) {
    // One follows several feeds, and is told of once for each thing.
    std::map<std::string, std::set<std::string>> told;
    for (const v1::NodeStatus::Follower& follower : status.followers()) {
      if (!follower.downstream()) continue;
      std::set<std::string>& of = told[follower.name()];
      if (!follower.notices().empty() && of.insert("notices").second) {
        AddNotices(kFollower, follower.name(), follower.notices());
      }
      if (HasTwin(status, follower) && of.insert("twin").second) AddTwin(follower);
      const absl::Duration silent = FromProto(status.server_time()) - FromProto(follower.seen_time());
      if (!follower.connected() && silent > kQuiet && of.insert("silent").second) AddSilent(follower, silent);
    }
    const auto good = std::count_if(told.begin(), told.end(), [](const auto& node) { return node.second.empty(); });
    if (good > 0) Add(Verdict::kGood, kFollower, {StrCat(good, " 个正常"), StrCat(good)});
  }

  static bool HasTwin(const v1::NodeStatus& status, const v1::NodeStatus::Follower& follower) {
    return follower.has_refused_time() &&
           FromProto(status.server_time()) - FromProto(follower.refused_time()) < kShownRefused;
  }

  void AddTwin(const v1::NodeStatus::Follower& follower) {
    Add(Verdict::kWrong, kFollower,
        {StrCat(follower.name(), " 有两个进程：", follower.address(), " 在同步，", follower.refused_address(), " 被拒"),
         StrCat(follower.name(), " runs twice: ", follower.address(), " is followed, ", follower.refused_address(),
                " refused")},
        {"多半是复制了磁盘：停用其中一个", "was a disk copied? Stop one of them"});
  }

  void AddSilent(const v1::NodeStatus::Follower& follower, absl::Duration silent) {
    Add(silent > kSilent ? Verdict::kWrong : Verdict::kNotice, kFollower,
        {StrCat(follower.name(), " 自 ", TimeWords(follower.seen_time()), " 起失去联系，落后 ", follower.behind()),
         StrCat(follower.name(), " was heard last ", TimeWords(follower.seen_time()), ", ", follower.behind(),
                " behind")},
        {"请对方检查服务和网络；恢复后会自动补齐", "have it looked at there; it catches up by itself"});
  }

  bool AddNotices(const Phrase& what, const std::string& name,
                  const google::protobuf::RepeatedPtrField<v1::NodeStatus::Notice>& notices) {
    for (const v1::NodeStatus::Notice& notice : notices) {
      Add(Verdict::kWrong, what, {StrCat(name, "：", notice.message_zh()), StrCat(name, ": ", notice.message())});
    }
    return notices.empty();
  }

  void LookAtLog(const v1::NodeStatus::Machine& machine) {
    if (machine.log_level() != v1::LOG_LEVEL_DEBUG) return;
    Add(Verdict::kNotice, kLog, {"日志级别为调试，日志会很快增大", "the log level is debug: the log grows fast"},
        {"duban node log-level info", "duban node log-level info"});
  }

  const absl::Time now_;
  std::vector<Finding> findings_;
};

void PrintJson(Session& session, const std::vector<Finding>& findings) {
  static constexpr const char* kNames[] = {"GOOD", "NOTICE", "WRONG"};
  google::protobuf::Struct all;
  auto& checks = *(*all.mutable_fields())["checks"].mutable_list_value();
  for (const Finding& finding : findings) {
    auto& fields = *checks.add_values()->mutable_struct_value()->mutable_fields();
    fields["check"].set_string_value(finding.what.en);
    fields["verdict"].set_string_value(kNames[static_cast<int>(finding.verdict)]);
    fields["found"].set_string_value(finding.found.en);
    fields["found_zh"].set_string_value(finding.found.zh);
    fields["advice"].set_string_value(finding.advice.en);
    fields["advice_zh"].set_string_value(finding.advice.zh);
  }
  session.printer().Json(all);
}

void Print(Session& session, const std::vector<Finding>& findings) {
  PrintJson(session, findings);
  Table table({{session.Say({"结论", "Verdict"}), false, false},
               {session.Say({"项目", "What"}), false, false},
               {session.Say({"情况", "Found"}), false, true, 2},
               {session.Say({"处理", "What to do"}), false, true}});
  static constexpr Style kStyles[] = {Style::kGreen, Style::kYellow, Style::kRed};
  for (const Finding& finding : findings) {
    table.Row({Cell(session.Say(WordOf(finding.verdict)), kStyles[static_cast<int>(finding.verdict)]),
               session.Say(finding.what), session.Say(finding.found), session.Say(finding.advice)});
  }
  session.printer().Show(table, {"没有可查的项目", "nothing to look at"});
}

absl::StatusOr<std::vector<v1::Unit>> AllUnits(Session& session) {
  std::vector<v1::Unit> units;
  v1::ListUnitsRequest request;
  request.set_page_size(500);
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListUnitsResponse>("DirectoryService/ListUnits", request));
    units.insert(units.end(), page.units().begin(), page.units().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return units;
}

absl::Status Examine(Session& session) {
  Diagnosis diagnosis(session.environment().clock->Now());
  const Addresses servers = session.Servers();
  std::vector<std::string> asked;
  for (const Peer peer : {Peer::kPlan, Peer::kAssignment, Peer::kNotification}) {
    const std::string& address = servers.of(peer);
    if (std::find(asked.begin(), asked.end(), address) != asked.end()) continue;
    asked.push_back(address);
    v1::GetNodeStatusRequest request;
    v1::NodeStatus status;
    DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/GetNodeStatus", &request, &status));
    diagnosis.Look(status);
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Unit> units, AllUnits(session));
  diagnosis.LookAtUnits(units);
  Print(session, diagnosis.findings());
  const auto wrong = std::count_if(diagnosis.findings().begin(), diagnosis.findings().end(),
                                   [](const Finding& finding) { return finding.verdict == Verdict::kWrong; });
  if (wrong == 0) return absl::OkStatus();
  return NotNowError(
      {StrCat("有 ", wrong, " 项有误，请按表中办法处理"), StrCat(wrong, " things are wrong; do what the table says")});
}

}  // namespace

void AddDoctor(Command root) {
  root.Leaf("doctor",
            {"体检：证书、时钟、磁盘、版本、上下级、备份，逐项给出结论和办法",
             "examine the servers: certificates, clock, disk, versions, neighbours, backups"},
            [](Session& session) { return Examine(session); })
      .Footer({"有“有误”时退出码为 4；“注意”不影响退出码。",
               "Ends with 4 where something is wrong; a notice does not change that."});
}

}  // namespace duban::cli
