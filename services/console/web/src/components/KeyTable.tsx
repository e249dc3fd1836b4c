import { Button, Popover } from 'antd';

import { useWords } from '../words';

/** What the keys of a page do, on demand. */
export function KeyTable({ rows }: { rows: readonly [string, string][] }) {
  const words = useWords();
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <table className="keys">
          <tbody>
            {rows.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}
          </tbody>
        </table>
      }
    >
      <Button size="small" className="keys-button">{words.draft.keys}</Button>
    </Popover>
  );
}
