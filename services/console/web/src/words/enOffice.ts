// What the pages say by which an office keeps its house, in English.
import { enBoardView } from './enBoardView';
import { enCalendar } from './enCalendar';
import { enDirectory } from './enDirectory';
import { enOfficeValues } from './enOfficeValues';
import { enPeople } from './enPeople';
import { enReminders } from './enReminders';
import { enSystem } from './enSystem';
import type { OfficeWords } from './zhOffice';

export const enOffice: OfficeWords = {
  ...enOfficeValues,
  ...enBoardView,
  ...enCalendar,
  ...enDirectory,
  ...enPeople,
  ...enReminders,
  ...enSystem,
  nav: { calendar: 'Calendar', reminders: 'Reminders', directory: 'Directory', system: 'System' },
};
