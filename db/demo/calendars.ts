// The State Council's notices on days off, as published. These are real; the rest of the demo world is invented.

/** Days off as first and last day, both inclusive, and the weekends that are worked instead. */
export interface DemoCalendar {
  readonly year: number;
  readonly documentNo: string;
  readonly source: string;
  readonly holidays: readonly (readonly [from: string, to: string])[];
  readonly workingDays: readonly string[];
}

export const calendars: readonly DemoCalendar[] = [
  {
    year: 2024,
    documentNo: '国办发明电〔2023〕7号',
    source: '国务院办公厅关于2024年部分节假日安排的通知（2023-10-25），国务院公报2023年第31号',
    holidays: [
      ['2024-01-01', '2024-01-01'],
      ['2024-02-10', '2024-02-17'],
      ['2024-04-04', '2024-04-06'],
      ['2024-05-01', '2024-05-05'],
      ['2024-06-10', '2024-06-10'],
      ['2024-09-15', '2024-09-17'],
      ['2024-10-01', '2024-10-07'],
    ],
    workingDays: ['2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12'],
  },
  {
    year: 2025,
    documentNo: '国办发明电〔2024〕12号',
    source: '国务院办公厅关于2025年部分节假日安排的通知（2024-11-12），新华社2024年11月12日电',
    holidays: [
      ['2025-01-01', '2025-01-01'],
      ['2025-01-28', '2025-02-04'],
      ['2025-04-04', '2025-04-06'],
      ['2025-05-01', '2025-05-05'],
      ['2025-05-31', '2025-06-02'],
      ['2025-10-01', '2025-10-08'],
    ],
    workingDays: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
  },
  {
    year: 2026,
    documentNo: '国办发明电〔2025〕7号',
    source: '国务院办公厅关于2026年部分节假日安排的通知（2025-11-04），新华社2025年11月4日电',
    holidays: [
      ['2026-01-01', '2026-01-03'],
      ['2026-02-15', '2026-02-23'],
      ['2026-04-04', '2026-04-06'],
      ['2026-05-01', '2026-05-05'],
      ['2026-06-19', '2026-06-21'],
      ['2026-09-25', '2026-09-27'],
      ['2026-10-01', '2026-10-07'],
    ],
    workingDays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
];
