import { Alert } from 'antd';
import { Link } from 'react-router-dom';

import { Reminder_State } from '../../../gen/duban/v1/reminder_pb';
import { useWords } from '../../../words';
import { countWords } from '../../../words/amounts';
import { useReminders } from '../reminderQuery';

/** What did not get to anybody: above the list, whatever the list is of. */
export function Failures({ recipient, pathOf }: { recipient: string; pathOf: (state: Reminder_State) => string }) {
  const words = useWords();
  const dead = useReminders(recipient, Reminder_State.DEAD).data;
  const missed = useReminders(recipient, Reminder_State.MISSED).data;
  const count = (found: typeof dead): string => countWords(found?.reminders.length ?? 0) + (found?.more === true ? '+' : '');
  return (
    <>
      {dead !== undefined && dead.reminders.length > 0 && (
        <Alert type="error" showIcon message={words.reminders.dead(count(dead))} action={<Link to={pathOf(Reminder_State.DEAD)}>{words.reminders.see}</Link>} />
      )}
      {missed !== undefined && missed.reminders.length > 0 && (
        <Alert type="warning" showIcon message={words.reminders.missed(count(missed))} action={<Link to={pathOf(Reminder_State.MISSED)}>{words.reminders.see}</Link>} />
      )}
    </>
  );
}
