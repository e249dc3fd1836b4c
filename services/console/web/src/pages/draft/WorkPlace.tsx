import { Alert, Button } from 'antd';
import { useRef } from 'react';

import { useMessage } from '../../app/Messages';
import { useWords } from '../../words';
import { added, split } from './edits';
import { SplitEditor } from './SplitEditor';
import { TaskEditor } from './TaskEditor';
import { changeOf, newTask, type TaskForm } from './taskForm';
import { hasTyped, type Work } from './typed';
import type { ChangeOf } from './useDraftActs';
import type { Desk } from './useDesk';

/** Says that what stands in the form was typed before, and was not saved. */
function Restored({ onStartOver }: { onStartOver: () => void }) {
  const words = useWords();
  return (
    <Alert
      type="info"
      showIcon
      message={words.draft.typedBefore}
      action={<Button size="small" onClick={onStartOver}>{words.draft.startOver}</Button>}
    />
  );
}

/** Where a task is typed: it stays open until what was typed went through, or is left, and is there again later. */
export function WorkPlace({ desk, work }: { desk: Desk; work: Work }) {
  return (
    <div className="column">
      {work.isRestored && <Restored onStartOver={desk.actions.startOver} />}
      <Editor key={work.id} desk={desk} work={work} />
    </div>
  );
}

function Editor({ desk, work }: { desk: Desk; work: Work }) {
  const words = useWords();
  const message = useMessage();
  const { plan, acts, actions } = desk;
  const { opened, typed } = work;
  const now = opened && plan.tasks.find((task) => task.taskId === opened.taskId);
  // Keys are faster than what is drawn.
  const isSending = useRef(false);
  const send = async (change: ChangeOf): Promise<void> => {
    if (isSending.current) return;
    isSending.current = true;
    const from = document.activeElement;
    const after = await acts.run(change);
    isSending.current = false;
    if (after === undefined) return;
    void message.success(words.draft.saved);
    actions.finish(work, from);
  };
  const close = (): void => {
    if (hasTyped(work)) void message.info(words.draft.typedKept);
    actions.stop();
  };
  const add = (form: TaskForm, after: string): void =>
    void send((latest) => ({ kind: 'edit', edits: [added(latest, after, newTask(form))] }));
  const save = (form: TaskForm): void => {
    if (opened === undefined || now === undefined) {
      add(form, work.kind === 'add' ? work.taskId : '');
      return;
    }
    const { task, paths } = changeOf(opened, form);
    if (paths.length > 0) {
      void send(() => ({ kind: 'task', task, paths }));
      return;
    }
    void message.info(words.draft.nothingChanged);
    actions.finish(work, document.activeElement);
  };
  if (work.kind === 'split' && opened !== undefined) {
    return (
      <SplitEditor
        opened={opened}
        typed={typed.text}
        onTyped={(text) => { typed.text = text; }}
        now={now}
        busy={acts.busy}
        onSplit={(texts) => void send(() => ({ kind: 'edit', edits: [split(opened.taskId, texts)] }))}
        onClose={close}
      />
    );
  }
  const isGone = opened !== undefined && now === undefined;
  return (
    <TaskEditor
      opened={opened}
      typed={typed.form}
      onTyped={(form) => { typed.form = form; }}
      now={now}
      busy={acts.busy}
      submit={work.kind === 'add' ? words.draft.add : isGone ? words.draft.asNew : words.draft.save}
      onSave={save}
      onClose={close}
    />
  );
}
