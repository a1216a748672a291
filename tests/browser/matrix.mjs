// Every state of the gallery × language × theme × colours under axe; the count of combinations is printed.

import { examine } from './axe.mjs'
import { browser } from './lib.mjs'
import { LOCALES, THEMES, show, states, window } from './gallery.mjs'

/** The themes on a page that stands, one after the other: what changes is the look, so the walk is not taken again. */
async function dress(page, theme) {
  await page.evaluate(async (theme) => {
    document.querySelector('#theme')?.remove()
    if (!theme) return
    await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('link'),
      { id: 'theme', rel: 'stylesheet', href: `/nidan/themes/${theme}.css`, onload, onerror })))
  }, theme)
}

/** What axe finds, and in how many combinations it looked. */
export async function matrix(shared, { locales = LOCALES, themes = THEMES, schemes = ['light', 'dark'], trees = ['light'], workers = 2 } = {}) {
  const findings = []
  let count = 0
  const walks = trees.flatMap((dom) => locales.flatMap((locale) => states.map(({ name }) => ({ name, locale, dom }))))
  await Promise.all(Array.from({ length: workers }, async () => {
    const page = await window(shared)
    for (let walk; (walk = walks.pop());) {
      const { name, ...options } = walk
      await show(page, name, options)
      for (const theme of themes) {
        await dress(page, theme)
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          findings.push(...await examine(page, `${name} ${options.locale} ${options.dom} ${theme || 'usual'} ${colorScheme}`))
          count += 1
        }
      }
      await page.emulateMedia({ colorScheme: 'light' })
    }
    await page.context().close()
  }))
  return { findings, count }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const shared = await browser()
  const { findings, count } = await matrix(shared, { trees: ['light', 'shadow'] })
  await shared.close()
  for (const finding of findings) console.log(finding)
  console.log(`${states.length} states × ${LOCALES.length} languages × ${THEMES.length} themes × light and dark × light and shadow tree: ${count} combinations, ${findings.length} findings`)
  process.exitCode = findings.length ? 1 : 0
}
