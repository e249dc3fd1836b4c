import { Button, Modal } from 'antd';
import { useRef, useState } from 'react';

import { useWho } from '../../app/session';
import { FaultView } from '../../components/FaultView';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { actInput } from './actCalls';
import { ActDialog } from './ActDialog';
import { type Act, mayAct } from './acts';
import { useAssignmentAct } from './useAssignmentAct';

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
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  // Who goes on by keyboard goes on where the dialog came from.
  const close = (): void => {
    setOpen(false);
    opener.current?.focus();
  };
  const doing = useAssignmentAct(close);
  // A dialog stays while somebody types, whatever became of the assignment meanwhile.
  if (!open && !doing.isError && !mayAct(who, assignment, act)) return null;
  const click = (): void => {
    if (AT_ONCE.includes(act)) doing.mutate(actInput(act, assignment, {}));
    else setOpen(true);
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
        <ActDialog
          assignment={assignment}
          act={act}
          busy={doing.isPending}
          error={doing.error}
          onClose={() => { close(); doing.reset(); }}
          onSend={(form) => { doing.mutate(actInput(act, assignment, form)); }}
        />
      )}
      <Modal open={!open && doing.isError} footer={null} title={words.act[act]} onCancel={() => { doing.reset(); }}>
        {doing.isError && <FaultView error={doing.error} onRetry={click} />}
      </Modal>
    </>
  );
}
