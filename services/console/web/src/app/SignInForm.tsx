// Signing in, in the steps that the node asks for: name and password, and a code where one is in use; then, where the
// password was for one time, a new one.
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';

import { useClients } from '../api/clients';
import { type Fault, faultOf } from '../api/fault';
import { faultWords } from '../components/faultWords';
import { useLanguage, useWords } from '../words';
import { NewPasswordFields } from './NewPasswordFields';

interface Credentials {
  person: string;
  password: string;
  code: string;
}

interface Props {
  /** Whose session has ended; empty: anybody's. */
  person?: string;
  onSignedIn: () => Promise<void>;
}

/** Passwords are compared a few at a time, and an office that arrives in the morning waits its turn. */
const SIGN_IN = { timeoutMs: 60_000 };

function SignInFault({ fault }: { fault: Fault }) {
  const words = useWords();
  const language = useLanguage();
  if (fault.metadata['cause'] === 'SIGN_IN') return <Alert type="error" showIcon role="alert" message={words.signIn.wrong} />;
  const said = faultWords(fault, words, language);
  const field = fault.fields[0];
  const what = field === undefined ? said.what : language === 'zh' && field.chinese !== '' ? field.chinese : field.english;
  return <Alert type="error" showIcon role="alert" message={said.title} description={`${what} ${said.next}`.trim()} />;
}

export function SignInForm({ person = '', onSignedIn }: Props) {
  const words = useWords();
  const { access } = useClients();
  const [given, setGiven] = useState<Credentials | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);

  const signIn = async (credentials: Credentials): Promise<void> => {
    const answer = await access.signIn({ ...credentials, person: `people/${credentials.person}` }, SIGN_IN);
    if (answer.needsPasswordChange) setGiven(credentials);
    else await onSignedIn();
  };
  const change = async (old: Credentials, newPassword: string): Promise<void> => {
    await access.changePassword({ ...old, person: `people/${old.person}`, newPassword }, SIGN_IN);
    await signIn({ ...old, password: newPassword });
  };
  const attempt = async (what: Promise<void>): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await what;
    } catch (error) {
      setFault(faultOf(error));
    } finally {
      setBusy(false);
    }
  };

  if (given !== null) {
    return (
      <Form layout="vertical" onFinish={(form: { newPassword: string }) => attempt(change(given, form.newPassword))}>
        <Alert type="info" showIcon message={words.signIn.newPasswordTitle} description={words.signIn.newPasswordWhy} />
        <NewPasswordFields />
        {fault && <SignInFault fault={fault} />}
        <Button type="primary" htmlType="submit" block loading={busy}>{words.signIn.change}</Button>
      </Form>
    );
  }
  return (
    <Form<Credentials>
      layout="vertical"
      requiredMark={false}
      initialValues={{ person, password: '', code: '' }}
      onFinish={(form) => attempt(signIn({ ...form, person: form.person.trim() }))}
    >
      <Form.Item
        name="person"
        label={words.signIn.person}
        rules={[{ required: true, pattern: /^\s*[a-z][a-z0-9-]*\s*$/, message: words.signIn.needPerson }]}
      >
        <Input autoComplete="username" autoFocus={person === ''} disabled={person !== ''} maxLength={63} />
      </Form.Item>
      <Form.Item
        name="password"
        label={words.signIn.password}
        rules={[{ required: true, message: words.signIn.needPassword }]}
      >
        <Input.Password autoComplete="current-password" autoFocus={person !== ''} maxLength={128} />
      </Form.Item>
      <Form.Item name="code" label={words.signIn.code}>
        <Input autoComplete="one-time-code" inputMode="numeric" maxLength={6} placeholder={words.signIn.codeHint} />
      </Form.Item>
      {fault && <SignInFault fault={fault} />}
      <Button type="primary" htmlType="submit" block loading={busy}>{words.signIn.submit}</Button>
    </Form>
  );
}
