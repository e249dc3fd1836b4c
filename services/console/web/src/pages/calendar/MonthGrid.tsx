import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Light } from '../../components/Light';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { dayPath } from './calendarQuery';
import { type DayKind, kindOf, type Month, today, weeksOf } from './days';
import { type Dues, lightsOf } from './dues';

/** `休`, `班` and the holiday. */
export function DayMark({ kind }: { kind: DayKind }) {
  const words = useWords();
  if (!kind.isNamed) return null;
  return (
    <span className={kind.isOff ? 'day-off-mark' : 'day-work-mark'}>
      <abbr title={kind.isOff ? words.calendar.offLong : words.calendar.workLong}>{kind.isOff ? words.calendar.off : words.calendar.work}</abbr>
    </span>
  );
}

function Due({ day, assignments, query }: { day: string; assignments: readonly Assignment[]; query: AssignmentQuery }) {
  const words = useWords();
  return (
    <Link className="day-due" to={dayPath(query, day)} aria-label={`${day}${words.app.colon}${words.calendar.due(assignments.length)}`}>
      <span className="day-due-words">{words.calendar.due(assignments.length)}</span>
      <span className="day-due-count" aria-hidden>{assignments.length}</span>
      <span className="day-lights">
        {lightsOf(assignments).map((one) => <Light key={one.light} light={one.light} count={one.count} />)}
      </span>
    </Link>
  );
}

function Day({ day, named, dues, query }: { day: string; named: ReadonlyMap<string, DayKind>; dues: Dues; query: AssignmentQuery }) {
  const kind = kindOf(day, named);
  const assignments = dues.byDay.get(day);
  const classes = ['day', kind.isOff ? 'day-off' : '', day === today() ? 'day-today' : ''].join(' ');
  return (
    <td className={classes} aria-current={day === today() ? 'date' : undefined}>
      <div className="day-head">
        <time dateTime={day}>{Number(day.slice(8))}</time>
        <span className="day-holiday">{kind.isOff && kind.holiday}</span>
        <DayMark kind={kind} />
      </div>
      {assignments !== undefined && <Due day={day} assignments={assignments} query={query} />}
    </td>
  );
}

interface Props {
  month: Month;
  named: ReadonlyMap<string, DayKind>;
  dues: Dues;
  query: AssignmentQuery;
}

/** One month, a week a row. */
export function MonthGrid({ month, named, dues, query }: Props) {
  const words = useWords();
  return (
    <table className="month-grid" aria-label={words.calendar.monthOf(month.year, month.month)}>
      <thead>
        <tr>{words.calendar.weekdays.map((one) => <th scope="col" key={one}>{one}</th>)}</tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week, i) => (
          <tr key={i}>
            {week.map((day, weekday) => day === ''
              ? <td key={weekday} className="day day-none" />
              : <Day key={day} day={day} named={named} dues={dues} query={query} />)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
