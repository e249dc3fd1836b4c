import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';

import { useClients } from '../../api/clients';
import { readFile } from '../../api/evidence';
import { FaultView } from '../../components/FaultView';
import { saveAs } from '../../components/saveAs';
import type { Evidence } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';

interface Props {
  /** The assignment that names it. */
  assignment: string;
  evidence: Evidence;
}

/** Of a download that is under way: how much of it is here, or that it is waited for. */
type Progress = number | 'coming';

function Download({ assignment, evidence }: Props) {
  const words = useWords();
  const clients = useClients();
  const [progress, setProgress] = useState<Progress | undefined>();
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => { stop.current?.abort(); }, []);
  const download = async (): Promise<void> => {
    const controller = new AbortController();
    stop.current = controller;
    setError(undefined);
    setProgress(0);
    try {
      const file = await readFile(clients, assignment, evidence.sha256, controller.signal, (share) => { setProgress(share ?? 'coming'); });
      saveAs(file.name === '' ? evidence.title : file.name, file.blob);
    } catch (caught) {
      if (!controller.signal.aborted) setError(caught);
    }
    setProgress(undefined);
  };
  return (
    <>
      <Button
        type="link"
        className="file-open"
        disabled={progress !== undefined}
        title={words.files.open(evidence.title)}
        onClick={() => void download()}
      >
        {evidence.title}
      </Button>
      {progress !== undefined && (
        <span role="status" className="quiet">
          {progress === 'coming' ? words.files.coming : words.files.reading(Math.floor(100 * progress))}{' '}
          <Button size="small" onClick={() => { stop.current?.abort(); }}>{words.files.stop}</Button>
        </span>
      )}
      {error !== undefined && <FaultView error={error} onRetry={() => void download()} />}
    </>
  );
}

/** A file that can be had here, or words about one that lies elsewhere. */
export function EvidenceItem(props: Props) {
  const words = useWords();
  const { evidence } = props;
  return (
    <li>
      {words.one.evidence}{words.app.colon}
      {evidence.sha256 === '' ? evidence.title : <Download {...props} />} <span className="quiet">{evidence.reference}</span>
    </li>
  );
}
