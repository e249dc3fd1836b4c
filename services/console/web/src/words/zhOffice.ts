// What the pages say by which an office keeps its house, in Chinese: calendar, reminders, directory, system, wall screen.
import { zhBoardView } from './zhBoardView';
import { zhCalendar } from './zhCalendar';
import { zhDirectory } from './zhDirectory';
import { zhOfficeValues } from './zhOfficeValues';
import { zhPeople } from './zhPeople';
import { zhReminders } from './zhReminders';
import { zhSystem } from './zhSystem';

export const zhOffice = {
  ...zhOfficeValues,
  ...zhBoardView,
  ...zhCalendar,
  ...zhDirectory,
  ...zhPeople,
  ...zhReminders,
  ...zhSystem,
  nav: { calendar: '日历', reminders: '提醒', directory: '名录', system: '系统' },
};

export type OfficeWords = typeof zhOffice;
