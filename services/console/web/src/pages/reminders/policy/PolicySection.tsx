import { useQuery } from '@tanstack/react-query';

import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { Answered } from '../../../components/Answered';
import { Reminder_State } from '../../../gen/duban/v1/reminder_pb';
import { live } from '../../../live/kinds';
import { useWords } from '../../../words';
import { monthsOf } from '../months';
import { useReach, useReminders } from '../reminderQuery';
import { TimeLine } from '../TimeLine';
import { PolicyForm } from './PolicyForm';

const POLICY = 'policies/default';

/** What will go out under the policy as it is: the reminders themselves, which are kept for the whole year. */
function Year() {
  const words = useWords();
  const reach = useReach();
  const unit = reach.everybody ? '' : (reach.units[0] ?? '');
  const asked = useReminders(unit, Reminder_State.SCHEDULED);
  return (
    <section className="paper column">
      <h2>{words.policy.current}</h2>
      <Answered asked={asked}>
        {({ reminders }) => reminders.length === 0
          ? <p className="quiet">{words.reminders.noneScheduled}</p>
          : <TimeLine months={monthsOf(reminders)} chosen="" pathOf={(month) => `/reminders/list?month=${month}`} />}
      </Answered>
    </section>
  );
}

/** When reminders go out; changed by operators. */
export default function PolicySection() {
  const notifications = useClient(NotificationService);
  const reach = useReach();
  const asked = useQuery({ queryKey: ['policy'], meta: live('policies'), queryFn: () => notifications.getReminderPolicy({ name: POLICY }) });
  return (
    <div className="column">
      <Answered asked={asked}>{(policy) => <PolicyForm key={policy.etag} policy={policy} mayChange={reach.everybody} />}</Answered>
      {(reach.everybody || reach.units.length > 0) && <Year />}
    </div>
  );
}
