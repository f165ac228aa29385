import { describe, expect, it } from 'vitest';
import { htmlReport } from './html-report.ts';
import { lineChart } from './line-chart.ts';

describe('line chart', () => {
  it('breaks where nothing was seen and spans at least the range that it is told', () => {
    const svg = lineChart('yaw', [0, 1, 2, 3], [{ label: 'a', colour: '#000', values: [1, null, 1, 1] }], 6);
    expect(svg.match(/d="([^"]+)"/)?.[1]).toMatch(/^M[^L]+M[^L]+L[^LM]+$/);
    expect(svg).toContain('>4.0<');
    expect(svg).toContain('>-2.0<');
  });

  it('draws nothing of nothing', () => {
    expect(lineChart('yaw', [0], [{ label: 'a', colour: '#000', values: [null] }], 1)).toBe('');
  });
});

describe('HTML report', () => {
  it('takes names of files for text', () => {
    const failure = {
      kind: 'cross',
      driver: '<script>',
      portrait: '"a&b"',
      error: "there's no face",
    } as const;
    const html = htmlReport([], [failure], 'A & B');
    expect(html).toContain('<h1>A &amp; B</h1>');
    expect(html).toContain('&lt;script&gt; × &quot;a&amp;b&quot;: there&#39;s no face');
  });
});
