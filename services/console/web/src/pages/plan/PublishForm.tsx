import { useQueryClient } from '@tanstack/react-query';
import { Button, Form, Input, Popconfirm, Select } from 'antd';
import { useNavigate } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { lastOf } from '../../api/names';
import { useUnitNames } from '../../api/units';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { useWho } from '../../app/session';
import { unitsWith } from '../../app/who';
import { FaultView } from '../../components/FaultView';
import { Role } from '../../gen/duban/v1/access_pb';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';

interface Publication {
  issuer: string;
  reason?: string;
}

/** Publishes the draft that was previewed, and no other one. */
export function PublishForm({ plan, etag }: { plan: Plan; etag: string }) {
  const words = useWords();
  const clients = useClients();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const message = useMessage();
  const [form] = Form.useForm<Publication>();
  const isRevision = plan.revises !== '';
  const planning = unitsWith(useWho(), Role.PLANNER);
  // A revision is published by whoever published the plan, and by nobody else.
  const units = isRevision ? planning.filter((unit) => unit === plan.drafter) : planning;
  const nameOf = useUnitNames(units);
  const publish = useAct({
    call: (input: Publication & { etag: string }, requestId) =>
      clients.plans.publishPlan({ requestId, name: plan.name, etag: input.etag, issuer: input.issuer, reason: input.reason ?? '' }),
    onDone: (published) => {
      // What is published has no preview to be asked for again.
      queries.removeQueries({ queryKey: ['preview', plan.name] });
      queries.setQueryData(['plan', published.name], published);
      void message.success(words.plan.published);
      void navigate(`/plans/${lastOf(published.name)}`);
    },
  });
  return (
    <Form<Publication>
      form={form}
      layout="vertical"
      className="narrow"
      requiredMark={false}
      initialValues={{ issuer: units.includes(plan.drafter) ? plan.drafter : units[0] }}
      onFinish={(given) => { publish.mutate({ ...given, etag }); }}
    >
      <Form.Item name="issuer" label={words.plan.issuer} rules={[{ required: true, message: words.field.needed }]}>
        <Select options={units.map((unit) => ({ value: unit, label: nameOf(unit) }))} />
      </Form.Item>
      {isRevision && (
        <Form.Item name="reason" label={words.plan.reason} rules={[{ required: true, whitespace: true, message: words.field.needed }]}>
          <Input.TextArea rows={3} maxLength={500} showCount />
        </Form.Item>
      )}
      {publish.isError && <FaultView error={publish.error} />}
      <Popconfirm title={words.plan.publishSure} okText={words.plan.publish} cancelText={words.app.cancel} onConfirm={form.submit}>
        <Button type="primary" loading={publish.isPending}>{words.plan.publish}</Button>
      </Popconfirm>
    </Form>
  );
}
