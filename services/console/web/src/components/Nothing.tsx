import { Empty } from 'antd';
import type { ReactNode } from 'react';

interface Props {
  what: string;
  hint?: string | undefined;
  children?: ReactNode;
}

/** There is nothing, and that is no fault. */
export function Nothing({ what, hint, children }: Props) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <div>{what}</div>
          {hint !== undefined && <div className="quiet">{hint}</div>}
        </>
      }
    >
      {children}
    </Empty>
  );
}
