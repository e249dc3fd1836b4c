import { Link, useParams } from 'react-router-dom';

import { ANY, listPath } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { AssignmentCard } from '../../components/AssignmentCard';
import { Nothing } from '../../components/Nothing';
import { useScope } from '../../components/useScope';
import { useWords } from '../../words';
import { DayMark } from './MonthGrid';
import { calendarPath, useCalendars, useWorks } from './calendarQuery';
import { isDay, kindOf, monthOf, namedDays } from './days';
import { useDues } from './dues';

/** What is due on one day. */
export function DayPage() {
  const words = useWords();
  const { day = '' } = useParams();
  const scope = useScope();
  const works = useWorks();
  const calendars = useCalendars().data ?? [];
  const { plan, unit } = scope.query;
  const query = { ...ANY, plan, unit };
  const asked = useDues(query, works && scope.isSet);
  const month = monthOf(day);
  if (!isDay(day) || month === undefined) return <Nothing what={words.app.noPage} hint={words.app.noPageHint} />;
  const kind = kindOf(day, namedDays(calendars));
  return (
    <div className="column">
      <div><Link to={calendarPath(query, month, 'month')}>{words.calendar.back}</Link></div>
      <div className="row">
        <h1>{words.calendar.dueOn(day)}</h1>
        <span>{kind.holiday}</span>
        <DayMark kind={kind} />
        <span className="push" />
        <Link to={listPath({ ...query, order: 'due' })}>{words.calendar.seeAll}</Link>
      </div>
      {works && scope.isSet && (
        <Answered asked={asked}>
          {(dues) => {
            const due = dues.byDay.get(day) ?? [];
            return due.length === 0 ? <Nothing what={words.calendar.nothingDue} /> : (
              <ul className="cards">{due.map((one) => <AssignmentCard key={one.name} assignment={one} withUnit={unit === ''} />)}</ul>
            );
          }}
        </Answered>
      )}
    </div>
  );
}
