import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { Alert, Button, Radio } from 'antd';
import { useNavigate, useSearchParams } from 'react-router-dom';

import { ANY } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { FaultView } from '../../components/FaultView';
import { ScopeFields } from '../../components/ScopeFields';
import { type Scope, useScope } from '../../components/useScope';
import type { Calendar } from '../../gen/duban/v1/calendar_pb';
import { useWords } from '../../words';
import { countWords } from '../../words/amounts';
import { calendarPath, shownMonth, useCalendars, useWorks, type View, viewOf } from './calendarQuery';
import { later, monthOf, namedDays, today } from './days';
import { type Dues, useDues } from './dues';
import { MonthGrid } from './MonthGrid';
import { MonthList } from './MonthList';
import { YearGrid } from './YearGrid';

const NO_DUES: Dues = { byDay: new Map(), count: 0, more: false };

/** Which month or year; forth and back. */
function Steps({ scope }: { scope: Scope }) {
  const words = useWords();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const view = viewOf(params);
  const month = shownMonth(params);
  const go = (to: typeof month, as: View = view): void => { void navigate(calendarPath(scope.query, to, as)); };
  const step = view === 'year' ? 12 : 1;
  return (
    <>
      <Button icon={<LeftOutlined />} aria-label={words.calendar.previous} title={words.calendar.previous} onClick={() => { go(later(month, -step)); }} />
      <h2 className="calendar-title" aria-live="polite">
        {view === 'year' ? words.calendar.yearOf(month.year) : words.calendar.monthOf(month.year, month.month)}
      </h2>
      <Button icon={<RightOutlined />} aria-label={words.calendar.next} title={words.calendar.next} onClick={() => { go(later(month, step)); }} />
      <Button onClick={() => { go(monthOf(today()) ?? month); }}>{words.calendar.today}</Button>
      <Radio.Group
        optionType="button"
        aria-label={words.calendar.view}
        value={view}
        options={[{ value: 'month', label: words.calendar.month }, { value: 'year', label: words.calendar.year }]}
        onChange={(event) => { go(month, event.target.value as View); }}
      />
    </>
  );
}

function Days({ calendars, dues, scope }: { calendars: Calendar[]; dues: Dues; scope: Scope }) {
  const words = useWords();
  const [params] = useSearchParams();
  const month = shownMonth(params);
  const named = namedDays(calendars);
  const calendar = calendars.find((one) => one.year === month.year);
  return (
    <>
      {calendar === undefined && <Alert type="warning" showIcon message={words.calendar.noNotice(month.year)} />}
      {viewOf(params) === 'year'
        ? <YearGrid year={month.year} named={named} dues={dues} query={scope.query} />
        : (
          <>
            <MonthGrid month={month} named={named} dues={dues} query={scope.query} />
            <MonthList month={month} dues={dues} query={scope.query} />
          </>
        )}
      {dues.more && <p className="quiet">{words.calendar.firstOnly(countWords(dues.count))}</p>}
      {calendar !== undefined && calendar.notice !== '' && <p className="quiet">{words.calendar.notice(calendar.notice)}</p>}
    </>
  );
}

/** A month, or a year, of one's own assignments or of a plan's. */
export function MonthPage() {
  const words = useWords();
  const scope = useScope();
  const works = useWorks();
  const calendars = useCalendars();
  const { plan, unit } = scope.query;
  const dues = useDues({ ...ANY, plan, unit }, works && scope.isSet);
  return (
    <div className="column">
      <div className="row filters">
        <h1>{words.nav.calendar}</h1>
        <Steps scope={scope} />
        <span className="push" />
        {works && scope.isSet && <ScopeFields scope={scope} />}
      </div>
      {dues.isError && <FaultView error={dues.error} onRetry={() => void dues.refetch()} />}
      <Answered asked={calendars}>{(all) => <Days calendars={all} dues={dues.data ?? NO_DUES} scope={scope} />}</Answered>
    </div>
  );
}
