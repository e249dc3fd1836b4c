import { Input, Modal, Select } from 'antd';
import { useState } from 'react';

import { useWords } from '../../words';
import { taskNumber } from '../plan/taskTree';
import { headingPaths, movedUnder, pathKey } from './edits';
import type { Desk } from './useDesk';

interface Props {
  desk: Desk;
  task: string;
  onClose: () => void;
}

/** Puts a task under another heading, or under a new one beside its own. */
export function MoveUnder({ desk, task: id, onClose }: Props) {
  const words = useWords();
  const { plan, actions } = desk;
  const task = plan.tasks.find((one) => one.taskId === id);
  const paths = headingPaths(plan);
  const [chosen, setChosen] = useState(pathKey(task?.headings ?? []));
  const [fresh, setFresh] = useState('');
  if (task === undefined) return null;
  const move = (): void => {
    const path = paths.find((one) => pathKey(one) === chosen) ?? task.headings;
    const headings = fresh.trim() === '' ? path : [...path.slice(0, -1), fresh.trim()];
    actions.edit((latest) => movedUnder(latest, id, headings), id);
    onClose();
  };
  return (
    <Modal
      open
      title={words.draft.moveTo(taskNumber(task))}
      okText={words.draft.moveUnder}
      cancelText={words.app.cancel}
      onOk={move}
      onCancel={onClose}
    >
      <div className="column">
        <Select
          autoFocus
          showSearch
          optionFilterProp="label"
          aria-label={words.draft.heading}
          value={chosen}
          options={paths.map((path) => ({ value: pathKey(path), label: path.join(' › ') }))}
          onChange={setChosen}
        />
        <Input
          aria-label={words.draft.newHeading}
          placeholder={words.draft.newHeading}
          maxLength={500}
          value={fresh}
          onChange={(event) => { setFresh(event.target.value); }}
          onPressEnter={move}
        />
      </div>
    </Modal>
  );
}
