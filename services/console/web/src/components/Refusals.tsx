import { Alert } from 'antd';

import type { Refusal } from '../api/signing';
import type { Assignment } from '../gen/duban/v1/assignment_pb';
import { useLanguage, useWords } from '../words';
import { faultWords } from './faultWords';

interface Props {
  refused: Refusal[];
  /** What they are of. */
  among: readonly Assignment[];
  onClose: () => void;
}

/** What of a bulk act was not done, one by one, and why. */
export function Refusals({ refused, among, onClose }: Props) {
  const words = useWords();
  const language = useLanguage();
  if (refused.length === 0) return null;
  const why = (one: Refusal): string => {
    const said = faultWords(one.fault, words, language);
    return said.what === '' ? said.title : said.what;
  };
  return (
    <Alert
      type="warning"
      showIcon
      closable
      role="alert"
      onClose={onClose}
      message={words.desk.refusedSome(refused.length)}
      description={
        <ul>
          {refused.map((one) => (
            <li key={one.name}>{among.find((item) => item.name === one.name)?.text ?? one.name}{words.app.colon}{why(one)}</li>
          ))}
        </ul>
      }
    />
  );
}
