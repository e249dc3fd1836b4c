import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, EditOutlined, FolderOutlined, MergeCellsOutlined, PlusOutlined, SplitCellsOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useContext } from 'react';

import type { Task } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { joinedUp, moved } from './edits';
import { DeskContext } from './deskContext';
import type { DeskActions } from './useDesk';

interface Tool {
  name: string;
  icon: ReactNode;
  act: () => void;
  off?: boolean;
}

/** What can be done to the task that is looked at. */
export function TaskTools({ task, actions }: { task: Task; actions: DeskActions }) {
  const words = useWords();
  const { plan, onMoveUnder } = useContext(DeskContext);
  const id = task.taskId;
  const above = plan.tasks[plan.tasks.findIndex((one) => one.taskId === id) - 1];
  const tools: Tool[] = [
    { name: words.draft.edit, icon: <EditOutlined />, act: () => { actions.start('edit', id); } },
    { name: words.draft.split, icon: <SplitCellsOutlined />, act: () => { actions.start('split', id); } },
    { name: words.draft.joinUp, icon: <MergeCellsOutlined />, off: above === undefined, act: () => { actions.edit((latest) => joinedUp(latest, id), above?.taskId); } },
    { name: words.draft.up, icon: <ArrowUpOutlined />, off: above === undefined, act: () => { actions.edit((latest) => moved(latest, id, -1), id); } },
    { name: words.draft.down, icon: <ArrowDownOutlined />, off: plan.tasks.at(-1)?.taskId === id, act: () => { actions.edit((latest) => moved(latest, id, 1), id); } },
    { name: words.draft.moveUnder, icon: <FolderOutlined />, act: () => { onMoveUnder(id); } },
    { name: words.draft.addAfter, icon: <PlusOutlined />, act: () => { actions.start('add', id); } },
    { name: words.draft.remove, icon: <DeleteOutlined />, act: () => { actions.askRemove(id); } },
  ];
  return (
    <div className="task-tools" role="toolbar" aria-label={words.draft.edit}>
      {tools.map((tool) => (
        <Button key={tool.name} size="small" type="text" icon={tool.icon} disabled={tool.off === true} onClick={tool.act}>{tool.name}</Button>
      ))}
    </div>
  );
}
