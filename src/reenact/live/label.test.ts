import { describe, expect, it } from 'vitest';
import type { LabelStyle } from '../../contract/live-session.ts';
import { drawLabel, renderLabel } from './label.ts';

const STYLE: LabelStyle = { text: 'AI avatar', corner: 'bottom-right', size: 0.05, opacity: 0.8 };

async function drawn(style: LabelStyle, side = 256) {
  const label = await renderLabel(style, side);
  const data = new Uint8Array(side * side * 4).fill(200);
  drawLabel({ width: side, height: side, data }, label);
  let changed = 0;
  for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - 200) > 20) changed++;
  return { label, changed };
}

describe('label', () => {
  it('stands in its corner, inside the picture', async () => {
    for (const corner of ['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const) {
      const { label } = await drawn({ ...STYLE, corner });
      expect(label.x < 128).toBe(corner.endsWith('left'));
      expect(label.y < 128).toBe(corner.startsWith('top'));
      expect(label.x + label.width).toBeLessThanOrEqual(256);
      expect(label.y + label.height).toBeLessThanOrEqual(256);
    }
  });

  it('can not be removed: neither empty, nor tiny, nor transparent', async () => {
    const { label, changed } = await drawn({ ...STYLE, text: '  ', size: 0, opacity: Number.NaN });
    expect(label.height).toBeGreaterThanOrEqual(7);
    expect(changed).toBeGreaterThan(100);
  });

  it('takes any text, in bounds', async () => {
    const { label, changed } = await drawn({ ...STYLE, text: `<svg>&"'${'W'.repeat(500)}`, size: 9 });
    expect(label.width).toBeLessThanOrEqual(256);
    expect(label.height).toBeLessThanOrEqual(31);
    expect(changed).toBeGreaterThan(100);
  });
});
