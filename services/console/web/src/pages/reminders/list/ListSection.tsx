import { Select } from 'antd';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { useUnitNames, useUnits } from '../../../api/units';
import { Answered } from '../../../components/Answered';
import { Reminder_State } from '../../../gen/duban/v1/reminder_pb';
import { useWords, wordOf } from '../../../words';
import { countWords } from '../../../words/amounts';
import { monthOf, monthsOf } from '../months';
import { reminderParams, type ReminderQuery, reminderQueryOf, type Reminders, STATES, useReach, useReminders } from '../reminderQuery';
import { TimeLine } from '../TimeLine';
import { Failures } from './Failures';
import { ReminderTable } from './ReminderTable';

function pathOf(query: ReminderQuery): string {
  return `/reminders/list?${reminderParams(query).toString()}`;
}

function Found({ found, query }: { found: Reminders; query: ReminderQuery }) {
  const words = useWords();
  const months = monthsOf(found.reminders);
  const shown = query.month === '' ? found.reminders : found.reminders.filter((one) => monthOf(one) === query.month);
  const scheduled = query.state === Reminder_State.SCHEDULED;
  return (
    <>
      {months.length > 0 && (
        <section className="paper column">
          <div className="row">
            <h2>{words.reminders.year}</h2>
            <span className="quiet">{scheduled ? words.reminders.yearWhat : words.reminders.yearPast}</span>
            {query.month !== '' && <Link to={pathOf({ ...query, month: '' })}>{words.reminders.wholeYear}</Link>}
          </div>
          <TimeLine months={months} chosen={query.month} pathOf={(month) => pathOf({ ...query, month })} />
        </section>
      )}
      {found.more && <p className="quiet">{words.reminders.firstOnly(countWords(found.reminders.length))}</p>}
      <ReminderTable key={query.month} reminders={shown} />
    </>
  );
}

/** What is to be sent, was sent or failed, by time; of one's own units, or of all for operators. */
export default function ListSection() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const reach = useReach();
  const asked = reminderQueryOf(params);
  const own = reach.units.map(lastOf);
  const query = reach.everybody || own.includes(asked.unit) ? asked : { ...asked, unit: own[0] ?? '' };
  const found = useReminders(query.unit === '' ? '' : `units/${query.unit}`, query.state);
  const units = useUnits(reach.everybody);
  const nameOf = useUnitNames(reach.everybody ? [] : reach.units);
  const options = reach.everybody
    ? [{ value: '', label: words.reminders.allUnits }, ...(units.data ?? []).map((unit) => ({ value: lastOf(unit.name), label: unit.displayName }))]
    : reach.units.map((unit) => ({ value: lastOf(unit), label: nameOf(unit) }));
  const set = (change: Partial<ReminderQuery>): void => { setParams(reminderParams({ ...query, month: '', ...change })); };
  return (
    <div className="column">
      <Failures recipient={query.unit === '' ? '' : `units/${query.unit}`} pathOf={(state) => pathOf({ ...query, month: '', state })} />
      <div className="row filters">
        <Select
          className="field-unit"
          aria-label={words.reminders.unit}
          value={query.unit}
          showSearch
          optionFilterProp="label"
          options={options}
          onChange={(unit: string) => { set({ unit }); }}
        />
        <Select
          className="field-light"
          aria-label={words.reminders.state}
          value={query.state}
          options={[
            ...STATES.map((one) => ({ value: one as Reminder_State, label: wordOf(words.Reminder_State, Reminder_State, one) })),
            { value: Reminder_State.STATE_UNSPECIFIED, label: words.reminders.anyState },
          ]}
          onChange={(state: Reminder_State) => { set({ state }); }}
        />
      </div>
      <Answered asked={found}>{(all) => <Found found={all} query={query} />}</Answered>
    </div>
  );
}
