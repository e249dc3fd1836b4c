import { FactTable } from '../../../components/FactTable';
import { Health } from '../../../components/Health';
import { Nothing } from '../../../components/Nothing';
import { type AuditEntry, AuditEntry_Outcome } from '../../../gen/duban/v1/audit_pb';
import { ErrorReason } from '../../../gen/duban/v1/errors_pb';
import { timeWords, useLanguage, useWords } from '../../../words';
import { methodInWords, shortMethod } from '../../../words/methods';

function Outcome({ entry }: { entry: AuditEntry }) {
  const words = useWords();
  if (entry.outcome === AuditEntry_Outcome.DONE) return <Health kind="good">{words.audit.done}</Health>;
  const times = entry.times > 1n ? words.audit.refusedTimes(String(entry.times)) : words.audit.refused;
  return (
    <>
      <Health kind="bad">{times}</Health>
      <div className="quiet">{ErrorReason[entry.reason]}</div>
    </>
  );
}

function About({ entry }: { entry: AuditEntry }) {
  const words = useWords();
  const [first] = entry.entities;
  if (first === undefined) return null;
  if (entry.entityCount <= 1) return <>{first}</>;
  return (
    <details>
      <summary>{words.audit.and(first, entry.entityCount)}</summary>
      <ul>{entry.entities.map((one) => <li key={one}>{one}</li>)}</ul>
    </details>
  );
}

/** Entries, the latest first. */
export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  const words = useWords();
  const language = useLanguage();
  if (entries.length === 0) return <Nothing what={words.audit.empty} hint={words.list.emptyHint} />;
  const columns = [words.audit.time, words.audit.caller, words.audit.method, words.audit.outcome, words.audit.about, words.audit.address];
  return (
    <FactTable label={words.system.audit} columns={columns}>
      {entries.map((entry) => (
        <tr key={`${String(entry.sequence)}/${entry.requestId}/${String(entry.commitTime?.nanos)}/${entry.method}/${entry.caller}`}>
          <td>{timeWords(entry.commitTime)}</td>
          <th scope="row">{entry.caller === '' ? words.audit.thisNode : entry.caller}</th>
          <td title={shortMethod(entry.method)}>{methodInWords(entry.method, language)}</td>
          <td><Outcome entry={entry} /></td>
          <td className="wide-words"><About entry={entry} /></td>
          <td>{entry.address}</td>
        </tr>
      ))}
    </FactTable>
  );
}
