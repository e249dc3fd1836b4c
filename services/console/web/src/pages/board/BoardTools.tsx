import { DesktopOutlined, PictureOutlined, PrinterOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { useMessage } from '../../app/Messages';
import { saveAs } from '../../components/saveAs';
import type { GetBoardResponse } from '../../gen/duban/v1/assignment_service_pb';
import { useWords } from '../../words';
import { type GroupBy, wallPath } from './boardQuery';
import { paintSheet, sheetOf } from './sheet';

interface Props {
  title: string;
  answer: GetBoardResponse | undefined;
  query: AssignmentQuery;
  group: GroupBy;
}

/** A board for the wall, on paper, as a picture. */
export function BoardTools({ title, answer, query, group }: Props) {
  const words = useWords();
  const navigate = useNavigate();
  const message = useMessage();
  const save = async (): Promise<void> => {
    if (answer === undefined) return;
    const charts = [...document.querySelectorAll<HTMLCanvasElement>('.charts canvas')];
    try {
      saveAs(`${title} ${answer.asOf}.png`, await paintSheet(sheetOf(title, answer, group, words), charts));
    } catch (error) {
      void message.error((error as Error).message);
    }
  };
  return (
    <span className="row board-tools">
      <Button size="small" icon={<DesktopOutlined />} onClick={() => { void navigate(wallPath(query, group)); }}>{words.boardView.wall}</Button>
      <Button size="small" icon={<PrinterOutlined />} onClick={() => { window.print(); }}>{words.boardView.print}</Button>
      <Button size="small" icon={<PictureOutlined />} disabled={answer === undefined} onClick={() => void save()}>{words.boardView.picture}</Button>
    </span>
  );
}
