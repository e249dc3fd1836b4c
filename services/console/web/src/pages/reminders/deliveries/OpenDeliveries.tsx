import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';

import { ASK_AGAIN } from '../../../api/assignments';
import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { lastOf } from '../../../api/names';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { FactTable } from '../../../components/FactTable';
import { FaultView } from '../../../components/FaultView';
import { Loading } from '../../../components/Loading';
import { Nothing } from '../../../components/Nothing';
import { type ReminderDelivery, ReminderDelivery_State } from '../../../gen/duban/v1/digest_pb';
import { live } from '../../../live/kinds';
import { useWords } from '../../../words';
import { DeliveryState } from './DeliveryState';

function Redrive({ delivery }: { delivery: ReminderDelivery }) {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const message = useMessage();
  const redrive = useAct({
    call: (name: string, requestId) => notifications.redriveDelivery({ requestId, name }),
    onDone: () => { void message.success(words.reminders.redriven); },
  });
  return (
    <>
      <Button size="small" loading={redrive.isPending} onClick={() => { redrive.mutate(delivery.name); }}>{words.reminders.redrive}</Button>
      {redrive.isError && <FaultView error={redrive.error} />}
    </>
  );
}

function Table({ deliveries }: { deliveries: readonly ReminderDelivery[] }) {
  const words = useWords();
  if (deliveries.length === 0) return <Nothing what={words.reminders.noDeliveries} />;
  const columns = [words.reminders.to, words.reminders.channel, words.reminders.address, words.reminders.count, words.reminders.state, ''];
  return (
    <FactTable label={words.reminders.openDeliveries} columns={columns} numbers={[words.reminders.count]}>
      {deliveries.map((one) => (
        <tr key={one.name}>
          <th scope="row">{one.recipientDisplayName === '' ? one.recipient : one.recipientDisplayName}</th>
          <td>{lastOf(one.channel)}</td>
          <td>{one.address}</td>
          <td className="number">{one.reminderCount}</td>
          <td><DeliveryState delivery={one} /></td>
          <td>{one.state === ReminderDelivery_State.DEAD && <Redrive delivery={one} />}</td>
        </tr>
      ))}
    </FactTable>
  );
}

/** Deliveries that wait, are under way or are dead; the dead first. */
export function OpenDeliveries() {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const asked = useInfiniteQuery({
    queryKey: ['deliveries'],
    meta: live('contacts'),
    refetchInterval: ASK_AGAIN,
    initialPageParam: '',
    queryFn: ({ pageParam }) => notifications.listDeliveries({ pageToken: pageParam }),
    getNextPageParam: (last) => (last.nextPageToken === '' ? undefined : last.nextPageToken),
  });
  const isDead = (one: ReminderDelivery): number => Number(one.state === ReminderDelivery_State.DEAD);
  const all = asked.data?.pages.flatMap((page) => page.deliveries).sort((a, b) => isDead(b) - isDead(a));
  return (
    <section className="column">
      <h2>{words.reminders.openDeliveries}</h2>
      {asked.isError && <FaultView error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Loading />}
      {all !== undefined && <Table deliveries={all} />}
      {asked.hasNextPage && <Button loading={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>{words.list.next}</Button>}
    </section>
  );
}
