// `duban calendar`: the holiday notices that working days are counted by.

#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/calendar/holiday_data.h"
#include "duban/v1/directory_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// Far above what decades of notices take.
constexpr size_t kMaxCalendarFile = 1 << 20;

// How many of a calendar's days are of a kind.
int Count(const v1::Calendar& calendar, v1::Calendar::Day::Kind kind) {
  int count = 0;
  for (const auto& day : calendar.days()) count += day.kind() == kind ? 1 : 0;
  return count;
}

void PrintCalendars(Session& session, const v1::ListCalendarsResponse& calendars, bool days) {
  session.printer().Json(calendars);
  Table table({{session.Say({"年度", "Year"}), true, false},
               {session.Say({"通知文号", "Notice"}), false, true},
               {session.Say({"放假", "Off"}), true, false},
               {session.Say({"调休上班", "Worked"}), true, false},
               {session.Say({"版次", "Version"}), true, false},
               {session.Say({"来源", "From"}), false, false}});
  for (const v1::Calendar& calendar : calendars.calendars()) {
    table.Row({StrCat(calendar.year()), calendar.notice(), StrCat(Count(calendar, v1::Calendar::Day::OFF)),
               StrCat(Count(calendar, v1::Calendar::Day::WORK)), StrCat(calendar.version()),
               calendar.owner_node().empty() ? session.Say({"软件自带", "built in"}) : calendar.owner_node()});
    if (!days) continue;
    for (const auto& day : calendar.days()) {
      table.Note(
          StrCat("      ", day.date(), "  ",
                 session.Say(day.kind() == v1::Calendar::Day::WORK ? Phrase{"上班", "work"} : Phrase{"放假", "off"}),
                 "  ", day.holiday()));
    }
  }
  session.printer().Show(table, {"没有日历：工作日只按周末推算", "no calendars: working days follow weekends only"});
}

struct ListFlags {
  bool days = false;
};

absl::Status List(Session& session, const ListFlags& flags) {
  v1::ListCalendarsRequest request;
  DUBAN_ASSIGN_OR_RETURN(const auto calendars,
                         session.Call<v1::ListCalendarsResponse>("DirectoryService/ListCalendars", request));
  PrintCalendars(session, calendars, flags.days);
  return absl::OkStatus();
}

struct ImportFlags {
  std::string file;
  std::string notices;
  Mutation mutation;
};

absl::Status Import(Session& session, const ImportFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::string csv, session.ReadFile(flags.file, kMaxCalendarFile));
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Calendar> calendars, ParseHolidayCsv(csv));
  if (!flags.notices.empty()) {
    DUBAN_ASSIGN_OR_RETURN(const std::string notices, session.ReadFile(flags.notices, kMaxCalendarFile));
    DUBAN_RETURN_IF_ERROR(ParseNoticeCsv(notices, &calendars));
  }
  v1::ListCalendarsResponse stored;
  for (const v1::Calendar& calendar : calendars) {
    v1::UpdateCalendarRequest request;
    *request.mutable_calendar() = calendar;
    request.set_request_id(session.RequestIdFor(flags.mutation.request_id, StrCat(calendar.year())));
    auto answer = session.Call<v1::Calendar>("DirectoryService/UpdateCalendar", request);
    if (!answer.ok()) {
      // The years before this one are stored; say so before the error does.
      PrintCalendars(session, stored, false);
      return answer.status();
    }
    *stored.add_calendars() = *std::move(answer);
  }
  PrintCalendars(session, stored, false);
  return absl::OkStatus();
}

}  // namespace

void AddCalendarCommands(Command root) {
  Command calendar = root.Group("calendar", {"放假调休日历", "calendars of holidays and make-up working days"});
  auto list = std::make_shared<ListFlags>();
  calendar
      .Leaf("list", {"列出各年日历", "list calendars by year"},
            [list](Session& session) { return List(session, *list); })
      .Flag("--days", &list->days, {"逐日列出", "day by day"});

  auto import = std::make_shared<ImportFlags>();
  calendar
      .Leaf("import", {"导入日历，同年的整年替换", "put in calendars; a year replaces the same year"},
            [import](Session& session) { return Import(session, *import); })
      .Text("FILE", &import->file,
            {"CSV：date,kind,name（kind 为 off 或 work）；- 为标准输入",
             "CSV: date,kind,name (kind is off or work); - is standard input"},
            kRequired)
      .Text("--notices=FILE", &import->notices, {"CSV：year,version,notice（通知文号）", "CSV: year,version,notice"})
      .Changes(&import->mutation, /*with_etag=*/false);
}

}  // namespace duban::cli
