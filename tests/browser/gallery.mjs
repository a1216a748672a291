// The gallery's states, one after the other: for axe, for pictures, and for the tree that screen readers see.

import { url } from './lib.mjs'

export const { states } = await import(new URL('../../public/gallery/states.js', import.meta.url))
export const LOCALES = ['en', 'ja', 'zh-Hans', 'zh-Hant', 'ko', 'es', 'fr', 'de', 'pt-BR', 'vi', 'ar']
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
