import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';

/** How the picture is taken. */
export interface ScreenshotOptions {
  readonly url: string;
  /** PNG file to write. */
  readonly file: string;
  readonly theme: 'light' | 'dark';
  /** Pixels. @default 1400 */
  readonly width?: number;
  /** Pixels of the window. @default 900 */
  readonly height?: number;
  /** Whether the picture shows the whole page or just the window. @default true */
  readonly fullPage?: boolean;
  /** Pixels of the picture for one of the page. @default 2 */
  readonly scale?: number;
  /** Called when the page has drawn its first data. @default the picture is taken right away */
  readonly ready?: (page: Page) => Promise<void>;
}

/** What a headless Chromium in a container needs; the page gets no other rights by them. */
const ARGS = ['--no-sandbox', '--disable-setuid-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars', '--font-render-hinting=none'];

/** Starts a headless Chromium. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await chromiumPath();
  const env = { ...process.env, FONTCONFIG_FILE: fontsFile(path.join(path.dirname(executablePath), 'fonts')) };
  return chromium.launch({ executablePath, args: ARGS, headless: true, env });
}

/** The system's fonts and the one that the browser's package brings along, unpacked beside it. */
function fontsFile(folder: string): string {
  const file = path.join(folder, 'with-system-fonts.conf');
  const include = '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>';
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `<?xml version="1.0"?><fontconfig>${include}<dir>${folder}</dir></fontconfig>`);
  return file;
}

/** Unpacks the browser on first use. Its package is an ES module, which jest cannot import: another process does. */
async function chromiumPath(): Promise<string> {
  const script = "import chromium from '@sparticuz/chromium'; process.stdout.write(await chromium.executablePath());";
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: __dirname });
  return stdout;
}

/** Opens the page and waits until it has drawn data once. */
export async function openDashboard(browser: Browser, { url, theme, width = 1400, height = 900, scale = 2 }: ScreenshotOptions): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width, height }, colorScheme: theme, locale: 'en-GB', deviceScaleFactor: scale, reducedMotion: 'reduce',
  });
  const broken = new Promise<never>((_, reject) => {
    page.on('pageerror', reject);
    page.on('console', (message) => message.type() === 'error' && reject(new Error(`the page says: ${message.text()}`)));
  });
  // Only what goes wrong until then is waited for.
  broken.catch(() => undefined);
  await Promise.race([broken, (async () => {
    await page.goto(url);
    await page.waitForSelector('body[data-ready="true"]');
  })()]);
  return page;
}

/** Takes a picture of a dashboard page. */
export async function takeScreenshot(options: ScreenshotOptions): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await openDashboard(browser, options);
    await options.ready?.(page);
    await page.screenshot({ path: options.file, fullPage: options.fullPage ?? true });
  } finally {
    await browser.close();
  }
}
