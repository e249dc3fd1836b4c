#include "services/plan/directory/directory_file.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "common/base/civil.h"
#include "common/base/csv.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/rpc/validate.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/rpc/error_details.pb.h"
#include "services/plan/source/csv_file.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr std::string_view kColumns[] = {"编号", "名称", "类别",     "别名",     "上级", "节点",   "联系人",
                                         "电话", "邮箱", "启用日期", "停用日期", "成员", "按类别", "备注"};
constexpr std::string_view kGroupWord = "集合";

struct KindWord {
  std::string_view word;
  v1::Unit::Kind kind;
};
constexpr KindWord kKindWords[] = {
    {"政府", v1::Unit::GOVERNMENT},  {"部门", v1::Unit::DEPARTMENT},  {"街道", v1::Unit::STREET},
    {"镇", v1::Unit::STREET},        {"乡镇", v1::Unit::STREET},      {"科室", v1::Unit::SECTION},
    {"处室", v1::Unit::SECTION},     {"机构", v1::Unit::INSTITUTION}, {"事业单位", v1::Unit::INSTITUTION},
    {"企业", v1::Unit::INSTITUTION}, {"其他", v1::Unit::OTHER},
};

v1::Unit::Kind KindOf(std::string_view word) {
  for (const KindWord& known : kKindWords) {
    if (known.word == word) return known.kind;
  }
  return v1::Unit::KIND_UNSPECIFIED;
}

// What can be written, for messages.
std::string Kinds() {
  std::string all;
  for (const KindWord& known : kKindWords) StrAppend(&all, all.empty() ? "" : "、", known.word);
  return all;
}
std::string Columns() {
  std::string all;
  for (const std::string_view column : kColumns) StrAppend(&all, all.empty() ? "" : "、", column);
  return all;
}

// The cells of one record by column, and where to note what is wrong with them.
class Cells {
 public:
  Cells(const std::vector<std::string>& header, const CsvRecord& record, FieldErrors* errors)
      : header_(header), record_(record), errors_(errors) {}

  std::string Get(std::string_view column) const {
    const auto place = std::find(header_.begin(), header_.end(), column) - header_.begin();
    return static_cast<size_t>(place) < std::min(header_.size(), record_.cells.size()) ? record_.cells[place]
                                                                                       : std::string();
  }
  void Bad(std::string_view column, std::string_view english, std::string_view chinese) const {
    errors_->Add(StrCat("content[", record_.line, "].", column), english, chinese);
  }
  std::string Date(std::string_view column) const { return CheckedDate(column, Get(column)); }

  // `name@from~to`, with or without the days.
  std::vector<FileReference> References(std::string_view column) const {
    std::vector<FileReference> references;
    for (const std::string& item : SplitList(Get(column))) {
      FileReference reference;
      const size_t at = item.find('@');
      reference.text = item.substr(0, at);
      if (at != std::string::npos) {
        const std::string days = item.substr(at + 1);
        const size_t tilde = days.find('~');
        if (tilde == std::string::npos) {
          Bad(column, StrCat("`", item, "` has no `~` between its first and last day"),
              StrCat("“", item, "”的起止日期之间缺少“~”"));
          continue;
        }
        reference.from = CheckedDate(column, days.substr(0, tilde));
        reference.to = CheckedDate(column, days.substr(tilde + 1));
      }
      references.push_back(std::move(reference));
    }
    return references;
  }

