import { Route, Routes } from 'react-router-dom';

import { DayPage } from './DayPage';
import { MonthPage } from './MonthPage';

/** Months with holidays, make-up days and what is due; and one day of it. */
export default function CalendarPage() {
  return (
    <Routes>
      <Route index element={<MonthPage />} />
      <Route path=":day" element={<DayPage />} />
    </Routes>
  );
}
