import { Form, Input, InputNumber, Modal } from 'antd';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { FaultView } from '../../components/FaultView';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';

interface Properties {
  title: string;
  documentNumber: string;
  issueDate: string;
  year: number;
  implements: string;
  declineWorkingDays: number;
}

const PATHS: Record<keyof Properties, string> = {
  title: 'title',
  documentNumber: 'document_number',
  issueDate: 'issue_date',
  year: 'year',
  implements: 'implements',
  declineWorkingDays: 'decline_working_days',
};

/** What the document is called, and from when it is. Only what was changed is sent. */
export function PropertiesDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  const [form] = Form.useForm<Properties>();
  const update = useAct({
    call: (input: { given: Partial<Properties>; etag: string }, requestId) =>
      clients.plans.updatePlan({
        requestId,
        plan: { ...input.given, name: plan.name, etag: input.etag },
        updateMask: { paths: Object.keys(input.given).map((field) => PATHS[field as keyof Properties]) },
      }),
    onDone: () => {
      void message.success(words.draft.saved);
      onClose();
    },
  });
  const before: Properties = {
    title: plan.title,
    documentNumber: plan.documentNumber,
    issueDate: plan.issueDate,
    year: plan.year,
    implements: plan.implements,
    declineWorkingDays: plan.declineWorkingDays,
  };
  const save = (given: Properties): void => {
    const fields = (Object.keys(PATHS) as (keyof Properties)[]).filter((field) => given[field] !== before[field]);
    if (fields.length === 0) onClose();
    else update.mutate({ given: Object.fromEntries(fields.map((field) => [field, given[field]])), etag: plan.etag });
  };
  return (
    <Modal
      open
      title={words.draft.properties}
      okText={words.draft.save}
      cancelText={words.app.cancel}
      confirmLoading={update.isPending}
      maskClosable={false}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Properties> form={form} layout="vertical" requiredMark={false} initialValues={before} onFinish={save}>
        <Form.Item name="title" label={words.draft.planTitle} rules={[{ required: true, whitespace: true, message: words.field.needed }]}>
          <Input.TextArea rows={2} maxLength={200} />
        </Form.Item>
        <Form.Item name="documentNumber" label={words.draft.documentNumber}><Input maxLength={60} /></Form.Item>
        <div className="row">
          <Form.Item name="issueDate" label={words.draft.issueDate}><Input type="date" /></Form.Item>
          <Form.Item name="year" label={words.draft.year}><InputNumber min={0} max={2200} /></Form.Item>
          <Form.Item name="declineWorkingDays" label={words.draft.declineDays}><InputNumber min={0} max={60} /></Form.Item>
        </div>
        <Form.Item name="implements" label={words.draft.implementsField}><Input maxLength={200} /></Form.Item>
        {update.isError && <FaultView error={update.error} />}
      </Form>
    </Modal>
  );
}
