import { Alert, Modal, Spin } from 'antd';
import { useRef, useState } from 'react';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { FaultView } from '../../components/FaultView';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { bytesOf, type Hints, hintsOf, megabytes, MOST_BYTES, NO_HINTS } from '../import/documents';
import { DropZone } from '../import/DropZone';
import { HintFields } from '../import/HintFields';
import { isOpen } from './findings';

/** Reads another version of the document over the draft; answers about the same words stay. */
export function ReimportDialog({ plan, onClose, begin = NO_HINTS }: { plan: Plan; onClose: () => void; begin?: Hints }) {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  const [hints, setHints] = useState<Hints>(begin);
  const [refused, setRefused] = useState('');
  const file = useRef<File | null>(null);
  const reimport = useAct({
    // The file itself is no plain data; its name, size and time stand for it.
    call: async (input: { file: [string, number, number]; hints: Hints; etag: string }, requestId) =>
      clients.plans.reimportPlan({
        requestId,
        name: plan.name,
        etag: input.etag,
        content: file.current === null ? new Uint8Array() : await bytesOf(file.current),
        sourceName: input.file[0],
        ...hintsOf(input.hints),
      }),
    onDone: (read) => {
      void message.success(words.draft.reimported(read.findings.filter((finding) => !isOpen(finding)).length));
      onClose();
    },
  });
  const take = ([first]: File[]): void => {
    if (first === undefined) return;
    file.current = first;
    setRefused(first.size > MOST_BYTES ? words.import.tooLarge(megabytes(first.size)) : '');
    if (first.size > MOST_BYTES) return;
    reimport.mutate({ file: [first.name, first.size, first.lastModified], hints, etag: plan.etag });
  };
  return (
    <Modal open title={words.draft.reimport} footer={null} onCancel={onClose}>
      <div className="column">
        <p className="quiet">{words.draft.reimportAbout}</p>
        <DropZone multiple={false} disabled={reimport.isPending} what={words.import.dropOne} hint={words.import.dropOneHint} onFiles={take} />
        {reimport.isPending && <span className="row"><Spin size="small" />{words.import.reading}</span>}
        {refused !== '' && <Alert type="error" showIcon role="alert" message={refused} />}
        {reimport.isError && <FaultView error={reimport.error} />}
        <HintFields canKeep={false} hints={hints} onChange={setHints} />
      </div>
    </Modal>
  );
}
