import { Health } from '../../../components/Health';
import { type ReminderDelivery, ReminderDelivery_State } from '../../../gen/duban/v1/digest_pb';
import { timeWords, useWords, wordOf } from '../../../words';

const KINDS: Partial<Record<ReminderDelivery_State, 'good' | 'slow' | 'bad' | 'quiet'>> = {
  [ReminderDelivery_State.WAITING]: 'slow',
  [ReminderDelivery_State.LEASED]: 'slow',
  [ReminderDelivery_State.SENT]: 'good',
  [ReminderDelivery_State.DEAD]: 'bad',
};

/** How far a delivery has come, and what the last failed attempt said. */
export function DeliveryState({ delivery }: { delivery: ReminderDelivery }) {
  const words = useWords();
  return (
    <>
      <Health kind={KINDS[delivery.state] ?? 'quiet'}>{wordOf(words.ReminderDelivery_State, ReminderDelivery_State, delivery.state)}</Health>
      {delivery.sentTime !== undefined && <div className="quiet">{timeWords(delivery.sentTime)}</div>}
      {delivery.lastError !== '' && (
        <div className="why">{words.reminders.attempts(delivery.attempts)}{words.app.colon}{delivery.lastError}</div>
      )}
      {delivery.state === ReminderDelivery_State.WAITING && delivery.nextAttemptTime !== undefined && (
        <div className="quiet">{words.reminders.next(timeWords(delivery.nextAttemptTime))}</div>
      )}
    </>
  );
}