  // `superior:kind+kind`.
  std::vector<FileReference> Selections() const {
    constexpr std::string_view kColumn = "按类别";
    constexpr std::string_view kWideColon = "：";
    std::vector<FileReference> selections;
    for (std::string item : SplitList(Get(kColumn))) {
      if (const size_t wide = item.find(kWideColon); wide != std::string::npos) {
        item.replace(wide, kWideColon.size(), ":");
      }
      FileReference selection;
      const size_t colon = item.find(':');
      selection.text = item.substr(0, colon);
      std::string_view words =
          colon == std::string::npos ? std::string_view() : std::string_view(item).substr(colon + 1);
      while (!words.empty()) {
        const size_t plus = std::min(words.find('+'), words.size());
        const v1::Unit::Kind kind = KindOf(TrimSpaces(words.substr(0, plus)));
        if (kind == v1::Unit::KIND_UNSPECIFIED) {
          Bad(kColumn, StrCat("`", words.substr(0, plus), "` is no kind of unit; there are ", Kinds()),
              StrCat("“", words.substr(0, plus), "”不是单位类别，可填：", Kinds()));
        } else {
          selection.kinds.push_back(kind);
        }
        words.remove_prefix(std::min(plus + 1, words.size()));
      }
      if (selection.kinds.empty()) {
        Bad(kColumn, StrCat("`", item, "` names no kinds; write `superior:kind+kind`"),
            StrCat("“", item, "”没有写类别，应写成“上级:类别+类别”"));
      }
      selections.push_back(std::move(selection));
    }
    return selections;
  }

  std::vector<v1::Unit::Contact> Contacts() const {
    const std::vector<std::string> people = SplitList(Get("联系人"));
    const std::vector<std::string> phones = SplitList(Get("电话"));
    const std::vector<std::string> emails = SplitList(Get("邮箱"));
    std::vector<v1::Unit::Contact> contacts(std::max({people.size(), phones.size(), emails.size()}));
    for (size_t i = 0; i < people.size(); ++i) contacts[i].set_person(people[i]);
    for (size_t i = 0; i < phones.size(); ++i) contacts[i].set_phone(phones[i]);
    for (size_t i = 0; i < emails.size(); ++i) contacts[i].set_email(emails[i]);
    return contacts;
  }

 private:
  std::string CheckedDate(std::string_view column, std::string_view text) const {
    const std::string date(TrimSpaces(text));
    if (!date.empty() && !ParseDay(date).has_value()) {
      Bad(column, StrCat("`", date, "` is not a date YYYY-MM-DD"), StrCat("“", date, "”不是 YYYY-MM-DD 形式的日期"));
    }
    return date;
  }

  const std::vector<std::string>& header_;
  const CsvRecord& record_;
  FieldErrors* const errors_;
};

DirectoryLine ReadLine(const Cells& cells, int number) {
  DirectoryLine line;
  line.line = number;
  line.id = cells.Get("编号");
  line.display_name = cells.Get("名称");
  const std::string kind = cells.Get("类别");
  line.group = kind == kGroupWord;
  line.kind = KindOf(kind);
  line.aliases = SplitList(cells.Get("别名"));
  line.superiors = cells.References("上级");
  line.node = cells.Get("节点");
  line.contacts = cells.Contacts();
  line.valid_from = cells.Date("启用日期");
  line.valid_to = cells.Date("停用日期");
  line.members = cells.References("成员");
  line.selections = cells.Selections();
  if (!line.id.empty() && !IsResourceId(line.id)) {
    cells.Bad("编号", StrCat("`", line.id, "` is no id: lower-case letters, digits and `-`, a letter first"),
              StrCat("“", line.id, "”不是编号：应为小写字母、数字和“-”，以字母开头"));
  }
  if (line.display_name.empty()) cells.Bad("名称", "is blank", "为空");
  if (!line.group && line.kind == v1::Unit::KIND_UNSPECIFIED) {
    cells.Bad("类别", StrCat("`", kind, "` is no kind of unit and not 集合; there are ", Kinds()),
              StrCat("“", kind, "”不是单位类别，可填：", Kinds(), "；单位组填“", kGroupWord, "”"));
  }
  if (!line.group && !(line.members.empty() && line.selections.empty())) {
    cells.Bad("成员", "is for lines of kind 集合 only", "只能用于类别为“集合”的行");
  }
  if (line.group && !line.superiors.empty()) {
    cells.Bad("上级", "is for units only; a group takes 按类别", "只能用于单位；集合请用“按类别”");
  }
  return line;
}

// Where a group has the same name as a unit of the file, both are refused by the store's name check; here only ids.
std::string EntryName(bool group, std::string_view id) {
  return StrCat(group ? "groups/" : "units/", id);
}

