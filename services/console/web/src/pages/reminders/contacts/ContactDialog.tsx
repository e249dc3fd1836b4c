import { Form, Modal, Select } from 'antd';

import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { lastOf } from '../../../api/names';
import { useUnits } from '../../../api/units';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { FaultView } from '../../../components/FaultView';
import type { Contact } from '../../../gen/duban/v1/digest_pb';
import { useWords } from '../../../words';

interface Given {
  unit: string;
  mailAddresses: string[];
  webhooks: string[];
}

/** Says how a unit is reached; without `contact` of a unit that is chosen. */
export function ContactDialog({ contact, onClose }: { contact?: Contact; onClose: () => void }) {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const message = useMessage();
  const [form] = Form.useForm<Given>();
  const units = useUnits(contact === undefined);
  const save = useAct({
    call: (input: Given & { etag: string }, requestId) =>
      notifications.updateContact({
        requestId,
        contact: { name: `contacts/${input.unit}`, mailAddresses: input.mailAddresses, webhooks: input.webhooks, etag: input.etag },
      }),
    onDone: () => {
      void message.success(words.reminders.saved);
      onClose();
    },
  });
  const options = contact === undefined
    ? (units.data ?? []).map((unit) => ({ value: lastOf(unit.name), label: unit.displayName }))
    : [{ value: lastOf(contact.name), label: contact.unitDisplayName }];
  return (
    <Modal
      open
      title={words.reminders.contacts}
      okText={words.reminders.save}
      cancelText={words.app.cancel}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Given>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          unit: contact && lastOf(contact.name), mailAddresses: contact?.mailAddresses ?? [], webhooks: contact?.webhooks ?? [],
        }}
        onFinish={(given) => { save.mutate({ ...given, etag: contact?.etag ?? '' }); }}
      >
        <Form.Item name="unit" label={words.reminders.unit} rules={[{ required: true, message: words.field.needed }]}>
          <Select showSearch optionFilterProp="label" disabled={contact !== undefined} options={options} />
        </Form.Item>
        <Form.Item name="mailAddresses" label={words.reminders.mail} extra={words.reminders.mailHint}>
          <Select mode="tags" maxCount={10} open={false} suffixIcon={null} tokenSeparators={[',', ' ', '，', '、']} />
        </Form.Item>
        <Form.Item name="webhooks" label={words.reminders.webhooks} extra={words.reminders.webhookHint}>
          <Select mode="tags" maxCount={5} open={false} suffixIcon={null} tokenSeparators={[',', ' ', '，', '、']} />
        </Form.Item>
        {save.isError && <FaultView error={save.error} />}
      </Form>
    </Modal>
  );
}
