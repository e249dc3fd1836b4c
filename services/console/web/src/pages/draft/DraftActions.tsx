import { Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { lastOf } from '../../api/names';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { FaultView } from '../../components/FaultView';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { PropertiesDialog } from './PropertiesDialog';
import { ReimportDialog } from './ReimportDialog';

/** What can be done with a draft as a whole. */
export function DraftActions({ plan }: { plan: Plan }) {
  const words = useWords();
  const clients = useClients();
  const navigate = useNavigate();
  const message = useMessage();
  const [open, setOpen] = useState<'properties' | 'reimport' | null>(null);
  const isRevision = plan.revises !== '';
  const discard = useAct({
    call: (input: { etag: string }, requestId) => clients.plans.deletePlan({ requestId, name: plan.name, etag: input.etag }),
    onDone: () => {
      void message.success(words.draft.discarded);
      void navigate(isRevision ? `/plans/${lastOf(plan.revises)}` : '/plans', { replace: true });
    },
  });
  const close = (): void => { setOpen(null); };
  return (
    <>
      <div className="row">
        <Button size="small" onClick={() => { setOpen('properties'); }}>{words.draft.properties}</Button>
        <Button size="small" onClick={() => { setOpen('reimport'); }}>{words.draft.reimport}</Button>
        <Popconfirm
          title={isRevision ? words.draft.discardRevisionSure : words.draft.discardSure}
          okText={words.draft.discard}
          okButtonProps={{ danger: true }}
          cancelText={words.app.cancel}
          onConfirm={() => { discard.mutate({ etag: plan.etag }); }}
        >
          <Button size="small" danger loading={discard.isPending}>{words.draft.discard}</Button>
        </Popconfirm>
      </div>
      {discard.isError && <FaultView error={discard.error} />}
      {open === 'properties' && <PropertiesDialog plan={plan} onClose={close} />}
      {open === 'reimport' && <ReimportDialog plan={plan} onClose={close} />}
    </>
  );
}
