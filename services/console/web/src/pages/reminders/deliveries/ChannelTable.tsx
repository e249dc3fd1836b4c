import { useQuery } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../../api/assignments';
import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { lastOf } from '../../../api/names';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { type Channel, Channel_Kind } from '../../../gen/duban/v1/digest_pb';
import { NEVER } from '../../../live/kinds';
import { timeWords, useWords, wordOf } from '../../../words';

function Row({ channel }: { channel: Channel }) {
  const words = useWords();
  return (
    <tr>
      <th scope="row">{lastOf(channel.name)}</th>
      <td>{wordOf(words.Channel_Kind, Channel_Kind, channel.kind)}</td>
      <td>{channel.target}</td>
      <td className="number">{channel.waiting}</td>
      <td className="number">{channel.dead > 0 ? <b className="why">{channel.dead}</b> : 0}</td>
      <td>{timeWords(channel.successTime)}</td>
      <td>
        {timeWords(channel.failureTime)}
        {channel.lastError !== '' && <div className="why">{channel.lastError}</div>}
      </td>
    </tr>
  );
}

/** The ways for messages to leave the server, as they are configured there. */
export function ChannelTable() {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const asked = useQuery({
    queryKey: ['channels'],
    meta: NEVER,
    refetchInterval: ASK_AGAIN,
    queryFn: async () => (await notifications.listChannels({})).channels,
  });
  const columns = [
    words.reminders.channel, words.reminders.kind, words.reminders.target, words.reminders.waiting, words.reminders.deadCount,
    words.reminders.lastSuccess, words.reminders.lastFailure,
  ];
  return (
    <section className="column">
      <h2>{words.reminders.channel}</h2>
      <Answered asked={asked}>
        {(channels) => channels.length === 0 ? <p className="quiet">{words.reminders.noChannels}</p> : (
          <FactTable label={words.reminders.channel} columns={columns} numbers={[words.reminders.waiting, words.reminders.deadCount]}>
            {channels.map((one) => <Row key={one.name} channel={one} />)}
          </FactTable>
        )}
      </Answered>
    </section>
  );
}
