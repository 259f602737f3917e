// A dashboard in a headless browser: its picture, and what is wrong with each panel.

import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const PATIENCE = 60_000;

/** Waits until all panels stand, and gives what the page says of them, with what is seen of each. */
async function look(page) {
  await page.waitForFunction(() => window.drawn, undefined, { timeout: PATIENCE });
  return page.evaluate(() => {
    const isPainted = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part !== 0);
    const panels = window.drawn.panels.map((panel) => {
      const place = document.querySelector(`[data-panel="${panel.id}"]`);
      const seen = panel.type === 'timeseries' ? [...place.querySelectorAll('canvas')].some(isPainted) : place.innerText.trim() !== panel.title;
      const { left, top, right, bottom } = place.getBoundingClientRect();
      return { ...panel, seen, left, top, right, bottom };
    });
    return { faults: window.drawn.faults, panels };
  });
}

const overlap = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Everything that is wrong with what was seen, a line for each, by the names of the panels. */
function judged({ faults, panels }) {
  const wrong = faults.map((fault) => `dashboard: ${fault}`);
  for (const [number, panel] of panels.entries()) {
    wrong.push(...panel.complaints.map((complaint) => `${panel.title}: ${complaint}`));
    if (panel.complaints.length === 0 && !panel.seen) wrong.push(`${panel.title}: nothing is drawn`);
    for (const other of panels.slice(number + 1)) {
      if (overlap(panel, other)) wrong.push(`${panel.title}: it lies upon ${other.title}`);
    }
  }
  return wrong;
}

/**
 * Draws the dashboard and writes its picture. Gives the panels and what is wrong with them; `address` is what the page's address is to
 * say, such as the time.
 */
export async function picture({ dashboard, prometheus, page: folder, browser: executablePath, file, address, width = 1600 }) {
  const served = await serve({ dashboard, prometheus, page: folder });
  // Containers have neither the rights for a sandbox nor room in /dev/shm.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const errors = [];
    const broken = new Promise((_, fail) => page.once('pageerror', fail));
    page.on('requestfailed', (request) => errors.push(`page: ${request.url()}: ${request.failure().errorText}`));
    await page.goto(`${served.url}/?${new URLSearchParams(address)}`);
    const seen = await Promise.race([look(page), broken]);
    await page.screenshot({ path: file, fullPage: true });
    return { panels: seen.panels, wrong: [...errors, ...judged(seen)] };
  } finally {
    await browser.close();
    served.stop();
  }
}
