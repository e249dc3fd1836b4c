import { lazy } from 'react';
import { Route, Routes } from 'react-router-dom';

import { PlanList } from './PlanList';

const PlanPage = lazy(() => import('../plan/PlanPage'));

/** Plans, and what they open. */
export default function PlansPage() {
  return (
    <Routes>
      <Route index element={<PlanList />} />
      <Route path=":plan" element={<PlanPage />} />
    </Routes>
  );
}
