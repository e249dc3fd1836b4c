import { Alert, Button, Progress } from 'antd';

import type { ServiceName } from '../../../api/processes';
import { FaultView } from '../../../components/FaultView';
import { useWords } from '../../../words';
import { countWords } from '../../../words/amounts';
import { saveAs } from '../../../components/saveAs';
import { BrokenChain, browserSha256, hex } from './auditChain';
import { type ProofState, useProof } from './useProof';

function Outcome({ state }: { state: ProofState }) {
  const words = useWords();
  if (state.error instanceof BrokenChain) {
    return <Alert type="error" showIcon role="alert" message={words.audit.brokenAt(countWords(state.error.sequence), words.audit.broken[state.error.why])} />;
  }
  if (state.error !== undefined) return <FaultView error={state.error} />;
  if (state.chain === undefined) return null;
  const { commits, entries, begin, end, endHash } = state.chain;
  return (
    <Alert
      type="success"
      showIcon
      role="status"
      message={words.audit.proved(countWords(commits), countWords(entries), countWords(begin + 1n), countWords(end))}
      description={(
        <>
          <p className="lines">{words.audit.head}{words.app.colon}<code>{hex(endHash)}</code></p>
          <p className="quiet">{words.audit.headHint}</p>
        </>
      )}
    />
  );
}

/** Checks the chain of commits of one service, from the oldest that is kept to the last, in this browser. */
export function Proof({ service }: { service: ServiceName }) {
  const words = useWords();
  const sha256 = browserSha256();
  const { state, start, stop } = useProof(service, sha256);
  const percent = state === null || state.head === 0n ? 0 : Number((state.at * 100n) / state.head);
  return (
    <section className="paper column">
      <h2>{words.audit.proof}</h2>
      <p className="quiet">{sha256 === undefined ? words.audit.noCrypto : words.audit.proofWhat}</p>
      {sha256 !== undefined && (
        <div className="row">
          {state?.running === true
            ? <Button onClick={stop}>{words.audit.stop}</Button>
            : <Button type="primary" onClick={start}>{words.audit.prove}</Button>}
          {state?.chain !== undefined && (
            <Button title={words.audit.downloadHint} onClick={() => { saveAs(`audit-${service}.jsonl`, new Blob([...state.parts], { type: 'text/plain' })); }}>
              {words.audit.download}
            </Button>
          )}
        </div>
      )}
      {state?.running === true && (
        <div>
          <Progress aria-label={words.audit.proof} percent={percent} status="active" />
          <span className="quiet">{words.audit.proving(countWords(state.at), countWords(state.head))}</span>
        </div>
      )}
      {state !== null && <Outcome state={state} />}
    </section>
  );
}
