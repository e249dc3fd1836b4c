import { Form, Input, InputNumber, Select } from 'antd';
import type { ReactNode } from 'react';

import { useUnits } from '../../api/units';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import type { Act } from './acts';
import { FileField } from './FileField';
import { areDone, type FileItem } from './fileItems';
import { periodIsTyped, periodsOf, unreadReports } from './facts';

interface TextProps {
  label: string;
  most: number;
  needed?: boolean;
  rows?: number;
}

function TextField({ label, most, needed = false, rows = 4 }: TextProps) {
  const words = useWords();
  return (
    <Form.Item name="text" label={label} rules={needed ? [{ required: true, whitespace: true, message: words.field.needed }] : []}>
      <Input.TextArea autoFocus rows={rows} maxLength={most} showCount />
    </Form.Item>
  );
}

function DueField({ label, needed = false }: { label: string; needed?: boolean }) {
  const words = useWords();
  return (
    <Form.Item name="due" label={label} rules={needed ? [{ required: true, message: words.field.needed }] : []}>
      <Input type="date" />
    </Form.Item>
  );
}

function EvidenceField({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const finished = (_: unknown, items: FileItem[] | undefined): Promise<void> =>
    areDone(items) ? Promise.resolve() : Promise.reject(new Error(words.files.unfinished));
  return (
    <>
      <Form.Item name="files" label={words.files.label} rules={[{ validator: finished }]} validateTrigger={[]}>
        <FileField unit={assignment.unit} />
      </Form.Item>
      <Form.Item name="evidence" label={words.field.evidence}>
        <Input.TextArea rows={2} />
      </Form.Item>
    </>
  );
}

function PeriodField({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const periods = periodsOf(assignment.deadline, assignment.year);
  const typed = periodIsTyped(assignment.deadline);
  if (periods.length === 0 && !typed) return null;
  return (
    <Form.Item name="period" label={words.field.period} rules={[{ required: true, message: words.field.needed }]}>
      {typed ? (
        <Input maxLength={10} placeholder="2026-W07 / 2026-03-05" />
      ) : (
        <Select options={periods.map((period) => ({ value: period, label: period }))} />
      )}
    </Form.Item>
  );
}

function UnitField() {
  const words = useWords();
  const units = useUnits();
  return (
    <Form.Item name="unit" label={words.field.unit} rules={[{ required: true, message: words.field.needed }]}>
      <Select
        showSearch
        optionFilterProp="label"
        loading={units.isPending}
        options={(units.data ?? []).map((unit) => ({ value: unit.name, label: unit.displayName }))}
      />
    </Form.Item>
  );
}

function ReportField({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  return (
    <Form.Item
      name="reportId"
      label={words.one.reports}
      extra={words.field.retractSure}
      rules={[{ required: true, message: words.field.needed }]}
    >
      <Select options={unreadReports(assignment).map((one) => ({ value: one.reportId, label: `${one.reportId} ${one.text}` }))} />
    </Form.Item>
  );
}

function PercentField() {
  const words = useWords();
  return (
    <Form.Item name="percent" label={words.field.percent} initialValue={0}>
      <InputNumber min={0} max={100} addonAfter="%" inputMode="numeric" />
    </Form.Item>
  );
}

/** What an act asks for. */
export function ActFields({ assignment, act }: { assignment: Assignment; act: Act }): ReactNode {
  const { field } = useWords();
  switch (act) {
    case 'report':
      return <><TextField label={field.progress} most={10000} needed /><PercentField /><EvidenceField assignment={assignment} /></>;
    case 'submit':
      return <><PeriodField assignment={assignment} /><TextField label={field.result} most={10000} needed /><EvidenceField assignment={assignment} /></>;
    case 'extend':
      return <><DueField label={field.proposedDue} needed /><TextField label={field.extendReason} most={2000} needed /></>;
    case 'decline':
      return <TextField label={field.declineReason} most={2000} needed />;
    case 'retract':
      return <ReportField assignment={assignment} />;
    case 'accept':
      return <TextField label={field.comment} most={5000} rows={2} />;
    case 'return':
      return <TextField label={field.commentNeeded} most={5000} needed />;
    case 'grant':
      return <><DueField label={field.grantedDue} needed /><TextField label={field.comment} most={2000} rows={2} /></>;
    case 'refuse':
      return <TextField label={field.comment} most={2000} needed />;
    case 'readdress':
      return <><UnitField /><TextField label={field.ruling} most={2000} rows={2} /></>;
    case 'bind':
      return <><TextField label={field.ruling} most={2000} needed /><DueField label={field.newDue} /></>;
    case 'remark':
      return <TextField label={field.remark} most={1000} needed />;
    case 'urge':
      return <TextField label={field.urge} most={500} needed />;
    default:
      return null;
  }
}
