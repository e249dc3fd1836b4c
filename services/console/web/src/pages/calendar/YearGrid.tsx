import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Assignment_Light } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { calendarPath, dayPath } from './calendarQuery';
import { type DayKind, kindOf, today, weeksOf } from './days';
import type { Dues } from './dues';

interface DaysProps {
  named: ReadonlyMap<string, DayKind>;
  dues: Dues;
  query: AssignmentQuery;
}

function SmallDay({ day, named, dues, query }: DaysProps & { day: string }) {
  const words = useWords();
  const kind = kindOf(day, named);
  const due = dues.byDay.get(day) ?? [];
  const red = due.filter((one) => one.light === Assignment_Light.RED).length;
  const classes = [
    kind.isOff ? 'day-off' : '', kind.isMadeUp ? 'day-made-up' : '', day === today() ? 'day-today' : '', red > 0 ? 'day-late' : '',
  ].join(' ');
  const said = [
    kind.holiday, kind.isNamed && (kind.isOff ? words.calendar.offLong : words.calendar.workLong),
    due.length > 0 && words.calendar.due(due.length), red > 0 && words.calendar.late(red),
  ].filter((one) => one !== false && one !== '').join(' · ');
  const number = Number(day.slice(8));
  return (
    <td className={classes} title={said}>
      {due.length > 0
        ? <Link to={dayPath(query, day)} aria-label={`${day}${words.app.colon}${said}`}>{number}</Link>
        : number}
    </td>
  );
}

/** Twelve small months: days off, worked weekends, and the days on which something is due. */
export function YearGrid({ year, named, dues, query }: DaysProps & { year: number }) {
  const words = useWords();
  return (
    <div className="year-grid">
      {words.calendar.months.map((name, i) => {
        const month = { year, month: i + 1 };
        return (
          <table key={name} className="small-month paper" aria-label={words.calendar.monthOf(year, i + 1)}>
            <caption><Link to={calendarPath(query, month, 'month')}>{name}</Link></caption>
            <thead><tr>{words.calendar.weekdays.map((one) => <th scope="col" key={one}>{one.slice(0, 1)}</th>)}</tr></thead>
            <tbody>
              {weeksOf(month).map((week, row) => (
                <tr key={row}>
                  {week.map((day, weekday) => day === ''
                    ? <td key={weekday} />
                    : <SmallDay key={day} day={day} named={named} dues={dues} query={query} />)}
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </div>
  );
}
