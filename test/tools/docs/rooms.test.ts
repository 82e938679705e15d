import { readFileSync } from 'node:fs';
import { ARCHITECTURE_PAGE, architecturePage, ROOMS_PICTURE, roomsPicture } from '../../../tools/docs/rooms';

test('docs/architecture.md has the table of the rooms; npx tsx tools/docs/rooms.ts writes it', () => {
  const page = readFileSync(ARCHITECTURE_PAGE, 'utf8');
  expect(architecturePage(page)).toBe(page);
});

test('the picture of the rooms is what the imports say; npx tsx tools/docs/rooms.ts writes it', async () => {
  expect(readFileSync(ROOMS_PICTURE, 'utf8')).toBe(await roomsPicture());
});
