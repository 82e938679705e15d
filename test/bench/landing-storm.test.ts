import { landingStorm } from '../../bench/landing-storm';

test('four uploaders, repeated, late and reordered events: every object version has exactly one right item', async () => {
  const { versions, injected, items, wrong } = await landingStorm({ objects: 120, uploaders: 4 });
  expect(wrong).toEqual([]);
  expect([versions, items]).toEqual([120, 120]);
  expect(injected).toBeGreaterThan(60);
});
