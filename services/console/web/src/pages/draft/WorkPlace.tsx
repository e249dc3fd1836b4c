import { App as AntApp } from 'antd';

import { useWords } from '../../words';
import { added, split } from './edits';
import { SplitEditor } from './SplitEditor';
import { TaskEditor } from './TaskEditor';
import { changeOf, newTask, type TaskForm } from './taskForm';
import type { DraftChange } from './useDraftActs';
import type { Desk, Work } from './useDesk';

/** Where a task is typed: it stays open until what was typed went through. */
export function WorkPlace({ desk, work }: { desk: Desk; work: Work }) {
  const words = useWords();
  const { message } = AntApp.useApp();
  const { plan, acts, actions } = desk;
  const { opened, typed } = work;
  const now = opened && plan.tasks.find((task) => task.taskId === opened.taskId);
  const send = async (change: DraftChange): Promise<void> => {
    const after = await acts.run(change);
    if (after === undefined) return;
    void message.success(words.draft.saved);
    actions.stop();
  };
  const add = (form: TaskForm, after: string): void => void send({ kind: 'edit', edits: [added(plan, after, newTask(form))] });
  const save = (form: TaskForm): void => {
    if (opened === undefined || now === undefined) {
      add(form, work.kind === 'add' ? work.taskId : '');
      return;
    }
    const { task, paths } = changeOf(opened, form);
    if (paths.length > 0) {
      void send({ kind: 'task', task, paths });
      return;
    }
    void message.info(words.draft.nothingChanged);
    actions.stop();
  };
  if (work.kind === 'split' && opened !== undefined) {
    return (
      <SplitEditor
        opened={opened}
        typed={typed.text}
        onTyped={(text) => { typed.text = text; }}
        now={now}
        busy={acts.busy}
        onSplit={(texts) => void send({ kind: 'edit', edits: [split(opened.taskId, texts)] })}
        onClose={actions.stop}
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
      onClose={actions.stop}
    />
  );
}
