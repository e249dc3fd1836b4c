import { Button, Checkbox } from 'antd';
import { useState } from 'react';

import { useClients } from '../../api/clients';
import { type Outcome, outcomeOf } from '../../api/signing';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { AssignmentCard } from '../../components/AssignmentCard';
import { FaultView } from '../../components/FaultView';
import { Refusals } from '../../components/Refusals';
import { useSelection } from '../../components/useSelection';
import { type Assignment, Review_Verdict } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { ActButton } from '../assignment/ActButton';
import { waitingSubmission } from '../assignment/facts';
import { DeskSection } from './DeskSection';

interface Verdict {
  name: string;
  submissionId: string;
  verdict: Review_Verdict;
  etag: string;
}

function verdictsOn(items: Assignment[]): Verdict[] {
  return items.map((one) => ({
    name: one.name,
    submissionId: waitingSubmission(one)?.submissionId ?? '',
    verdict: Review_Verdict.ACCEPTED,
    etag: one.etag,
  }));
}

/** Results that wait for a verdict: read and judged one by one, or what is ticked accepted together. */
export function ReviewSection({ items }: { items: Assignment[] }) {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  const ticked = useSelection(items.map((one) => one.name));
  const [last, setLast] = useState<Outcome | null>(null);
  const accept = useAct({
    // What is judged is what was seen: a repeat says the same, whatever the list shows by then.
    call: async (verdicts: Verdict[], requestId) =>
      outcomeOf((await clients.assignments.reviewSubmissions({ requestId, items: verdicts })).results),
    onDone: (outcome) => {
      setLast(outcome);
      ticked.clear();
      if (outcome.done.length > 0) void message.success(words.desk.accepted(outcome.done.length));
    },
  });
  const refusals = last && <Refusals refused={last.refused} among={items} onClose={() => { setLast(null); }} />;
  if (items.length === 0) return refusals;
  return (
    <>
      {accept.isError && <FaultView error={accept.error} onRetry={() => { accept.mutate(accept.variables ?? []); }} />}
      {refusals}
      <DeskSection
        title={words.desk.toReview}
        count={items.length}
        tools={
          <Button disabled={ticked.names.length === 0} loading={accept.isPending} onClick={() => { accept.mutate(verdictsOn(items.filter((one) => ticked.has(one.name)))); }}>
            {words.desk.acceptSelected(ticked.names.length)}
          </Button>
        }
      >
        {items.map((one) => (
          <AssignmentCard
            key={one.name}
            assignment={one}
            withUnit
            note={waitingSubmission(one)?.text}
            lead={<Checkbox aria-label={one.text} checked={ticked.has(one.name)} onChange={() => { ticked.toggle(one.name); }} />}
            acts={<><ActButton assignment={one} act="accept" /><ActButton assignment={one} act="return" /></>}
          />
        ))}
      </DeskSection>
    </>
  );
}
