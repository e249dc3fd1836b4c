import { Button, Form, InputNumber, Select, Switch, TimePicker } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';

import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { FaultView } from '../../../components/FaultView';
import type { ReminderPolicy } from '../../../gen/duban/v1/reminder_pb';
import { useWords } from '../../../words';
import { Ladder } from './Ladder';
import type { PolicyDays } from './ladder';

interface Given {
  beforeDue: string[];
  onDue: boolean;
  overdue: string[];
  escalation: string[];
  unsigned: string[];
  periodic: number;
  time: Dayjs;
  maxAttempts: number;
  backoff: number;
  catchUp: number;
}

function givenOf(policy: ReminderPolicy): Given {
  const days = (values: readonly number[]): string[] => [...values].sort((a, b) => a - b).map(String);
  return {
    beforeDue: days(policy.beforeDueWorkingDays),
    onDue: policy.onDue,
    overdue: days(policy.overdueWorkingDays),
    escalation: days(policy.escalationWorkingDays),
    unsigned: days(policy.unsignedWorkingDays),
    periodic: policy.periodicWorkingDays,
    time: dayjs().startOf('day').add(policy.minuteOfDay, 'minute'),
    maxAttempts: policy.maxAttempts,
    backoff: Number(policy.firstBackoff?.seconds ?? 0n),
    catchUp: Number(policy.catchUpWindow?.seconds ?? 0n) / 3600,
  };
}

function numbers(values: readonly string[] | undefined): number[] {
  return (values ?? []).map(Number).filter((value) => Number.isInteger(value) && value >= 1 && value <= 60);
}

function daysOf(given: Partial<Given>): PolicyDays {
  return {
    beforeDue: numbers(given.beforeDue),
    onDue: given.onDue ?? false,
    overdue: numbers(given.overdue),
    escalation: numbers(given.escalation),
    unsigned: numbers(given.unsigned),
    periodic: given.periodic ?? 0,
  };
}

function DaysField({ name, label }: { name: keyof Given; label: string }) {
  const words = useWords();
  const check = (_: unknown, value: string[]): Promise<void> =>
    numbers(value).length === value.length ? Promise.resolve() : Promise.reject(new Error(words.policy.daysHint));
  return (
    <Form.Item name={name} label={words.policy.inDays(label)} rules={[{ validator: check }]}>
      <Select mode="tags" maxCount={10} open={false} suffixIcon={null} tokenSeparators={[',', ' ', '，', '、']} placeholder={words.policy.none} />
    </Form.Item>
  );
}

/** The policy; while it is being changed, what it would do about one task stands beside it. */
export function PolicyForm({ policy, mayChange }: { policy: ReminderPolicy; mayChange: boolean }) {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const message = useMessage();
  const [form] = Form.useForm<Given>();
  const given = (Form.useWatch([], form) as Partial<Given> | undefined) ?? givenOf(policy);
  const save = useAct({
    call: (input: PolicyDays & { minute: number; maxAttempts: number; backoff: number; catchUp: number; etag: string }, requestId) =>
      notifications.updateReminderPolicy({
        requestId,
        policy: {
          name: policy.name,
          etag: input.etag,
          beforeDueWorkingDays: [...input.beforeDue],
          onDue: input.onDue,
          overdueWorkingDays: [...input.overdue],
          escalationWorkingDays: [...input.escalation],
          unsignedWorkingDays: [...input.unsigned],
          periodicWorkingDays: input.periodic,
          minuteOfDay: input.minute,
          maxAttempts: input.maxAttempts,
          firstBackoff: { seconds: BigInt(input.backoff) },
          catchUpWindow: { seconds: BigInt(Math.round(input.catchUp * 3600)) },
        },
        updateMask: {
          paths: [
            'before_due_working_days', 'on_due', 'overdue_working_days', 'escalation_working_days', 'unsigned_working_days',
            'periodic_working_days', 'minute_of_day', 'max_attempts', 'first_backoff', 'catch_up_window',
          ],
        },
      }),
    onDone: () => { void message.success(words.policy.saved); },
  });
  const send = (all: Given): void => {
    save.mutate({
      ...daysOf(all),
      minute: all.time.hour() * 60 + all.time.minute(),
      maxAttempts: all.maxAttempts,
      backoff: all.backoff,
      catchUp: all.catchUp,
      etag: policy.etag,
    });
  };
  return (
    <div className="two-columns">
      <section className="paper">
        <Form<Given> form={form} layout="vertical" disabled={!mayChange} requiredMark={false} initialValues={givenOf(policy)} onFinish={send}>
          <DaysField name="unsigned" label={words.policy.unsigned} />
          <DaysField name="beforeDue" label={words.policy.beforeDue} />
          <Form.Item name="onDue" label={words.policy.onDue} valuePropName="checked"><Switch /></Form.Item>
          <DaysField name="overdue" label={words.policy.overdue} />
          <DaysField name="escalation" label={words.policy.escalation} />
          <div className="row policy-numbers">
            <Form.Item name="periodic" label={words.policy.inDays(words.policy.periodic)}><InputNumber min={0} max={60} precision={0} /></Form.Item>
            <Form.Item name="time" label={words.policy.time}><TimePicker format="HH:mm" allowClear={false} needConfirm={false} /></Form.Item>
            <Form.Item name="maxAttempts" label={words.policy.maxAttempts}><InputNumber min={1} max={100} precision={0} /></Form.Item>
            <Form.Item name="backoff" label={words.policy.backoff}><InputNumber min={1} max={3600} precision={0} /></Form.Item>
            <Form.Item name="catchUp" label={words.policy.catchUp}><InputNumber min={1} max={720} /></Form.Item>
          </div>
          {save.isError && <FaultView error={save.error} />}
          {mayChange
            ? <Button type="primary" htmlType="submit" loading={save.isPending}>{words.policy.save}</Button>
            : <p className="quiet">{words.policy.readOnly}</p>}
        </Form>
      </section>
      <Ladder policy={daysOf(given)} />
    </div>
  );
}
