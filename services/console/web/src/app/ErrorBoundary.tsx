import { Button, Result } from 'antd';
import { Component, type ReactNode } from 'react';

import { useWords } from '../words';

function Crashed() {
  const words = useWords();
  return (
    <Result
      status="warning"
      title={words.app.crashed}
      subTitle={words.app.crashedHint}
      extra={<Button type="primary" onClick={() => { window.location.reload(); }}>{words.app.reload}</Button>}
    />
  );
}

/** Keeps a page that breaks from taking the others with it. Give it another `key` for another page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Crashed /> : this.props.children;
  }
}
