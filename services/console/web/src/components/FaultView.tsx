import { Alert, Button } from 'antd';

import { faultOf } from '../api/fault';
import { useLanguage, useWords } from '../words';
import { faultWords } from './faultWords';

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** What went wrong and what to do about it, with a button to try again where that may help. */
export function FaultView({ error, onRetry }: Props) {
  const words = useWords();
  const language = useLanguage();
  const fault = faultOf(error);
  const said = faultWords(fault, words, language);
  const soft = fault.kind === 'later' || fault.kind === 'changed' || fault.kind === 'signedOut';
  return (
    <Alert
      className="fault"
      role="alert"
      showIcon
      type={soft ? 'warning' : 'error'}
      message={said.title}
      description={
        <>
          {said.what !== '' && <p>{said.what}</p>}
          {fault.fields.length > 0 && (
            <ul>
              {fault.fields.map((one) => (
                <li key={one.field}>{language === 'zh' && one.chinese !== '' ? one.chinese : `${one.field}: ${one.english}`}</li>
              ))}
            </ul>
          )}
          {said.next !== '' && <p>{said.next}</p>}
        </>
      }
      action={onRetry && <Button size="small" onClick={onRetry}>{words.app.retry}</Button>}
    />
  );
}
