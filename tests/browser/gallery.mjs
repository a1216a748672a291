// The gallery's states, one after the other: for axe, for pictures, and for the tree that screen readers see.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { url } from './lib.mjs'

export const { states } = await import(new URL('../../public/gallery/states.js', import.meta.url))
export { LOCALES } from '../../public/nidan/languages.js'
export const THEMES = ['', 'kura', 'matsuri', 'yoru']

/** A window that shows frames of the gallery. */
export async function window(shared, { width = 360, dark = false, forced = false } = {}) {
  const context = await shared.newContext({
    viewport: { width, height: 740 }, colorScheme: dark ? 'dark' : 'light', forcedColors: forced ? 'active' : 'none', locale: 'en-US',
    timezoneId: 'Asia/Tokyo', reducedMotion: 'reduce',
  })
  return context.newPage()
}

/** Goes to a state, and waits until it stands. */
export async function show(page, state, options = {}) {
  await page.goto(`${url}/gallery/frame.html?${new URLSearchParams({ state, ...options })}`)
  await page.waitForFunction(() => document.body.dataset.ready ?? document.body.dataset.failed)
  const failed = await page.evaluate(() => document.body.dataset.failed)
  if (failed) throw new Error(`${state}: ${failed}`)
}

/** Sheets of pages that are not the gallery's own. */
const SHEETS = { bootstrap: 'bootstrap/dist/css/bootstrap.min.css', tailwind: 'tailwindcss/preflight.css' }

/** From now on the window has this sheet of a page at hand. */
export async function dressed(page, host) {
  if (!(host in SHEETS)) return
  const body = readFileSync(createRequire(import.meta.url).resolve(SHEETS[host]), 'utf8')
  await page.route(`**/gallery/hosts/${host}.css`, (route) => route.fulfill({ contentType: 'text/css', body }))
}
