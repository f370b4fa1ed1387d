// What a benchmark says: rows beside their baselines, as a table and as JSON. A figure is the median of its runs.
import { cpus, totalmem } from 'node:os';
import type { Percentiles } from './percentiles.js';

/** One line of the table. The shape of a row is what later runs are compared by: add to it, change nothing. */
export interface Row {
  readonly work: string;
  /** null where only latencies were measured. */
  readonly figure: number | null;
  readonly unit: string;
  /** Milliseconds. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** What it is compared with, measured in the same run: its name and its figure in the same unit. */
  readonly baseline: string | null;
  readonly baselineFigure: number | null;
  /** figure / baselineFigure, or of what `compare` says. */
  readonly ratio: number | null;
  /** Of the ratio; null where nothing is required. */
  readonly required: string | null;
  readonly met: boolean | null;
  readonly goal: string | null;
  readonly goalMet: boolean | null;
  /** Each run's figure, in order. */
  readonly runs: readonly number[];
}

/** A bound on a number, inclusive. */
export interface Bound {
  readonly least?: number;
  readonly most?: number;
}
const within = (value: number, { least = -Infinity, most = Infinity }: Bound): boolean => value >= least && value <= most;
const said = ({ least, most }: Bound): string => (least !== undefined ? `≥ ${grouped(least)}` : `≤ ${grouped(most ?? 0)}`);

export interface RowOf {
  readonly work: string;
  readonly unit: string;
  readonly runs: readonly number[];
  readonly p50?: number | null;
  readonly p99?: number | null;
  /** `value`: what stands above the line of the ratio; the figure unless said. */
  readonly against?: {
    readonly name: string;
    readonly figure: number;
    readonly value?: number | null;
    readonly required?: Bound;
  };
  readonly goal?: { readonly of: 'figure' | 'p50' | 'p99'; readonly bound: Bound };
}

export function row(of: RowOf): Row {
  const { work, unit, runs, against, goal, p50 = null, p99 = null } = of;
  const figure = runs.length === 0 ? null : median(runs);
  const above = against?.value === undefined ? figure : against.value;
  const ratio = against === undefined || above === null || against.figure === 0 ? null : rounded(above / against.figure);
  const measured = goal === undefined ? null : { figure, p50, p99 }[goal.of];
  const named = goal === undefined ? '' : goal.of === 'figure' ? '' : `${goal.of} `;
  const goalUnit = goal === undefined ? '' : goal.of === 'figure' ? ` ${unit}` : ' ms';
  return {
    work,
    figure: figure === null ? null : rounded(figure),
    unit,
    p50,
    p99,
    baseline: against?.name ?? null,
    baselineFigure: against === undefined ? null : rounded(against.figure),
    ratio,
    required: against?.required === undefined ? null : said(against.required),
    met: against?.required === undefined || ratio === null ? null : within(ratio, against.required),
    goal: goal === undefined ? null : `${named}${said(goal.bound)}${goalUnit}`,
    goalMet: goal === undefined || measured === null ? null : within(measured, goal.bound),
    runs: runs.map(rounded),
  };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
};

/** Milliseconds; null where nothing was answered. */
export interface Latency {
  readonly p50: number | null;
  readonly p99: number | null;
}
/** The median of the runs' percentiles. */
export function latencyOf(runs: readonly Percentiles[]): Latency {
  const answered = runs.filter(({ count }) => count > 0);
  if (answered.length === 0) return { p50: null, p99: null };
  return { p50: rounded(median(answered.map(({ p50 }) => p50))), p99: rounded(median(answered.map(({ p99 }) => p99))) };
}

const rounded = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
const grouped = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
const mark = (met: boolean | null): string => (met === null ? '' : met ? ' ✓' : ' ✗');

/** The rows as Markdown, aligned: for the terminal and for a README alike. */
export function table(rows: readonly Row[]): string {
  const number = (value: number | null): string => (value === null ? '' : grouped(value));
  const cells = rows.map((of) => [
    of.work,
    of.figure === null ? '' : `${grouped(of.figure)} ${of.unit}`,
    number(of.p50),
    number(of.p99),
    of.baseline === null ? '' : `${of.baseline}: ${number(of.baselineFigure)}`,
    of.ratio === null ? '' : `${grouped(of.ratio)}${of.required === null ? '' : ` (${of.required})`}${mark(of.met)}`,
    of.goal === null ? '' : `${of.goal}${mark(of.goalMet)}`,
  ]);
  const header = ['work', 'figure', 'p50 ms', 'p99 ms', 'beside', 'ratio (required)', 'goal'];
  const right = [false, true, true, true, false, true, false];
  const widths = header.map((name, i) => Math.max(name.length, ...cells.map((row_) => width(row_[i] ?? ''))));
  const line = (row_: readonly string[]) =>
    `| ${row_.map((cell, i) => (right[i] ? padding(cell, widths[i]) + cell : cell + padding(cell, widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((w, i) => (right[i] ? `${'-'.repeat(w + 1)}:` : '-'.repeat(w + 2))).join('|')}|`;
  return [line(header), rule, ...cells.map(line)].join('\n');
}
const width = (text: string): number => [...text].length;
const padding = (text: string, to = 0): string => ' '.repeat(Math.max(0, to - width(text)));

/** On what it was measured. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: process.platform,
});
