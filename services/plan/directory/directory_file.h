// The directory as a file: one line a unit or group, as CSV (csv.h) with a header line. The columns, in any order:
//
//   编号      id of the entry (`[a-z][a-z0-9-]*`). Blank: the entry that has this 名称, else one computed from 名称.
//   名称      full name. Always needed.
//   类别      政府, 部门, 街道 (also 镇, 乡镇), 科室 (also 处室), 机构 (also 事业单位, 企业), 其他; 集合 for a group.
//   别名      other names it is printed under.
//   上级      superiors; a unit can have two.
//   节点      id of the node where the unit works. Blank: the node that owns this directory.
//   联系人 电话 邮箱   contacts; the n-th person has the n-th phone and the n-th address.
//   启用日期  first day the unit exists; blank: since ever.
//   停用日期  first day it no longer exists; blank: without end.
//   成员      for a group: its members.
//   按类别    for a group: all units of some kinds directly under a superior, such as `临湖区政府:部门+机构`.
//   备注      for people; not read.
//
// Lists are separated by 、 or ；. In 上级 and 成员 a unit is written as its id or a name, of this file or of the
// directory, and can carry the days for which it holds: `临湖区政府@2024-01-01~2025-01-01`, first day inclusive, last
// exclusive, either may be blank. Needed are 名称 and 类别; a column that is left out leaves what is stored as it is, a
// blank cell clears it. Lines that change nothing are passed over, also where they repeat an entry from above.
//
// ReadDirectoryFile is pure and thread-safe; ApplyDirectoryFile runs on the writer's thread. All of a file or nothing.
// Errors: INVALID_ARGUMENT (INVALID_FIELD), whose violations are called `content[LINE].COLUMN`; PERMISSION_DENIED
// (NOT_OWNER) where a line changes an entry that another node owns.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_FILE_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_FILE_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/transaction.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// A mention of a unit in a line: who, and when it holds.
struct FileReference {
  // Id or name, as printed.
  std::string text;
  std::string from;
  std::string to;
  // For 按类别.
  std::vector<v1::Unit::Kind> kinds;
};

// Most lines of a file, without the header.
inline constexpr size_t kMaxDirectoryLines = 20000;

// One line, as printed.
struct DirectoryLine {
  int line = 0;
  bool group = false;
  std::string id;
  std::string display_name;
  v1::Unit::Kind kind = v1::Unit::KIND_UNSPECIFIED;
  std::vector<std::string> aliases;
  std::vector<FileReference> superiors;
  std::string node;
  std::vector<v1::Unit::Contact> contacts;
  std::string valid_from;
  std::string valid_to;
  std::vector<FileReference> members;
  std::vector<FileReference> selections;
};

// A file, as printed.
struct DirectoryFile {
  // The columns that the header names.
  std::set<std::string, std::less<>> columns;
  std::vector<DirectoryLine> lines;
};

absl::StatusOr<DirectoryFile> ReadDirectoryFile(std::string_view bytes);

absl::StatusOr<v1::ImportDirectoryResponse> ApplyDirectoryFile(Transaction& transaction, const DirectoryAuthor& author,
                                                               const DirectoryFile& file);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_FILE_H_
