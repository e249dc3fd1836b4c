import type { ServerProcess } from '../../../api/processes';
import { FactTable } from '../../../components/FactTable';
import { Health } from '../../../components/Health';
import { type NodeStatus_Hop, NodeStatus_Hop_Direction } from '../../../gen/duban/v1/node_service_pb';
import { timeWords, useLanguage, useWords, wordOf } from '../../../words';
import { countWords } from '../../../words/amounts';
import { healthOfHop } from './neighbours';
import { healthWords } from './NodePicture';

function State({ hop }: { hop: NodeStatus_Hop }) {
  const words = useWords();
  const language = useLanguage();
  if (hop.direction === NodeStatus_Hop_Direction.TAKE_IN) return null;
  const health = healthOfHop(hop);
  const why = language === 'zh' && hop.errorZh !== '' ? hop.errorZh : hop.error;
  return (
    <>
      <Health kind={health === 'caughtUp' ? 'good' : health === 'catchingUp' ? 'slow' : 'bad'}>{healthWords({ health, behind: 0n }, words)}</Health>
      {why !== '' && <div className="why">{why}</div>}
    </>
  );
}

function SetAside({ hop }: { hop: NodeStatus_Hop }) {
  const words = useWords();
  const language = useLanguage();
  if (hop.setAside === 0n) return <span className="quiet">{words.node.none}</span>;
  return (
    <details>
      <summary>{countWords(hop.setAside)}</summary>
      <p className="quiet">{words.node.setAsideHint}</p>
      <ul>
        {hop.lastSetAside.map((one) => (
          <li key={`${one.entity}/${String(one.sequence)}`}>
            {one.entity}{words.app.colon}{language === 'zh' && one.messageZh !== '' ? one.messageZh : one.message}
            <span className="quiet"> {timeWords(one.time)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Every hop of the node: what it follows, what it offers, what it takes in. */
export function HopTable({ processes }: { processes: readonly ServerProcess[] }) {
  const words = useWords();
  const hops = processes.flatMap((one) => one.status.hops.map((hop) => ({ hop, key: `${one.service}/${String(hop.direction)}/${hop.name}` })));
  if (hops.length === 0) return null;
  const columns = [words.node.hop, words.node.way, words.node.state, words.node.position, words.node.progress, words.node.setAside];
  return (
    <section className="column">
      <h2>{words.node.hop}</h2>
      <FactTable label={words.node.hop} columns={columns} numbers={[words.node.position]}>
        {hops.map(({ hop, key }) => (
          <tr key={key}>
            <th scope="row">{hop.name}</th>
            <td>{wordOf(words.NodeStatus_Hop_Direction, NodeStatus_Hop_Direction, hop.direction)}</td>
            <td><State hop={hop} /></td>
            <td className="number">{countWords(hop.position?.sequence ?? 0n)}</td>
            <td>{timeWords(hop.progressTime)}</td>
            <td><SetAside hop={hop} /></td>
          </tr>
        ))}
      </FactTable>
    </section>
  );
}
