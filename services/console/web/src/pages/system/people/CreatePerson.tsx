import { Form, Input, Modal } from 'antd';
import { useState } from 'react';

import { useClients } from '../../../api/clients';
import { useAct } from '../../../api/useAct';
import { FaultView } from '../../../components/FaultView';
import { useWords } from '../../../words';
import { OncePassword } from './OncePassword';

interface NewPerson {
  id: string;
  name: string;
}

/** Takes somebody in; then shows the password for one time, which is shown once. */
export function CreatePerson({ onClose }: { onClose: () => void }) {
  const words = useWords();
  const { access } = useClients();
  const [form] = Form.useForm<NewPerson>();
  const [password, setPassword] = useState<string>();
  const create = useAct({
    call: (input: NewPerson, requestId) =>
      access.createPerson({ requestId, personId: input.id, person: { displayName: input.name } }),
    onDone: (made) => { setPassword(made.oneTimePassword); },
  });
  return (
    <Modal
      open
      title={words.person.create}
      okText={password === undefined ? words.person.create : words.person.close}
      cancelText={words.app.cancel}
      confirmLoading={create.isPending}
      cancelButtonProps={{ hidden: password !== undefined }}
      onOk={password === undefined ? form.submit : onClose}
      onCancel={onClose}
      maskClosable={false}
    >
      {password !== undefined ? <OncePassword password={password} /> : (
        <Form<NewPerson> form={form} layout="vertical" requiredMark={false} onFinish={(input) => { create.mutate(input); }}>
          <Form.Item
            name="id"
            label={words.person.id}
            extra={words.person.idHint}
            rules={[{ required: true, pattern: /^[a-z][a-z0-9-]*$/, message: words.person.idHint }]}
          >
            <Input autoComplete="off" maxLength={63} />
          </Form.Item>
          <Form.Item name="name" label={words.person.name} rules={[{ required: true, whitespace: true, message: words.field.needed }]}>
            <Input autoComplete="off" maxLength={64} />
          </Form.Item>
          {create.isError && <FaultView error={create.error} />}
        </Form>
      )}
    </Modal>
  );
}
