import { Alert, Button, Card, Form, Input, QRCode } from 'antd';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { useSession } from '../../app/session';
import { FaultView } from '../../components/FaultView';
import type { BeginTotpResponse } from '../../gen/duban/v1/access_service_pb';
import { useWords } from '../../words';

/** Codes from the phone: made, shown once, and counted once the first is typed. Signing in asks for one from then on. */
export function SecondFactorCard() {
  const words = useWords();
  const { access } = useClients();
  const { refresh } = useSession();
  const begin = useAct<null, BeginTotpResponse>({ call: () => access.beginTotp({}) });
  const confirm = useAct({
    call: (code: string) => access.confirmTotp({ code }),
    onDone: () => void refresh(),
  });
  if (confirm.isSuccess) {
    return <Card title={words.account.secondFactor}><Alert type="success" showIcon message={words.account.done} /></Card>;
  }
  return (
    <Card title={words.account.secondFactor}>
      {begin.isError && <FaultView error={begin.error} />}
      {begin.data === undefined ? (
        <Button loading={begin.isPending} onClick={() => { begin.mutate(null); }}>{words.account.begin}</Button>
      ) : (
        <Form layout="vertical" className="narrow" onFinish={(form: { code: string }) => { confirm.mutate(form.code); }}>
          <p>{words.account.scan}</p>
          <QRCode type="svg" value={begin.data.uri} />
          <p><code>{begin.data.secret}</code></p>
          <Form.Item name="code" label={words.account.enterCode} rules={[{ required: true, pattern: /^\d{6}$/, message: words.account.enterCode }]}>
            <Input inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
          </Form.Item>
          {confirm.isError && <FaultView error={confirm.error} />}
          <Button type="primary" htmlType="submit" loading={confirm.isPending}>{words.account.confirm}</Button>
        </Form>
      )}
    </Card>
  );
}
