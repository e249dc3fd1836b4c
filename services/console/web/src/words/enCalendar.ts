// What the calendar says, in English.
import type { CalendarWords } from './zhCalendar';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const enCalendar: CalendarWords = {
  calendar: {
    weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
    months: MONTHS,
    monthOf: (year, month) => `${MONTHS[month - 1] ?? ''} ${String(year)}`,
    yearOf: (year) => String(year),
    month: 'Month',
    year: 'Year',
    view: 'Show',
    previous: 'Earlier',
    next: 'Later',
    today: 'Today',
    off: 'off',
    work: 'work',
    offLong: 'day off',
    workLong: 'worked instead',
    due: (n) => `${String(n)} due`,
    late: (n) => `${String(n)} red`,
    noNotice: (year) => `The holidays of ${String(year)} are not known yet; weekends count as days off.`,
    notice: (notice) => `Holidays by ${notice}`,
    dueOn: (day) => `Due on ${day}`,
    nothingDue: 'Nothing is due on this day',
    firstOnly: (n) => `Only the first ${n} by deadline were fetched; later days may have more.`,
    thisMonth: 'Due this month',
    noneThisMonth: 'Nothing is due this month',
    back: 'Back to the calendar',
    seeAll: 'In the list, by deadline',
  },
};