// Applies one file; used once, inside one command.
class FileImport {
 public:
  FileImport(Transaction& transaction, const DirectoryAuthor& author, const DirectoryFile& file)
      : transaction_(transaction), author_(author), file_(file), directory_(transaction, DayOf(author.now)) {}

  absl::StatusOr<v1::ImportDirectoryResponse> Apply() {
    DUBAN_RETURN_IF_ERROR(NameLines());
    for (size_t i = 0; i < file_.lines.size(); ++i) {
      const DirectoryLine& line = file_.lines[i];
      DUBAN_RETURN_IF_ERROR(line.group ? BuildGroup(line, names_[i]) : BuildUnit(line, names_[i]));
    }
    DUBAN_RETURN_IF_ERROR(errors_.ToStatus());
    DUBAN_RETURN_IF_ERROR(not_owner_);
    // Names may move from one entry of the file to another, so all old ones go first.
    for (const auto& [unit, line] : units_) DUBAN_RETURN_IF_ERROR(ForgetNames(transaction_, unit.name()));
    for (const auto& [group, line] : groups_) DUBAN_RETURN_IF_ERROR(ForgetNames(transaction_, group.name()));
    int32_t created = 0, updated = 0;
    for (auto& [unit, line] : units_) DUBAN_RETURN_IF_ERROR(Write(PutUnit, unit, line, &created, &updated));
    response_.set_units_created(created);
    response_.set_units_updated(updated);
    created = updated = 0;
    for (auto& [group, line] : groups_) DUBAN_RETURN_IF_ERROR(Write(PutGroup, group, line, &created, &updated));
    response_.set_groups_created(created);
    response_.set_groups_updated(updated);
    for (const auto& [unit, line] : units_) {
      const absl::Status circle = CheckNoCircle(transaction_, unit.name());
      if (ReasonOf(circle) == v1::WRONG_STATE) {
        Bad(line, "上级", "makes the unit stand above itself", "使该单位成为自己的上级");
      } else {
        DUBAN_RETURN_IF_ERROR(circle);
      }
    }
    DUBAN_RETURN_IF_ERROR(errors_.ToStatus());
    return response_;
  }

 private:
  void Bad(int line, std::string_view column, std::string_view english, std::string_view chinese) {
    errors_.Add(StrCat("content[", line, "].", column), english, chinese);
  }

  bool Has(std::string_view column) const { return file_.columns.contains(column); }

  // Finds which entry each line is about.
  absl::Status NameLines() {
    std::map<std::string, int> seen;
    for (const DirectoryLine& line : file_.lines) {
      std::string name;
      if (!line.id.empty()) {
        name = EntryName(line.group, line.id);
      } else {
        DUBAN_ASSIGN_OR_RETURN(name, directory_.Resolve(line.display_name));
        const bool fits = name.starts_with(line.group ? "groups/" : "units/");
        if (!fits) name = EntryName(line.group, ComputedId("u", {author_.node, NameKey(line.display_name)}));
      }
      if (const auto [other, fresh] = seen.emplace(name, line.line); !fresh) {
        Bad(line.line, "编号", StrCat("is the same entry as line ", other->second),
            StrCat("与第 ", other->second, " 行是同一条目"));
      }
      if (!line.group) {
        by_name_.emplace(NameKey(line.display_name), name);
        for (const std::string& alias : line.aliases) by_name_.emplace(NameKey(alias), name);
      }
      names_.push_back(std::move(name));
    }
    of_file_.insert(names_.begin(), names_.end());
    return absl::OkStatus();
  }

