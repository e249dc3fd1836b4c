import { Modal } from 'antd';

import { useWords } from '../words';
import { SignInForm } from './SignInForm';

interface Props {
  person: string;
  onSignedIn: () => Promise<void>;
}

/** Over the page of somebody whose session has ended: it stays, with all that was typed. */
export function SignInDialog({ person, onSignedIn }: Props) {
  const words = useWords();
  return (
    <Modal open title={words.signIn.expired} footer={null} closable={false} maskClosable={false} keyboard={false} width={400} zIndex={2000}>
      <p>{words.signIn.expiredHint}</p>
      <SignInForm person={person} onSignedIn={onSignedIn} />
    </Modal>
  );
}
