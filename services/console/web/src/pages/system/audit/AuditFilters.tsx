import { Button, DatePicker, Input, Select } from 'antd';
import dayjs from 'dayjs';

import { SERVICES } from '../../../api/processes';
import { AuditEntry_Outcome } from '../../../gen/duban/v1/audit_pb';
import { useLanguage, useWords } from '../../../words';
import { methodOptions } from '../../../words/methods';
import type { AuditQuery } from './auditQuery';

interface Props {
  query: AuditQuery;
  onChange: (change: Partial<AuditQuery>) => void;
  onClear: () => void;
}

/** Which entries; all of it stands in the address. */
export function AuditFilters({ query, onChange, onClear }: Props) {
  const words = useWords();
  const language = useLanguage();
  return (
    <div className="row filters">
      <Select
        className="field-light"
        aria-label={words.audit.service}
        value={query.service}
        options={SERVICES.map((one) => ({ value: one, label: words.node.services[one] }))}
        onChange={(service: AuditQuery['service']) => { onChange({ service }); }}
      />
      <Select
        className="field-light"
        aria-label={words.audit.outcome}
        value={query.outcome}
        options={[
          { value: AuditEntry_Outcome.OUTCOME_UNSPECIFIED, label: words.audit.anyOutcome },
          { value: AuditEntry_Outcome.DONE, label: words.audit.done },
          { value: AuditEntry_Outcome.REFUSED, label: words.audit.refused },
        ]}
        onChange={(outcome: AuditEntry_Outcome) => { onChange({ outcome }); }}
      />
      <Select
        className="field-unit"
        aria-label={words.audit.method}
        value={query.method}
        showSearch
        optionFilterProp="label"
        popupMatchSelectWidth={false}
        options={[{ value: '', label: words.audit.anyMethod }, ...methodOptions(language)]}
        onChange={(method: string) => { onChange({ method }); }}
      />
      <Input.Search
        className="field-unit"
        key={`caller ${query.caller}`}
        aria-label={words.audit.caller}
        placeholder={words.audit.callerHint}
        defaultValue={query.caller}
        maxLength={300}
        allowClear
        onSearch={(caller) => { onChange({ caller: caller.trim() }); }}
      />
      <Input.Search
        className="field-unit"
        key={`about ${query.about}`}
        aria-label={words.audit.about}
        placeholder={words.audit.aboutHint}
        defaultValue={query.about}
        maxLength={300}
        allowClear
        onSearch={(about) => { onChange({ about: about.trim() }); }}
      />
      <DatePicker
        aria-label={words.audit.from}
        placeholder={words.audit.from}
        value={query.from === '' ? null : dayjs(query.from)}
        onChange={(day) => { onChange({ from: day === null ? '' : day.format('YYYY-MM-DD') }); }}
      />
      <DatePicker
        aria-label={words.audit.to}
        placeholder={words.audit.to}
        value={query.to === '' ? null : dayjs(query.to)}
        onChange={(day) => { onChange({ to: day === null ? '' : day.format('YYYY-MM-DD') }); }}
      />
      <Button type="link" onClick={onClear}>{words.list.clear}</Button>
    </div>
  );
}