  // The unit a reference means; empty, with an error noted, where there is none.
  absl::StatusOr<std::string> Find(const FileReference& reference, int line, std::string_view column) {
    if (const std::string by_id = StrCat("units/", reference.text); IsResourceId(reference.text)) {
      DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, directory_.FindUnit(by_id));
      if (unit != nullptr || of_file_.contains(by_id)) return by_id;
    }
    if (auto found = by_name_.find(NameKey(reference.text)); found != by_name_.end()) return found->second;
    DUBAN_ASSIGN_OR_RETURN(std::string name, directory_.Resolve(reference.text));
    if (name.starts_with("units/")) return name;
    Bad(line, column,
        StrCat("`", reference.text, "` is no unit of this file or the directory; one from above may not have come yet"),
        StrCat("“", reference.text, "”不是本文件或单位名录中的单位；如由上级节点维护，可能尚未同步"));
    return std::string();
  }

  absl::Status BuildUnit(const DirectoryLine& line, const std::string& name) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> old, transaction_.Get<v1::Unit>(name));
    v1::Unit unit = old.has_value() ? old->value : v1::Unit();
    unit.set_name(name);
    unit.set_display_name(line.display_name);
    unit.set_kind(line.kind);
    if (Has("别名")) unit.mutable_aliases()->Assign(line.aliases.begin(), line.aliases.end());
    if (Has("节点")) unit.set_node(line.node);
    if (Has("启用日期")) unit.set_valid_from(line.valid_from);
    if (Has("停用日期")) unit.set_valid_to(line.valid_to);
    if (Has("联系人") || Has("电话") || Has("邮箱")) {
      unit.mutable_contacts()->Assign(line.contacts.begin(), line.contacts.end());
    }
    if (Has("上级")) {
      unit.clear_superiors();
      for (const FileReference& reference : line.superiors) {
        DUBAN_ASSIGN_OR_RETURN(std::string superior, Find(reference, line.line, "上级"));
        auto* added = unit.add_superiors();
        added->set_unit(superior.empty() ? "units/unknown" : superior);
        added->set_valid_from(reference.from);
        added->set_valid_to(reference.to);
      }
    }
    CheckUnit(unit, StrCat("content[", line.line, "]."), &errors_);
    return Queue(old, std::move(unit), line.line, &units_);
  }

  absl::Status BuildGroup(const DirectoryLine& line, const std::string& name) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::UnitGroup>> old, transaction_.Get<v1::UnitGroup>(name));
    v1::UnitGroup group = old.has_value() ? old->value : v1::UnitGroup();
    group.set_name(name);
    group.set_display_name(line.display_name);
    if (Has("别名")) group.mutable_aliases()->Assign(line.aliases.begin(), line.aliases.end());
    if (Has("成员")) {
      group.clear_members();
      for (const FileReference& reference : line.members) {
        DUBAN_ASSIGN_OR_RETURN(std::string unit, Find(reference, line.line, "成员"));
        auto* member = group.add_members();
        member->set_unit(unit.empty() ? "units/unknown" : unit);
        member->set_valid_from(reference.from);
        member->set_valid_to(reference.to);
      }
    }
    if (Has("按类别")) {
      group.clear_selections();
      for (const FileReference& reference : line.selections) {
        DUBAN_ASSIGN_OR_RETURN(std::string superior, Find(reference, line.line, "按类别"));
        auto* selection = group.add_selections();
        selection->set_superior(superior.empty() ? "units/unknown" : superior);
        for (const v1::Unit::Kind kind : reference.kinds) selection->add_kinds(kind);
      }
    }
    CheckGroup(group, StrCat("content[", line.line, "]."), &errors_);
    return Queue(old, std::move(group), line.line, &groups_);
  }

  // Keeps an entry for writing, unless it is another node's: then it has to be the same.
  template <typename Entry>
  absl::Status Queue(const std::optional<Stored<Entry>>& old, Entry entry, int line,
                     std::vector<std::pair<Entry, int>>* queue) {
    NoteRules(ValidateRequest(entry), line);
    if (old.has_value() && old->value.owner_node() != author_.node) {
      if (!MessageDifferencer::Equals(entry, old->value) && not_owner_.ok()) {
        not_owner_ = Error(v1::NOT_OWNER,
                           StrCat("line ", line, " changes `", entry.name(), "`, which node `", old->value.owner_node(),
                                  "` owns; ask there, or remove the line"),
                           StrCat("第 ", line, " 行要修改“", entry.name(), "”，它由节点“", old->value.owner_node(),
                                  "”维护，请在那里修改，或删去这一行"),
                           {{"name", entry.name()}, {"line", StrCat(line)}, {"owner", old->value.owner_node()}});
      }
      return absl::OkStatus();
    }
    if (!old.has_value() || !MessageDifferencer::Equals(entry, old->value)) queue->emplace_back(std::move(entry), line);
    return absl::OkStatus();
  }

  // Notes the rules of the contract that an entry breaks.
  void NoteRules(const absl::Status& broken, int line) {
    const auto payload = broken.GetPayload(kBadRequestUrl);
    google::rpc::BadRequest bad;
    if (!payload.has_value() || !bad.ParseFromString(std::string(*payload))) return;
    for (const auto& violation : bad.field_violations()) {
      Bad(line, violation.field(), violation.description(), StrCat("：", violation.localized_message().message()));
    }
  }

  template <typename Entry, typename Put>
  absl::Status Write(Put put, Entry& entry, int line, int32_t* created, int32_t* updated) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction_.Get<Entry>(entry.name()));
    const absl::StatusOr<Entry> written = put(transaction_, author_, entry);
    if (ReasonOf(written.status()) == v1::RESOURCE_EXISTS) {
      const ErrorMetadata metadata = MetadataOf(written.status());
      Bad(line, "名称",
          StrCat("`", metadata.at("displayName"), "` already leads to `", metadata.at("by"), "`; choose another name"),
          StrCat("“", metadata.at("displayName"), "”已经属于“", metadata.at("by"), "”，请换一个名称"));
      return absl::OkStatus();
    }
    DUBAN_RETURN_IF_ERROR(written.status());
    if (!old.has_value()) {
      ++*created;
    } else if (written->etag() != EtagOf(old->sequence)) {
      ++*updated;
    }
    return absl::OkStatus();
  }

  Transaction& transaction_;
  const DirectoryAuthor& author_;
  const DirectoryFile& file_;
  DirectoryView directory_;
  // Entry names by line, all of them, and those of units by NameKey.
  std::vector<std::string> names_;
  std::set<std::string> of_file_;
  std::map<std::string, std::string> by_name_;
  // What to write, with its line.
  std::vector<std::pair<v1::Unit, int>> units_;
  std::vector<std::pair<v1::UnitGroup, int>> groups_;
  FieldErrors errors_;
  absl::Status not_owner_;
  v1::ImportDirectoryResponse response_;
};

}  // namespace

