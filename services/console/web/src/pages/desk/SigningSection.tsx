import { Button, Checkbox } from 'antd';
import { useState } from 'react';

import { useClients } from '../../api/clients';
import { MOST_AT_ONCE, type Outcome, signFor } from '../../api/signing';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { AssignmentCard } from '../../components/AssignmentCard';
import { FaultView } from '../../components/FaultView';
import { Refusals } from '../../components/Refusals';
import { useSelection } from '../../components/useSelection';
import { useWords } from '../../words';
import type { Section } from './deskData';
import { DeskSection } from './DeskSection';

/** What waits to be signed for: one by one, or as many as are ticked. */
export function SigningSection({ unit, section }: { unit: string; section: Section }) {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  const { items } = section;
  const ticked = useSelection(items.map((one) => one.name));
  const [last, setLast] = useState<Outcome | null>(null);
  const sign = useAct({
    call: (names: string[], requestId) => signFor(clients, unit, names, requestId),
    onDone: (outcome) => {
      setLast(outcome);
      ticked.clear();
      if (outcome.done.length > 0) void message.success(words.desk.signed(outcome.done.length));
    },
  });
  const count = section.total ?? items.length;
  const refusals = last && <Refusals refused={last.refused} among={items} onClose={() => { setLast(null); }} />;
  if (items.length === 0) return refusals;
  const all = ticked.names.length === items.length;
  return (
    <>
      {sign.isError && <FaultView error={sign.error} onRetry={() => { sign.mutate(sign.variables ?? []); }} />}
      {refusals}
      <DeskSection
        title={words.desk.toSign}
        hint={words.desk.toSignHint}
        count={count}
        all={count > items.length ? section.all : undefined}
        tools={
          <>
            <Checkbox
              checked={all}
              indeterminate={ticked.names.length > 0 && !all}
              onChange={(event) => { ticked.setAll(event.target.checked); }}
            >
              {words.desk.selectAll}
            </Checkbox>
            <Button
              type="primary"
              disabled={ticked.names.length === 0 || ticked.names.length > MOST_AT_ONCE}
              loading={sign.isPending}
              onClick={() => { sign.mutate(ticked.names); }}
            >
              {words.desk.signSelected(ticked.names.length)}
            </Button>
          </>
        }
      >
        {items.map((one) => (
          <AssignmentCard
            key={one.name}
            assignment={one}
            lead={
              <Checkbox
                aria-label={one.text}
                checked={ticked.has(one.name)}
                onChange={() => { ticked.toggle(one.name); }}
              />
            }
            acts={<Button disabled={sign.isPending} onClick={() => { sign.mutate([one.name]); }}>{words.desk.sign}</Button>}
          />
        ))}
      </DeskSection>
    </>
  );
}
