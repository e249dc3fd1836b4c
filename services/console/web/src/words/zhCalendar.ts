// What the calendar says, in Chinese.
export const zhCalendar = {
  calendar: {
    weekdays: ['一', '二', '三', '四', '五', '六', '日'],
    months: ['1月', '2月', '3月', '4月', '5月', '6月', '7月', '8月', '9月', '10月', '11月', '12月'],
    monthOf: (year: number, month: number) => `${String(year)}年${String(month)}月`,
    yearOf: (year: number) => `${String(year)}年`,
    month: '月',
    year: '年',
    view: '看',
    previous: '上一页',
    next: '下一页',
    today: '今天',
    off: '休',
    work: '班',
    offLong: '放假',
    workLong: '调休上班',
    due: (n: number) => `${String(n)} 项到期`,
    late: (n: number) => `${String(n)} 项亮红灯`,
    noNotice: (year: number) => `${String(year)} 年的放假安排还没有公布或录入，暂按双休日计算。`,
    notice: (notice: string) => `放假安排：${notice}`,
    dueOn: (day: string) => `${day} 到期`,
    nothingDue: '这一天没有到期的事项',
    firstOnly: (n: string) => `只取到最早到期的 ${n} 项，之后的日子可能还有。`,
    thisMonth: '本月到期',
    noneThisMonth: '本月没有到期的事项',
    back: '返回日历',
    seeAll: '在清单中按期限查看',
  },
};

export type CalendarWords = typeof zhCalendar;