absl::StatusOr<DirectoryFile> ReadDirectoryFile(std::string_view bytes) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<CsvRecord> records, ReadCsv(bytes));
  if (records.empty()) return InvalidField("content", "has no lines", "没有内容");
  if (records.size() > kMaxDirectoryLines + 1) {
    return InvalidField("content", StrCat("has more than ", kMaxDirectoryLines, " lines; split it"),
                        StrCat("超过 ", kMaxDirectoryLines, " 行，请分成几个文件"));
  }
  FieldErrors errors;
  DirectoryFile file;
  const std::vector<std::string>& header = records[0].cells;
  for (const std::string& column : header) {
    const std::string field = StrCat("content[", records[0].line, "].", column);
    if (std::find(std::begin(kColumns), std::end(kColumns), column) == std::end(kColumns)) {
      errors.Add(field, StrCat("is no column of a directory file; there are ", Columns()),
                 StrCat("不是单位名录文件的列名，可用的有：", Columns()));
    }
    if (!file.columns.insert(column).second) errors.Add(field, "stands twice in the header", "在表头中重复");
  }
  for (const std::string_view needed : {"名称", "类别"}) {
    if (!file.columns.contains(needed)) {
      errors.Add(StrCat("content[", records[0].line, "].", needed), "is missing in the header", "表头缺少这一列");
    }
  }
  DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  for (size_t i = 1; i < records.size(); ++i) {
    const Cells cells(header, records[i], &errors);
    if (records[i].cells.size() > header.size()) {
      cells.Bad(header.back(), "is followed by more cells than the header has", "之后还有多出表头的单元格");
    }
    file.lines.push_back(ReadLine(cells, records[i].line));
  }
  DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  return file;
}

absl::StatusOr<v1::ImportDirectoryResponse> ApplyDirectoryFile(Transaction& transaction, const DirectoryAuthor& author,
                                                               const DirectoryFile& file) {
  return FileImport(transaction, author, file).Apply();
}

}  // namespace duban
