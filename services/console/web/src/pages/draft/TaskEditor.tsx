import { Button, Form, Input, InputNumber, Select } from 'antd';
import type { KeyboardEvent } from 'react';

import { useAddressees } from '../../api/addressees';
import { Deadline_Frequency, Deadline_Kind } from '../../gen/duban/v1/deadline_pb';
import type { Task } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';
import { formOf, needsDay, rowsFor, type TaskForm } from './taskForm';
import { TheirChanges } from './TheirChanges';

interface Props {
  /** As it was when it was opened; undefined: a new one. */
  opened: Task | undefined;
  /** What was typed before; undefined: nothing. */
  typed: TaskForm | undefined;
  onTyped: (form: TaskForm) => void;
  /** As it is now; undefined: it is gone, or a new one. */
  now: Task | undefined;
  busy: boolean;
  /** How the button is called. */
  submit: string;
  onSave: (form: TaskForm) => void;
  onClose: () => void;
}

const KINDS = [
  Deadline_Kind.KIND_UNSPECIFIED,
  Deadline_Kind.BY_DATE,
  Deadline_Kind.WHOLE_PERIOD,
  Deadline_Kind.STANDING,
  Deadline_Kind.PERIODIC,
  Deadline_Kind.WORKING_DAYS,
];
const FREQUENCIES = [
  Deadline_Frequency.DAILY,
  Deadline_Frequency.WEEKLY,
  Deadline_Frequency.MONTHLY,
  Deadline_Frequency.QUARTERLY,
  Deadline_Frequency.HALF_YEARLY,
  Deadline_Frequency.YEARLY,
];

function UnitsField({ name, label, options }: { name: keyof TaskForm; label: string; options: string[] }) {
  return (
    <Form.Item name={name} label={label}>
      <Select
        mode="tags"
        tokenSeparators={['、', '，', ',', ';', '；']}
        options={options.map((value) => ({ value, label: value }))}
        maxTagTextLength={20}
      />
    </Form.Item>
  );
}

function DeadlineFields({ printed }: { printed: string }) {
  const words = useWords();
  const kind = Form.useWatch<Deadline_Kind>('kind');
  const needed = (message: string) => [{ required: true, message }];
  return (
    <div className="row deadline-fields">
      <Form.Item name="kind" label={words.draft.deadlineKind} extra={printed === '' ? undefined : words.draft.printed(printed)}>
        <Select popupMatchSelectWidth={false} options={KINDS.map((value) => ({ value, label: wordOf(words.Deadline_Kind, Deadline_Kind, value) }))} />
      </Form.Item>
      {needsDay(kind) && (
        <Form.Item name="due" label={words.draft.due} rules={needed(words.draft.dueNeeded)}>
          <Input type="date" />
        </Form.Item>
      )}
      {kind === Deadline_Kind.PERIODIC && (
        <Form.Item
          name="frequency"
          label={words.draft.frequency}
          rules={[{ type: 'number', min: 1, message: words.draft.frequencyNeeded }]}
        >
          <Select className="field-light" options={FREQUENCIES.map((value) => ({ value, label: wordOf(words.Deadline_Frequency, Deadline_Frequency, value) }))} />
        </Form.Item>
      )}
      {kind === Deadline_Kind.WORKING_DAYS && (
        <Form.Item name="workingDays" label={words.draft.workingDays} rules={[{ type: 'number', min: 1, message: words.draft.daysNeeded }]}>
          <InputNumber min={0} max={366} />
        </Form.Item>
      )}
    </div>
  );
}

/** A task as a form, in the place of the task. Ctrl+Enter saves, Escape leaves. */
export function TaskEditor({ opened, typed, onTyped, now, busy, submit, onSave, onClose }: Props) {
  const words = useWords();
  const [form] = Form.useForm<TaskForm>();
  const names = useAddressees(true);
  const given = (): TaskForm => form.getFieldsValue(true) as TaskForm;
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.submit();
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) onClose();
  };
  return (
    <Form<TaskForm>
      form={form}
      layout="vertical"
      size="small"
      className="task-form"
      requiredMark={false}
      initialValues={typed ?? formOf(opened)}
      onValuesChange={() => { onTyped(given()); }}
      onFinish={() => { onSave(given()); }}
      onKeyDown={onKeyDown}
    >
      <Form.Item name="text" label={words.draft.text} rules={[{ required: true, whitespace: true, message: words.draft.textNeeded }]}>
        <Input.TextArea autoFocus rows={rowsFor(opened?.text ?? '')} maxLength={20000} />
      </Form.Item>
      <div className="task-units">
        <UnitsField name="lead" label={words.draft.lead} options={names} />
        <UnitsField name="responsible" label={words.draft.responsible} options={names} />
        <UnitsField name="cooperate" label={words.draft.cooperate} options={names} />
      </div>
      <DeadlineFields printed={opened?.deadline?.printed ?? ''} />
      <details open={opened !== undefined && (opened.title !== '' || opened.remark !== '')}>
        <summary>{words.draft.more}</summary>
        <Form.Item name="title" label={words.draft.titleField}><Input maxLength={500} /></Form.Item>
        <Form.Item name="headings" label={words.draft.headings}><Input.TextArea rows={2} /></Form.Item>
        <Form.Item name="remark" label={words.draft.remark}><Input.TextArea rows={2} maxLength={2000} /></Form.Item>
      </details>
      {opened !== undefined && <TheirChanges before={opened} now={now} />}
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy}>{submit}</Button>
        <Button onClick={onClose}>{words.app.cancel}</Button>
      </div>
    </Form>
  );
}
