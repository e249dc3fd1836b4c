import { FactTable } from '../../../components/FactTable';
import { Health } from '../../../components/Health';
import { type NodeCheck, NodeCheck_Result, NodeCheck_What } from '../../../gen/duban/v1/verification_pb';
import { useWords, wordOf } from '../../../words';
import { countWords } from '../../../words/amounts';

const KINDS: Partial<Record<NodeCheck_Result, 'good' | 'bad' | 'quiet'>> = {
  [NodeCheck_Result.GOOD]: 'good',
  [NodeCheck_Result.BAD]: 'bad',
};

/** What a verification looked at and found; what is not good comes first. */
export function CheckTable({ checks }: { checks: readonly NodeCheck[] }) {
  const words = useWords();
  const badFirst = [...checks].sort((a, b) => Number(a.result === NodeCheck_Result.GOOD) - Number(b.result === NodeCheck_Result.GOOD));
  return (
    <FactTable
      label={words.job.check}
      columns={[words.node.store, words.job.check, words.job.result, words.job.count, words.job.finding]}
      numbers={[words.job.count]}
    >
      {badFirst.map((one) => (
        <tr key={`${one.service}/${String(one.what)}/${one.hop}`}>
          <th scope="row">{words.node.services[one.service] ?? one.service}</th>
          <td>{wordOf(words.job.what, NodeCheck_What, one.what)} {one.hop}</td>
          <td><Health kind={KINDS[one.result] ?? 'quiet'}>{wordOf(words.job.results, NodeCheck_Result, one.result)}</Health></td>
          <td className="number">{countWords(one.count)}</td>
          <td>
            {one.finding}
            {one.entities.length > 0 && <ul>{one.entities.map((entity) => <li key={entity}>{entity}</li>)}</ul>}
          </td>
        </tr>
      ))}
    </FactTable>
  );
}
