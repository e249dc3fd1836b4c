#include "services/plan/directory/directory_names.h"

#include <set>
#include <utility>

#include "common/base/errors.h"
#include "duban/v1/unit.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

absl::StatusOr<std::shared_ptr<const DirectoryNames>> DirectoryNames::Read(const ReadView& view) {
  auto names = std::make_shared<DirectoryNames>();
  const auto aliases = [](const auto& entry) {
    return std::vector<std::string>(entry.aliases().begin(), entry.aliases().end());
  };
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Unit>("units/", "", [&](std::string_view, const Stored<v1::Unit>& unit) {
    const v1::Unit& value = unit.value;
    names->Add({value.name(), value.display_name(), aliases(value), value.valid_from(), value.valid_to()});
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::UnitGroup>("groups/", "", [&](std::string_view, const Stored<v1::UnitGroup>& group) {
        names->Add({group.value.name(), group.value.display_name(), aliases(group.value), "", ""});
        return true;
      }));
  return names;
}

void DirectoryNames::Add(NamedEntry entry) {
  const auto spell = [&](const std::string& printed) {
    spellings_.push_back({entries_.size(), printed});
    nearest_.Add(NameKey(printed));
  };
  spell(entry.display_name);
  for (const std::string& alias : entry.aliases) spell(alias);
  entries_.push_back(std::move(entry));
}

void DirectoryNames::ForEach(std::string_view day, absl::FunctionRef<void(const NamedEntry&)> visit) const {
  for (const NamedEntry& entry : entries_) {
    if (HoldsOn(entry.valid_from, entry.valid_to, day)) visit(entry);
  }
}

std::vector<std::string> DirectoryNames::Nearest(std::string_view text, size_t most, std::string_view day) const {
  std::vector<std::string> printed;
  std::set<size_t> seen;
  nearest_.Find(NameKey(text), most, [&](size_t number) {
    const Spelling& spelling = spellings_[number];
    const NamedEntry& entry = entries_[spelling.entry];
    if (!HoldsOn(entry.valid_from, entry.valid_to, day) || !seen.insert(spelling.entry).second) return false;
    printed.push_back(spelling.printed);
    return true;
  });
  return printed;
}

absl::StatusOr<std::shared_ptr<const DirectoryNames>> DirectoryNamesCache::At(const ReadView& snapshot) {
  DUBAN_ASSIGN_OR_RETURN(const int64_t version, DirectoryVersion(snapshot));
  {
    MutexLock lock(&mu_);
    if (version_ == version) return names_;
  }
  // Read outside the lock, so that nobody waits for it who has a version; two callers may do it at a time.
  DUBAN_ASSIGN_OR_RETURN(std::shared_ptr<const DirectoryNames> names, DirectoryNames::Read(snapshot));
  MutexLock lock(&mu_);
  if (version > version_) {
    version_ = version;
    names_ = names;
  }
  return names;
}

}  // namespace duban
