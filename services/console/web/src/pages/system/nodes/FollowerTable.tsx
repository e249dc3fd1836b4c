import type { Timestamp } from '@bufbuild/protobuf/wkt';

import type { ServerProcess } from '../../../api/processes';
import { FactTable } from '../../../components/FactTable';
import { Health } from '../../../components/Health';
import type { NodeStatus_Follower } from '../../../gen/duban/v1/node_service_pb';
import { timeWords, useWords, type Words } from '../../../words';
import { secondsOf } from '../../../words/amounts';
import { healthOfFollower, wasRefused } from './neighbours';
import { healthWords } from './NodePicture';

function clockWords(follower: NodeStatus_Follower, words: Words): string {
  if (follower.clockAhead === undefined) return '';
  const seconds = Math.round(secondsOf(follower.clockAhead));
  if (seconds === 0) return words.node.clockSame;
  return seconds > 0 ? words.node.clockAhead(String(seconds)) : words.node.clockBehind(String(-seconds));
}

const KINDS = {
  broken: 'bad', lost: 'bad', loud: 'bad', behind: 'slow', catchingUp: 'slow', notYet: 'quiet', caughtUp: 'good',
} as const;

function Row({ follower, now }: { follower: NodeStatus_Follower; now: Timestamp | undefined }) {
  const words = useWords();
  const health = healthOfFollower(follower, now);
  return (
    <tr>
      <th scope="row">{follower.name}</th>
      <td>{follower.feed}</td>
      <td>
        <Health kind={KINDS[health]}>{healthWords({ health, behind: follower.behind }, words)}</Health>
        {wasRefused(follower, now) && (
          <div className="why">{words.node.refused(follower.refusedInstance, follower.refusedAddress)} {timeWords(follower.refusedTime)}</div>
        )}
      </td>
      <td>{timeWords(follower.seenTime)}</td>
      <td>{clockWords(follower, words)}</td>
      <td>{follower.card?.version ?? ''}</td>
    </tr>
  );
}

/** The nodes below that follow this one, feed by feed, and whoever was refused under their names. */
export function FollowerTable({ processes }: { processes: readonly ServerProcess[] }) {
  const words = useWords();
  const rows = processes.flatMap((one) =>
    one.status.followers.filter((follower) => follower.downstream).map((follower) => ({ follower, now: one.status.serverTime })));
  if (rows.length === 0) return null;
  const columns = [words.node.follower, words.node.feed, words.node.state, words.node.seen, words.node.clock, words.node.version];
  return (
    <section className="column">
      <h2>{words.node.follower}</h2>
      <FactTable label={words.node.follower} columns={columns}>
        {rows.map(({ follower, now }) => <Row key={`${follower.name}/${follower.feed}`} follower={follower} now={now} />)}
      </FactTable>
    </section>
  );
}
