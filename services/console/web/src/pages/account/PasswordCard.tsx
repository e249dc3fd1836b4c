import { Button, Card, Form, Input } from 'antd';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { NewPasswordFields } from '../../app/NewPasswordFields';
import { useMessage } from '../../app/Messages';
import { useSession } from '../../app/session';
import { FaultView } from '../../components/FaultView';
import { useWords } from '../../words';

interface Change {
  password: string;
  code: string;
  newPassword: string;
}

/** Another password; all sessions of the person end with it. */
export function PasswordCard() {
  const words = useWords();
  const { access } = useClients();
  const { who, signOut } = useSession();
  const message = useMessage();
  const change = useAct({
    call: (form: Change) =>
      access.changePassword({
        person: `people/${who.person}`,
        password: form.password,
        code: form.code,
        newPassword: form.newPassword,
      }),
    onDone: () => {
      void message.success(words.account.passwordChanged);
      void signOut().catch(() => { window.location.assign('/'); });
    },
  });
  return (
    <Card title={words.signIn.changeAlone}>
      <Form<Change> layout="vertical" className="narrow" requiredMark={false} onFinish={(form) => { change.mutate(form); }}>
        <Form.Item name="password" label={words.account.oldPassword} rules={[{ required: true, message: words.signIn.needPassword }]}>
          <Input.Password autoComplete="current-password" maxLength={128} />
        </Form.Item>
        <Form.Item name="code" label={words.signIn.code} initialValue="">
          <Input autoComplete="one-time-code" inputMode="numeric" maxLength={6} placeholder={words.signIn.codeHint} />
        </Form.Item>
        <NewPasswordFields />
        {change.isError && <FaultView error={change.error} />}
        <Button htmlType="submit" loading={change.isPending}>{words.signIn.changeAlone}</Button>
      </Form>
    </Card>
  );
}
