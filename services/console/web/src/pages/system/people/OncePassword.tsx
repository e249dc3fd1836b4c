import { Alert, Button } from 'antd';

import { useMessage } from '../../../app/Messages';
import { useWords } from '../../../words';

/** A password for one time; empty where it was shown before. */
export function OncePassword({ password }: { password: string }) {
  const words = useWords();
  const message = useMessage();
  if (password === '') return <Alert type="warning" showIcon message={words.person.onceGone} />;
  const copy = (): void => {
    // Browsers have a clipboard for pages over HTTPS or from this machine alone; the words can be read anyway.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    void clipboard?.writeText(password).then(() => message.success(words.person.copied));
  };
  return (
    <Alert
      type="success"
      showIcon
      role="status"
      message={words.person.oncePassword}
      description={(
        <>
          <p className="row"><code className="once">{password}</code><Button size="small" onClick={copy}>{words.person.copy}</Button></p>
          <p>{words.person.onceHint}</p>
        </>
      )}
    />
  );
}
