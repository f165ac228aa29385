import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionLimits, admit, HYSTERESIS, type Load } from './admission.ts';

const LIMITS: AdmissionLimits = { maxSessions: null, maxUtilisation: 0.8 };
/** One session that takes 0.5 of 2 cores, a quarter of a core beside it. */
const LOAD: Load = {
  cores: 2,
  sessions: 1,
  fps: 25,
  msPerFrame: 20,
  otherCores: 0.25,
  loopMsPerFrame: 10,
  sessionsOnFreest: 1,
  behind: false,
};

describe('admit', () => {
  it('predicts the use of all cores with one session more', () => {
    const { admitted, predictedUtilisation } = admit(LOAD, LIMITS, false);
    expect(predictedUtilisation).toBeCloseTo((0.25 + 2 * 0.5) / 2, 6);
    expect(admitted).toBe(true);
  });

  it('refuses what would not fit, and says how much it would need', () => {
    const verdict = admit({ ...LOAD, sessions: 2 }, LIMITS, false);
    expect(verdict.admitted).toBe(false);
    expect(verdict.message).toContain("88 % of this server's 2 cores");
  });

  it('counts sessions whose driver has yet to come at their full rate', () => {
    // Nothing runs, so that nothing is measured as busy; three are open all the same.
    expect(admit({ ...LOAD, sessions: 3, otherCores: 0 }, LIMITS, false).admitted).toBe(false);
  });

  it('always admits a first session, however busy the machine is with other things', () => {
    const busy = { ...LOAD, sessions: 0, otherCores: 2, behind: true, msPerFrame: 80 };
    expect(admit(busy, LIMITS, true).admitted).toBe(true);
  });

  it('keeps to the number of sessions that the operator allows, even where there is room', () => {
    expect(admit(LOAD, { ...LIMITS, maxSessions: 1 }, false).message).toContain('at most 1');
    expect(admit({ ...LOAD, sessions: 0 }, { ...LIMITS, maxSessions: 0 }, false).admitted).toBe(false);
  });

  it('refuses while a running session falls behind', () => {
    expect(admit({ ...LOAD, behind: true }, LIMITS, false).admitted).toBe(false);
  });

  it('refuses what one worker could not serve in time, though the machine has idle cores', () => {
    const wide = { ...LOAD, cores: 32, sessionsOnFreest: 1, loopMsPerFrame: 19 };
    expect(admit(wide, LIMITS, false).message).toContain('run more workers');
    expect(admit({ ...wide, sessionsOnFreest: 0 }, LIMITS, false).admitted).toBe(true);
  });

  it('admits again only well below the limit, once it has refused', () => {
    const justBelow = { ...LOAD, otherCores: 2 * (0.8 - HYSTERESIS / 2) - 1 };
    expect(admit(justBelow, LIMITS, false).admitted).toBe(true);
    expect(admit(justBelow, LIMITS, true).admitted).toBe(false);
    expect(admit({ ...justBelow, otherCores: 2 * (0.8 - HYSTERESIS) - 1.001 }, LIMITS, true).admitted).toBe(
      true,
    );
  });

  it('never admits under more load what it refuses under less', () => {
    const loads = fc.record({
      cores: fc.integer({ min: 1, max: 64 }),
      sessions: fc.integer({ min: 1, max: 60 }),
      fps: fc.constantFrom(15, 25, 30),
      msPerFrame: fc.option(fc.double({ min: 1, max: 100, noNaN: true })),
      otherCores: fc.double({ min: 0, max: 8, noNaN: true }),
      loopMsPerFrame: fc.option(fc.double({ min: 1, max: 50, noNaN: true })),
      sessionsOnFreest: fc.integer({ min: 0, max: 5 }),
      behind: fc.boolean(),
    });
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 4, noNaN: true }), fc.nat(4), (load, other, more) => {
        const heavier = {
          ...load,
          otherCores: load.otherCores + other,
          sessions: load.sessions + more,
          sessionsOnFreest: load.sessionsOnFreest + more,
        };
        if (!admit(load, LIMITS, false).admitted) expect(admit(heavier, LIMITS, false).admitted).toBe(false);
      }),
    );
  });

  it('says why in one sentence whenever it refuses, and nothing when it does not', () => {
    for (const sessions of [0, 1, 2, 3]) {
      const { admitted, message } = admit({ ...LOAD, sessions }, LIMITS, false);
      expect(message === '').toBe(admitted);
    }
  });
});
