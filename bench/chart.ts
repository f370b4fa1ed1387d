// Charts as SVG, written by hand: points that were measured, straight lines between them, axes with their units, text as
// text. A chart brings its own background, light or dark as the reader's system is, so it reads on any page.

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}
export interface Panel {
  readonly title: string;
  readonly y: string;
  readonly x: string;
  readonly series: readonly Series[];
}

const style = `
  .paper { fill: #ffffff; } text { fill: #1f2328; font: 12px system-ui, sans-serif; } .title { font-size: 15px; font-weight: 600; }
  .panel { font-size: 13px; font-weight: 600; } .soft { fill: #59636e; } .grid { stroke: #d1d9e0; } .axis { stroke: #59636e; }
  .s0 { stroke: #0969da; fill: #0969da; } .s1 { stroke: #bc4c00; fill: #bc4c00; } .s2 { stroke: #1a7f37; fill: #1a7f37; }
  .s3 { stroke: #8250df; fill: #8250df; } .line { fill: none; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #f0f6fc; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; } .axis { stroke: #9198a1; }
    .s0 { stroke: #4493f8; fill: #4493f8; } .s1 { stroke: #f0883e; fill: #f0883e; } .s2 { stroke: #3fb950; fill: #3fb950; }
    .s3 { stroke: #ab7df8; fill: #ab7df8; } }`;

const panelWidth = 420;
const panelHeight = 260;
const margin = { left: 74, right: 24, top: 84, bottom: 54 };

/**
 * Panels side by side, x on a logarithmic scale with a mark at every measured x, y from zero. A point of zero is one where
 * nothing was answered: it is left out.
 */
export function chart(of: { readonly title: string; readonly note: string; readonly panels: readonly Panel[] }): string {
  const width = of.panels.length * (margin.left + panelWidth + margin.right);
  const height = margin.top + panelHeight + margin.bottom + 22;
  const panels = of.panels.map((panel, i) =>
    drawn(
      { ...panel, series: panel.series.map((series) => ({ ...series, points: series.points.filter(({ y }) => y > 0) })) },
      i * (margin.left + panelWidth + margin.right) + margin.left,
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(of.title)}">
<style>${style}
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="16" y="26">${escaped(of.title)}</text>
${panels.join('\n')}
<text class="soft" x="16" y="${height - 12}">${escaped(of.note)}</text>
</svg>
`;
}

function drawn(panel: Panel, left: number): string {
  const points = panel.series.flatMap((series) => series.points);
  const xs = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const [first = 1, last = 1] = [xs[0], xs.at(-1)];
  const span = Math.log(last / first) || 1;
  const step = niceStep(Math.max(...points.map((point) => point.y), 1e-9));
  const top = Math.ceil(Math.max(...points.map((point) => point.y), 1e-9) / step) * step;
  const x = (value: number) => round(left + 12 + ((panelWidth - 24) * Math.log(value / first)) / span);
  const y = (value: number) => round(margin.top + panelHeight * (1 - value / top));
  const bottom = margin.top + panelHeight;
  const out = [`<text class="panel" x="${left}" y="48">${escaped(panel.title)}</text>`];
  for (let tick = 0; tick <= top + step / 2; tick += step) {
    out.push(`<line class="grid" x1="${left}" x2="${left + panelWidth}" y1="${y(tick)}" y2="${y(tick)}"/>`);
    out.push(`<text class="soft" x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${grouped(tick)}</text>`);
  }
  out.push(`<line class="axis" x1="${left}" x2="${left + panelWidth}" y1="${bottom}" y2="${bottom}"/>`);
  for (const value of xs) {
    out.push(`<line class="axis" x1="${x(value)}" x2="${x(value)}" y1="${bottom}" y2="${bottom + 5}"/>`);
    out.push(`<text class="soft" x="${x(value)}" y="${bottom + 19}" text-anchor="middle">${grouped(value)}</text>`);
  }
  out.push(`<text x="${left + panelWidth / 2}" y="${bottom + 38}" text-anchor="middle">${escaped(panel.x)}</text>`);
  const middle = margin.top + panelHeight / 2;
  const across = left - 58;
  out.push(
    `<text x="${across}" y="${middle}" text-anchor="middle" transform="rotate(-90 ${across} ${middle})">${escaped(panel.y)}</text>`,
  );
  let legend = left;
  panel.series.forEach((series, i) => {
    const path = [...series.points].sort((a, b) => a.x - b.x).map((point) => `${x(point.x)},${y(point.y)}`);
    if (path.length > 1) out.push(`<polyline class="line s${i}" points="${path.join(' ')}" style="fill: none"/>`);
    for (const point of series.points) {
      out.push(
        `<circle class="s${i}" cx="${x(point.x)}" cy="${y(point.y)}" r="4"><title>${escaped(`${series.name}: ${grouped(point.y)} at ${grouped(point.x)}`)}</title></circle>`,
      );
    }
    out.push(`<rect class="s${i}" x="${legend}" y="58" width="10" height="10"/>`);
    out.push(`<text x="${legend + 15}" y="67">${escaped(series.name)}</text>`);
    legend += 34 + series.name.length * 6.6;
  });
  return out.join('\n');
}

/** A step of 1, 2 or 5 times a power of ten that cuts the axis in four to eight. */
function niceStep(top: number): number {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => top / step <= 6) ?? 10 * power;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const grouped = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
