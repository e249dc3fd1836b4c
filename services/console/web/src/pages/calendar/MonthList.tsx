import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Light } from '../../components/Light';
import { useWords } from '../../words';
import { dayPath, useWorks } from './calendarQuery';
import { type Month, monthText } from './days';
import { type Dues, lightsOf } from './dues';

/** The days of the month on which something is due, as a list: what a phone has no room for in the grid. */
export function MonthList({ month, dues, query }: { month: Month; dues: Dues; query: AssignmentQuery }) {
  const words = useWords();
  const works = useWorks();
  if (!works) return null;
  const days = [...dues.byDay.keys()].filter((day) => day.startsWith(monthText(month))).sort();
  return (
    <section className="column">
      <h2>{words.calendar.thisMonth}</h2>
      {days.length === 0 ? <p className="quiet">{words.calendar.noneThisMonth}</p> : (
        <ul className="cards">
          {days.map((day) => {
            const assignments = dues.byDay.get(day) ?? [];
            return (
              <li key={day}>
                <div className="card-body">
                  <Link className="card-text" to={dayPath(query, day)}>{day}{words.app.colon}{words.calendar.due(assignments.length)}</Link>
                  <div className="card-facts">
                    {lightsOf(assignments).map((one) => <Light key={one.light} light={one.light} count={one.count} />)}
                    <span>{[...new Set(assignments.map((one) => one.planTitle))].map((title) => `《${title}》`).join(' ')}</span>
                  </div>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
