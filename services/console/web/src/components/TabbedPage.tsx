import { Tabs } from 'antd';
import type { ComponentType } from 'react';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router-dom';

import { useWords } from '../words';
import { Nothing } from './Nothing';

export interface Section {
  /** In the address. */
  name: string;
  label: string;
  component: ComponentType;
}

interface Props {
  /** The page's own, such as `system`. */
  path: string;
  title: string;
  /** Those that are for this person; at least one. */
  sections: readonly Section[];
}

function NotHere() {
  const words = useWords();
  return <Nothing what={words.app.noPage} hint={words.app.noPageHint} />;
}

/** A page of several sections, each with an address of its own. What is not offered is not there. */
export function TabbedPage({ path, title, sections }: Props) {
  const navigate = useNavigate();
  const place = useLocation().pathname.split('/')[2] ?? '';
  return (
    <div className="column">
      <h1>{title}</h1>
      {sections.length > 1 && (
        <Tabs
          className="section-tabs"
          activeKey={place}
          items={sections.map((one) => ({ key: one.name, label: one.label }))}
          onChange={(name) => { void navigate(`/${path}/${name}`); }}
        />
      )}
      <Routes>
        <Route index element={<Navigate to={sections[0]?.name ?? ''} replace />} />
        {sections.map((one) => <Route key={one.name} path={`${one.name}/*`} element={<one.component />} />)}
        <Route path="*" element={<NotHere />} />
      </Routes>
    </div>
  );
}
