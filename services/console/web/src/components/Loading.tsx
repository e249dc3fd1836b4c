import { Spin } from 'antd';

import { useWords } from '../words';

/** Something is being fetched. */
export function Loading() {
  const words = useWords();
  return (
    <div className="centered" role="status" aria-live="polite">
      <Spin />
      <span className="quiet">{words.app.loading}</span>
    </div>
  );
}
