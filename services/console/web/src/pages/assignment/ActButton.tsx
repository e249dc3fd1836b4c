import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';

import { useWho } from '../../app/session';
import { whenShown } from '../../app/whenShown';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { actInput } from './actCalls';
import { type Act, mayAct } from './acts';
import { useAssignmentAct } from './useAssignmentAct';

// Forms and dialogs are more code than the page that offers them; they come once it is there.
const dialogs = () => import('./ActDialog');
const ActDialog = lazy(async () => ({ default: (await dialogs()).ActDialog }));
const ActFault = lazy(async () => ({ default: (await dialogs()).ActFault }));

interface Props {
  assignment: Assignment;
  act: Act;
  type?: 'primary' | 'default';
}

/** Acts that need no words. */
const AT_ONCE: readonly Act[] = ['sign', 'markRead'];

/** Offers an act to whoever may do it. */
export function ActButton({ assignment, act, type = 'default' }: Props) {
  const who = useWho();
  const words = useWords();
  // What is decided about is what was seen when the dialog was opened, whatever becomes of it meanwhile.
  const [seen, setSeen] = useState<Assignment | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  // Who goes on by keyboard goes on where the dialog came from; where there was none, they are somewhere already.
  const close = (): void => {
    if (seen !== null) opener.current?.focus();
    setSeen(null);
  };
  const doing = useAssignmentAct(close);
  const open = seen !== null;
  const changed = open && seen.etag !== assignment.etag;
  const { isError } = doing;
  const queries = useQueryClient();
  useEffect(() => whenShown(queries, () => void dialogs()), [queries]);
  useEffect(() => {
    // Somebody was faster, which was told: the next decision is about what it is now.
    if (isError && changed) setSeen(assignment);
  }, [isError, changed, assignment]);
  // A dialog stays while somebody types, whatever became of the assignment meanwhile.
  if (!open && !doing.isError && !mayAct(who, assignment, act)) return null;
  const click = (): void => {
    if (AT_ONCE.includes(act)) doing.mutate(actInput(act, assignment, {}));
    else setSeen(assignment);
  };
  return (
    <>
      <Button
        ref={opener}
        type={type}
        danger={act === 'return' || act === 'refuse'}
        aria-haspopup={AT_ONCE.includes(act) ? undefined : 'dialog'}
        loading={doing.isPending && !open}
        onClick={click}
      >
        {words.act[act]}
      </Button>
      {open && (
        <Suspense>
          <ActDialog
            assignment={seen}
            act={act}
            changed={changed}
            onLook={() => { setSeen(assignment); }}
            busy={doing.isPending}
            error={doing.error}
            onClose={() => { close(); doing.reset(); }}
            onSend={(form) => { doing.mutate(actInput(act, seen, form)); }}
          />
        </Suspense>
      )}
      {!open && doing.isError && (
        <Suspense><ActFault act={act} error={doing.error} onRetry={click} onClose={() => { doing.reset(); }} /></Suspense>
      )}
    </>
  );
}
