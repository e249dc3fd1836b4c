import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { assignmentPath } from '../../../api/names';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { useWho } from '../../../app/session';
import { holdsAny, WORKING_ROLES } from '../../../app/who';
import { FactTable } from '../../../components/FactTable';
import { FaultView } from '../../../components/FaultView';
import { Health } from '../../../components/Health';
import { Nothing } from '../../../components/Nothing';
import { Role } from '../../../gen/duban/v1/access_pb';
import { type Reminder, Reminder_Reason, Reminder_State } from '../../../gen/duban/v1/reminder_pb';
import { timeWords, useLanguage, useWords, wordOf } from '../../../words';

const AT_ONCE = 100;
const KINDS: Partial<Record<Reminder_State, 'good' | 'slow' | 'bad' | 'quiet'>> = {
  [Reminder_State.CONFIRMED]: 'good',
  [Reminder_State.LEASED]: 'slow',
  [Reminder_State.DEAD]: 'bad',
  [Reminder_State.MISSED]: 'bad',
};

function State({ reminder }: { reminder: Reminder }) {
  const words = useWords();
  return (
    <>
      <Health kind={KINDS[reminder.state] ?? 'quiet'}>{wordOf(words.Reminder_State, Reminder_State, reminder.state)}</Health>
      {reminder.late && <div className="quiet">{words.reminders.late}</div>}
      {reminder.lastError !== '' && (
        <div className="why">{words.reminders.attempts(reminder.attempts)}{words.app.colon}{reminder.lastError}</div>
      )}
      {reminder.nextAttemptTime !== undefined && reminder.attempts > 0 && reminder.state === Reminder_State.SCHEDULED && (
        <div className="quiet">{words.reminders.next(timeWords(reminder.nextAttemptTime))}</div>
      )}
    </>
  );
}

function Redrive({ reminder }: { reminder: Reminder }) {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const message = useMessage();
  const redrive = useAct({
    call: (name: string, requestId) => notifications.redriveReminder({ requestId, name }),
    onDone: () => { void message.success(words.reminders.redriven); },
  });
  return (
    <>
      <Button size="small" loading={redrive.isPending} onClick={() => { redrive.mutate(reminder.name); }}>{words.reminders.redrive}</Button>
      {redrive.isError && <FaultView error={redrive.error} />}
    </>
  );
}

function Text({ reminder }: { reminder: Reminder }) {
  const language = useLanguage();
  const works = holdsAny(useWho(), ...WORKING_ROLES);
  const text = language === 'zh' || reminder.textEn === '' ? reminder.textZh : reminder.textEn;
  return works ? <Link to={assignmentPath(reminder.assignment)}>{text}</Link> : <>{text}</>;
}

/** Reminders, a hundred at once. */
export function ReminderTable({ reminders }: { reminders: readonly Reminder[] }) {
  const words = useWords();
  const operates = holdsAny(useWho(), Role.OPERATOR);
  const [most, setMost] = useState(AT_ONCE);
  if (reminders.length === 0) return <Nothing what={words.reminders.empty} hint={words.reminders.emptyHint} />;
  const columns = [words.reminders.time, words.reminders.to, words.reminders.why, words.reminders.state, words.reminders.text];
  return (
    <>
      <FactTable label={words.reminders.list} columns={columns}>
        {reminders.slice(0, most).map((one) => (
          <tr key={one.name}>
            <td>{timeWords(one.remindTime)}</td>
            <th scope="row">{one.recipientDisplayName === '' ? one.recipient : one.recipientDisplayName}</th>
            <td>{wordOf(words.Reminder_Reason, Reminder_Reason, one.reason)}</td>
            <td>
              <State reminder={one} />
              {operates && one.state === Reminder_State.DEAD && <Redrive reminder={one} />}
            </td>
            <td className="wide-words"><Text reminder={one} /></td>
          </tr>
        ))}
      </FactTable>
      {reminders.length > most && (
        <div className="row pager">
          <Button onClick={() => { setMost(most + AT_ONCE); }}>{words.reminders.more(Math.min(AT_ONCE, reminders.length - most))}</Button>
        </div>
      )}
    </>
  );
}
